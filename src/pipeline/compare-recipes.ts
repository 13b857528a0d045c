import { canonicalJson, type ModelSpec, type RunHeader } from "../records/index.js";

/** One thing the recipe now says otherwise than the run did. */
export interface Difference {
  readonly key: string;
  readonly was: string;
  readonly is: string;
  /** Whether `--again` may accept it: it changes what is asked, not which pictures. */
  readonly asksAnew: boolean;
}

/**
 * What differs between the run on disk and the recipe, leaving out what may change between starts: endpoints, key
 * variables, concurrency, timeouts, tries; the words that only the card uses (licence, credits); models that were
 * added; a larger sample with the same seed.
 */
export function compareRecipes(run: RunHeader, recipe: RunHeader): Difference[] {
  const differences: Difference[] = [];
  const compare = (key: string, was: unknown, is: unknown, asksAnew: boolean) => {
    if (canonicalJson(was) !== canonicalJson(is)) differences.push({ key, was: short(was), is: short(is), asksAnew });
  };
  compare("name", run.name, recipe.name, false);
  const places = (header: RunHeader) => header.images.map(({ source, path }) => ({ source, path }));
  compare("images", places(run), places(recipe), false);
  compare("classes", run.classes, recipe.classes, false);
  compare("people", run.people, recipe.people, false);
  compare("gate", run.gate, recipe.gate, false);
  compare("wordnet", run.wordnet, recipe.wordnet, false);
  if (!isGrowth(run, recipe)) compare("sample", run.sample, recipe.sample, false);
  compare("prompt", run.prompt, recipe.prompt, true);
  for (const was of run.models) {
    const is = recipe.models.find((model) => model.name === was.name);
    if (is === undefined) {
      differences.push({ key: `${was.role} ${was.name}`, was: was.model, is: "(not in the recipe)", asksAnew: false });
      continue;
    }
    for (const key of ASKED) compare(`${was.name}.${key}`, was[key], is[key], key !== "role");
  }
  return differences;
}

const ASKED: readonly (keyof ModelSpec)[] = ["role", "model", "revision", "dialect", "system", "sampling", "observer"];

/** A larger sample with the same seed contains the smaller, so nothing that was asked is lost. */
export function isGrowth(run: RunHeader, recipe: RunHeader): boolean {
  if (run.sample === null) return false;
  if (recipe.sample === null) return true;
  const { sample } = recipe;
  if (sample.seed !== run.sample.seed) return false;
  const grows = (was: number | null, is: number | null) => was !== null && is !== null && is > was;
  return grows(run.sample.size, sample.size) || grows(run.sample.perClass, sample.perClass);
}

function short(value: unknown): string {
  const text = canonicalJson(value) ?? "absent";
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
