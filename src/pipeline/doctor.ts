import { renderMessages } from "../prompts/index.js";
import type { Capabilities, ModelSpec, PreparedPicture, RunHeader, Timeouts } from "../records/index.js";
import { normaliseEndpoint, probeEndpoint } from "../teachers/index.js";
import { type DoctorCheck, ok, wrong } from "./doctor-check.js";
import { endpointsFileOf, type ListedEndpoint, readEndpointsFile } from "./endpoints-file.js";
import { examineEndpoint } from "./examine-endpoint.js";
import { examinePlace } from "./examine-place.js";
import { planRecipe } from "./plan-recipe.js";
import { probePicture } from "./probe-picture.js";
import { startObserver } from "./start-observer.js";

/** One model at one endpoint. */
export interface ExaminedEndpoint {
  /** The recipe's name of the model. */
  readonly name: string;
  readonly model: string;
  /** Base URL, or `observer`. */
  readonly endpoint: string;
  readonly checks: readonly DoctorCheck[];
  /** What the probe saw; null where it was not sent. */
  readonly capabilities: Capabilities | null;
}

/** What `doctor` prints. */
export interface DoctorReport {
  readonly name: string;
  /** Checks that must be put right. */
  readonly wrong: number;
  readonly place: readonly DoctorCheck[];
  readonly endpoints: readonly ExaminedEndpoint[];
}

/** Long enough for most replies to a small picture to come to their end. */
const DOCTOR_TOKENS = 2_048;
const FIRST_BYTE_MS = 120_000;
const TOTAL_MS = 600_000;

/** The command `doctor`: looks at the place and asks every endpoint of every model about one small picture. Writes nothing. */
export async function examineRecipe(
  recipeFile: string,
  options: { readonly say: (sentence: string) => void },
): Promise<DoctorReport> {
  const plan = await planRecipe(recipeFile);
  const place = await examinePlace(recipeFile, plan, options.say);
  const endpoints = await Promise.all(plan.header.models.map((model) => examineModel(model, plan.header, place.file)));
  const all = [...place.checks, ...endpoints.flat().flatMap((endpoint) => endpoint.checks)];
  return {
    name: plan.header.name,
    wrong: all.filter((check) => check.state === "wrong").length,
    place: place.checks,
    endpoints: endpoints.flat(),
  };
}

async function examineModel(
  model: ModelSpec,
  header: RunHeader,
  file: PreparedPicture | null,
): Promise<readonly ExaminedEndpoint[]> {
  const named = { name: model.name, model: model.model };
  const isObserver = model.endpoints[0] === "observer";
  const observer = isObserver ? await startObserver(model) : null;
  try {
    const listed = observer === null ? await listEndpoints(model) : [{ url: observer.url, apiKeyEnv: null }];
    if ("state" in listed) {
      return [{ ...named, endpoint: model.endpoints.join(", "), checks: [listed], capabilities: null }];
    }
    return await Promise.all(
      listed.map(async ({ url, apiKeyEnv }): Promise<ExaminedEndpoint> => {
        const endpoint = isObserver ? "observer" : normaliseEndpoint(url);
        const keyed = { ...model, apiKeyEnv: apiKeyEnv ?? model.apiKeyEnv };
        const key = examineKey(keyed);
        if (key.state === "wrong") return { ...named, endpoint, checks: [key], capabilities: null };
        const seen = await probe(url, keyed, header, file);
        return {
          ...named,
          endpoint,
          checks: [key, ...examineEndpoint(seen, keyed, DOCTOR_TOKENS)],
          capabilities: seen,
        };
      }),
    );
  } finally {
    await observer?.stop();
  }
}

/** The endpoints of the recipe, or of the file it names; what is wrong where that lists none. */
async function listEndpoints(model: ModelSpec): Promise<readonly ListedEndpoint[] | DoctorCheck> {
  const path = endpointsFileOf(model);
  if (path === null) return model.endpoints.map((url) => ({ url, apiKeyEnv: null }));
  const problems: string[] = [];
  const listed = await readEndpointsFile(path, (sentence) => problems.push(sentence)).catch(() => []);
  if (listed.length > 0) return listed;
  return wrong(
    "server",
    problems[0] ?? `${path} lists no endpoint yet`,
    'start the servers; each adds a line like {"url": "http://host:8000/v1"} to that file',
  );
}

function examineKey({ apiKeyEnv }: ModelSpec): DoctorCheck {
  if (apiKeyEnv === null) return ok("key", "none is sent (no `apiKeyEnv`)");
  const key = process.env[apiKeyEnv];
  return key === undefined || key === ""
    ? wrong("key", `the environment variable ${apiKeyEnv} is not set`, `set it: export ${apiKeyEnv}=…`)
    : ok("key", `taken from ${apiKeyEnv}`);
}

async function probe(
  url: string,
  model: ModelSpec,
  header: RunHeader,
  file: PreparedPicture | null,
): Promise<Capabilities> {
  return probeEndpoint({
    name: model.name,
    endpoint: url,
    model: model.model,
    body: model.sampling,
    messages: (imageUrl) => renderMessages(header.prompt, model.system, imageUrl),
    timeouts: patient(model.timeouts),
    apiKey: model.apiKeyEnv === null ? null : (process.env[model.apiKeyEnv] ?? null),
    picture: await probePicture(),
    file,
    maxTokens: DOCTOR_TOKENS,
    textOnly: true,
  });
}

/** The recipe's limits, but no longer than a person waits. */
function patient(timeouts: Timeouts): Timeouts {
  return {
    connectMs: timeouts.connectMs,
    firstByteMs: Math.min(timeouts.firstByteMs, FIRST_BYTE_MS),
    idleMs: Math.min(timeouts.idleMs, FIRST_BYTE_MS),
    totalMs: Math.min(timeouts.totalMs, TOTAL_MS),
  };
}
