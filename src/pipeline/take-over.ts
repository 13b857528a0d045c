import { openSource } from "../images/index.js";
import { canonicalJson, type RunHeader, type Store, UserError } from "../records/index.js";
import { compareRecipes, type Difference } from "./compare-recipes.js";

/**
 * Brings run folder and recipe together: writes the header of a new run, goes on with an old one, takes over what may
 * change and what has grown. Throws a `UserError` that shows every difference that would mix two questions.
 */
export async function takeOver(
  store: Store,
  recipe: RunHeader,
  options: { readonly again: boolean; readonly say: (sentence: string) => void },
): Promise<RunHeader> {
  const run = await store.readHeader();
  if (run === null) {
    // A start that stumbles over a path leaves no run behind, to which the mended recipe would be another one.
    for (const spec of recipe.images) await (await openSource(spec)).close();
    await store.writeHeader(recipe);
    return recipe;
  }
  const differences = compareRecipes(run, recipe);
  refuseDifferences(store.path, differences, options.again);
  for (const difference of differences) options.say(`asked anew with another ${describe(difference)}`);
  const merged = merge(run, recipe);
  if (JSON.stringify(merged) !== JSON.stringify(run)) await store.writeHeader(merged);
  return merged;
}

/**
 * The same for one shard of several. It neither starts nor grows a run, which would be done by all shards at once, and
 * leaves `run.json` alone where only what may change between starts differs: each machine may have servers of its own.
 */
export async function takeOverShard(
  store: Store,
  recipe: RunHeader,
  options: { readonly again: boolean; readonly say: (sentence: string) => void; readonly recipeFile: string },
): Promise<RunHeader> {
  const run = await store.readHeader();
  if (run === null) throw notGated(store, options.recipeFile);
  const merged = merge(run, recipe);
  refuseDifferences(store.path, compareRecipes(run, recipe), options.again);
  if (canonicalJson(askedPart(run)) === canonicalJson(askedPart(merged))) return merged;
  if (!options.again) throw notGated(store, options.recipeFile);
  return takeOver(store, recipe, options);
}

/** A shard must find the sample drawn: that is work for one process without a GPU, before any shard starts. */
export function notGated(store: Store, recipeFile: string): UserError {
  return new UserError(
    `${store.path} holds no gated sample of this recipe, and a shard does not draw one; run \`imagenet-think images ${recipeFile} --out ${store.path}\` first (it needs no GPU)`,
  );
}

/** A header without what may change between starts. */
function askedPart(header: RunHeader): unknown {
  const { models, licence: _licence, images, ...rest } = header;
  return {
    ...rest,
    images: images.map(({ source, path }) => ({ source, path })),
    models: models.map(({ name, role, model, revision, dialect, system, sampling, observer }) => ({
      name,
      role,
      model,
      revision,
      dialect,
      system,
      sampling,
      ...(observer === undefined ? {} : { observer }),
    })),
  };
}

/** Throws a `UserError` that shows the differences which would mix two questions. */
export function refuseDifferences(folder: string, differences: readonly Difference[], again: boolean): void {
  const refused = differences.filter((difference) => !(again && difference.asksAnew));
  if (refused.length > 0) throw new UserError(refusal(folder, refused));
}

/** The run keeps its identity and birthday, and what came first stays first; the recipe says the rest. */
function merge(run: RunHeader, recipe: RunHeader): RunHeader {
  const { formatVersion, toolVersion, run8, createdAt } = run;
  return { ...recipe, formatVersion, toolVersion, run8, createdAt };
}

function refusal(folder: string, differences: readonly Difference[]): string {
  const lines = differences.map((difference) => `  ${describe(difference)}`);
  const anew = differences.every((difference) => difference.asksAnew);
  const cure = anew
    ? "put it back, choose another --out, or ask the cells anew with --again OUTCOME"
    : "put it back, or choose another --out";
  return `the recipe is not the one that ${folder} was made with:\n${lines.join("\n")}\n${cure}`;
}

function describe({ key, was, is }: Difference): string {
  return `${key}: was ${was}, is ${is}`;
}
