import { type RunHeader, type Store, UserError } from "../records/index.js";
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
