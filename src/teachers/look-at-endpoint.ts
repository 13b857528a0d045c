import { type EndpointHealth, nearestName } from "../records/index.js";
import { type Asked, classifyResponse } from "./classify-response.js";
import { describeEnding } from "./describe-ending.js";
import { getPage, type Page, type PageOptions } from "./get-page.js";
import { isModel } from "./read-reply.js";
import { readModels } from "./read-server-facts.js";

/**
 * Asks a server for its models and its health, for no tokens. `reachable` is false also while it answers 429 or 5xx:
 * then waiting helps. Reachable with a problem is for a person: wrong address, key or model name.
 */
export async function lookAtEndpoint(options: PageOptions, signal?: AbortSignal): Promise<EndpointHealth> {
  const { asked } = options;
  const list = await getPage(options, `${options.root}/models`, signal);
  if (list.status === null) return unreachable(describeEnding(list.ending, asked.endpoint).message);
  // `transformers serve` cannot list its models (500) where it serves one from a folder, and works.
  if (list.status === 500 && (await isHealthy(options, signal)))
    return { reachable: true, models: null, problem: null };
  if (list.status !== 200) return await judgeListFailure(options, { ...list, status: list.status }, signal);
  const health = await getPage(options, `${options.root.replace(/\/v1$/, "")}/health`, signal);
  if (health.status === null && health.ending.how !== "interrupted") {
    return unreachable(describeEnding(health.ending, asked.endpoint).message);
  }
  if (health.status !== null && isAiling(health.status)) {
    return unreachable(
      `${asked.endpoint} answers, but its /health says ${health.status}; its engine is not ready or dead`,
    );
  }
  return judgeModels(readModels(list.body), asked);
}

async function judgeListFailure(
  options: PageOptions,
  list: Page & { readonly status: number },
  signal?: AbortSignal,
): Promise<EndpointHealth> {
  const { asked } = options;
  const fault = classifyResponse(list, asked);
  if (isAiling(list.status)) return unreachable(fault.message);
  if (list.status === 404 || list.status === 405) {
    // A server without a model list still refuses GET on its chat route with something else than 404.
    const chat = await getPage(options, `${options.root}/chat/completions`, signal);
    if (chat.status !== null && chat.status !== 404) return { reachable: true, models: null, problem: null };
  }
  return { reachable: true, models: null, problem: fault.message };
}

function judgeModels(models: readonly string[] | null, asked: Asked): EndpointHealth {
  if (models === null || models.some((name) => isModel(name, asked.model))) {
    return { reachable: true, models, problem: null };
  }
  const shown = models.slice(0, 10).join(", ") + (models.length > 10 ? `, and ${models.length - 10} more` : "");
  const nearest = nearestName(asked.model, models);
  const served = models.length === 0 ? "no model" : shown;
  const hint = nearest === null ? "" : `; did you mean "${nearest}"?`;
  const problem = `${asked.endpoint} does not serve "${asked.model}" but ${served}${hint}`;
  return { reachable: true, models, problem };
}

async function isHealthy(options: PageOptions, signal?: AbortSignal): Promise<boolean> {
  return (await getPage(options, `${options.root.replace(/\/v1$/, "")}/health`, signal)).status === 200;
}

function isAiling(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

function unreachable(problem: string): EndpointHealth {
  return { reachable: false, models: null, problem };
}
