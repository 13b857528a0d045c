import { isRecord, parseJson } from "./error-body.js";
import { getPage, type PageOptions } from "./get-page.js";

/** What a server tells of itself for no tokens; null where it does not. */
export interface ServerFacts {
  readonly version: string | null;
  readonly models: readonly string[] | null;
  /** Of the model that is asked. */
  readonly maxModelLen: number | null;
}

export async function readServerFacts(options: PageOptions, signal?: AbortSignal): Promise<ServerFacts> {
  const [version, list] = await Promise.all([
    readVersion(options, signal),
    getPage(options, `${options.root}/models`, signal),
  ]);
  if (list.status !== 200) return { version, models: null, maxModelLen: null };
  const entry = entriesOf(list.body)?.find((one) => one.id === options.asked.model);
  const length = entry?.max_model_len;
  return {
    version,
    models: readModels(list.body),
    maxModelLen: typeof length === "number" && Number.isSafeInteger(length) && length > 0 ? length : null,
  };
}

/** `GET /version` beside `/v1`, as vLLM has it; null where there is none. */
export async function readVersion(options: PageOptions, signal?: AbortSignal): Promise<string | null> {
  const page = await getPage(options, `${options.root.replace(/\/v1$/, "")}/version`, signal);
  const json = page.status === 200 ? parseJson(page.body) : null;
  return isRecord(json) && typeof json.version === "string" && json.version !== "" ? json.version.slice(0, 100) : null;
}

/** Names of `GET /v1/models`; null where the body is not such a list. */
export function readModels(body: string): readonly string[] | null {
  return entriesOf(body)?.flatMap(({ id }) => (typeof id === "string" ? [id] : [])) ?? null;
}

function entriesOf(body: string): readonly Record<string, unknown>[] | null {
  const json = parseJson(body);
  const data: unknown = isRecord(json) ? json.data : json;
  return Array.isArray(data) ? data.filter(isRecord) : null;
}
