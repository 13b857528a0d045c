import { chmod, mkdir, readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SHIPPED_CLASS_LISTS } from "../images/index.js";
import { type ModelSpec, type RunHeader, suggestName, UsageError } from "../records/index.js";
import { putFile } from "../store/index.js";
import { isLoopback } from "./is-loopback.js";
import { planRecipe } from "./plan-recipe.js";
import { readRecipe } from "./read-recipe.js";
import type { Recipe } from "./recipe-schema.js";
import {
  imagesScript,
  quote,
  RECIPE_NAME,
  type ServedModel,
  type SlurmPlan,
  shardsScript,
  submitScript,
} from "./slurm-scripts.js";
import { observedDialect } from "./start-observer.js";

export interface ClusterOptions
  extends Pick<SlurmPlan, "to" | "shards" | "atOnce" | "time" | "warnSeconds" | "sbatch" | "imagesSbatch" | "setup"> {
  /** The run folder, on a disk that all nodes share; null is `run` inside `to`. */
  readonly out: string | null;
  /** By model: a folder of weights, the cards a server takes (1 where left out), a command of one's own. */
  readonly weights: Readonly<Record<string, string>>;
  readonly gpus: Readonly<Record<string, number>>;
  readonly servers: Readonly<Record<string, string>>;
}

export interface ClusterWritten {
  readonly files: readonly string[];
  readonly run: string;
  /** Models whose servers the tasks start. */
  readonly served: readonly string[];
  /** Models whose endpoints are elsewhere and stay as the recipe says. */
  readonly elsewhere: readonly string[];
}

const PROGRAM = fileURLToPath(new URL("../../bin/imagenet-think.js", import.meta.url));
const TASK = new URL("../../data/slurm/task.sh", import.meta.url);

/**
 * Writes the scripts of a Slurm array. A model whose endpoints are `observer` or on this machine gets a server in every
 * task; one whose endpoints are elsewhere keeps them. Throws a `UsageError` where an option names no model.
 */
export async function writeCluster(recipeFile: string, options: ClusterOptions): Promise<ClusterWritten> {
  const { header } = await planRecipe(recipeFile);
  const recipe = await readRecipe(recipeFile);
  for (const [flag, named] of Object.entries({
    "--weights": options.weights,
    "--gpus": options.gpus,
    "--server": options.servers,
  })) {
    checkNames(flag, Object.keys(named), header);
  }
  const to = resolve(options.to);
  const run = options.out === null ? join(to, "run") : resolve(options.out);
  const isServed = (model: ModelSpec) =>
    options.servers[model.name] !== undefined || model.endpoints.every((url) => url === "observer" || isLoopback(url));
  const served = header.models.filter(isServed);
  const plan: SlurmPlan = {
    ...options,
    to,
    run,
    jobName: header.name.replace(/[^\w.-]+/g, "-"),
    recipe: resolve(recipeFile),
    program: [process.execPath, PROGRAM],
    served: served.map((model) => serverOf(model, header, options)),
  };
  const placed = placeRecipe(recipe, recipeFile, header, new Set(served.map(({ name }) => name)));
  const texts: Readonly<Record<string, string>> = {
    [RECIPE_NAME]: `${JSON.stringify(placed, null, 2)}\n`,
    "images.sbatch": imagesScript(plan),
    "shards.sbatch": shardsScript(plan, await readFile(TASK, "utf8")),
    "submit.sh": submitScript(plan),
  };
  for (const [name, text] of Object.entries(texts)) {
    await putFile(join(to, name), text);
    if (name !== RECIPE_NAME) await chmod(join(to, name), 0o755);
  }
  await mkdir(join(to, "logs"), { recursive: true });
  return {
    files: Object.keys(texts).map((name) => join(to, name)),
    run,
    served: served.map(({ name }) => name),
    elsewhere: header.models.filter((model) => !isServed(model)).map(({ name }) => name),
  };
}

function checkNames(flag: string, names: readonly string[], header: RunHeader): void {
  const known = header.models.map(({ name }) => name);
  for (const name of names) {
    if (!known.includes(name))
      throw new UsageError(`${flag}: the recipe has no model "${name}"${suggestName(name, known)}`);
  }
}

function serverOf(model: ModelSpec, header: RunHeader, options: ClusterOptions): ServedModel {
  const { name, endpoints } = model;
  const own = options.servers[name];
  const isObserver = endpoints[0] === "observer";
  const gpus = options.gpus[name] ?? (isObserver || own !== undefined ? 0 : 1);
  if (own !== undefined) return { name, gpus, command: own };
  if (isObserver) {
    const dialect = observedDialect(model.dialect);
    const command = [process.execPath, PROGRAM, "observer", "--port", "{port}", "--dialect", dialect];
    return { name, gpus, command: [...command, "--model", model.model] };
  }
  return { name, gpus, command: vllmCommand(model, header, { gpus, weights: options.weights[name] ?? null }) };
}

/**
 * vLLM without a reasoning parser: no parser fits these models, and the raw text can be parsed again. Every picture is
 * asked about once, so a cache of pictures would only cost memory.
 */
function vllmCommand(
  model: ModelSpec,
  header: RunHeader,
  options: { readonly gpus: number; readonly weights: string | null },
): readonly string[] {
  const [source, ...more] = header.images;
  const folder = source?.source === "folder" && more.length === 0 ? source.path : null;
  return [
    ...["vllm", "serve", options.weights === null ? model.model : resolve(options.weights)],
    ...["--served-model-name", model.model],
    ...(options.weights === null && model.revision !== null ? ["--revision", model.revision] : []),
    ...["--host", "127.0.0.1", "--port", "{port}"],
    ...["--limit-mm-per-prompt", '{"image":1,"video":0}'],
    ...["--mm-processor-cache-gb", "0"],
    ...(NEEDS_REMOTE_CODE.test(model.model) ? ["--trust-remote-code"] : []),
    ...(options.gpus > 1 ? ["--tensor-parallel-size", String(options.gpus)] : []),
    ...(folder === null ? [] : ["--allowed-local-media-path", folder]),
  ];
}

/** Models whose checkpoints bring code of their own (vLLM's recipes). */
const NEEDS_REMOTE_CODE = /kimi-vl|internvl/i;

/** The recipe with absolute paths, and with an endpoints file at `@PLACE@` for every model that a task serves. */
function placeRecipe(recipe: Recipe, recipeFile: string, header: RunHeader, served: ReadonlySet<string>): Recipe {
  const from = (path: string) => resolve(dirname(recipeFile), path);
  const placeModel = <M extends Recipe["teachers"][number]>(model: M): M => {
    if (!served.has(model.name)) return model;
    const asked = header.models.find(({ name }) => name === model.name)?.model ?? model.model;
    return { ...model, ...(asked === undefined ? {} : { model: asked }), endpoints: `@PLACE@/${model.name}.jsonl` };
  };
  const { classes, wordnet, candidates } = recipe;
  const isBuiltIn = classes === undefined || classes === "all" || SHIPPED_CLASS_LISTS.includes(classes);
  return {
    ...recipe,
    images: recipe.images.map((image) => ({
      ...image,
      path: from(image.path),
      ...(image.credits === undefined ? {} : { credits: from(image.credits) }),
    })),
    ...(isBuiltIn ? {} : { classes: from(classes) }),
    ...(wordnet === undefined ? {} : { wordnet: from(wordnet) }),
    teachers: recipe.teachers.map(placeModel),
    ...(candidates === undefined ? {} : { candidates: candidates.map(placeModel) }),
  };
}

/** The line that submits everything. */
export function submitLine(to: string): string {
  return quote(join(resolve(to), "submit.sh"));
}
