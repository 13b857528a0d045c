import { dirname, resolve } from "node:path";
import { openClassTree, readClassList, SHIPPED_CLASS_LISTS } from "../images/index.js";
import type { ClassTree, RunHeader } from "../records/index.js";
import { planRun } from "./plan-run.js";
import { readRecipe } from "./read-recipe.js";

/** A recipe, read and resolved, with the classes it asks for and their tree. */
export interface PlannedRecipe {
  readonly header: RunHeader;
  /** Once, when first asked for: the built-in tree may have to be unpacked, and most starts find their sample drawn. */
  openTree(): Promise<ClassTree>;
  /** Null is all. */
  readonly classes: readonly string[] | null;
}

/** Reads a recipe and everything it names but the pictures. Throws where something in it cannot be. */
export async function planRecipe(file: string): Promise<PlannedRecipe> {
  const recipe = await readRecipe(file);
  const wordnet = recipe.wordnet === undefined ? null : resolve(dirname(file), recipe.wordnet);
  let opening: Promise<ClassTree> | null = null;
  const openTree = () => {
    opening ??= openClassTree(wordnet);
    return opening;
  };
  // A folder of the person's own may hold another version.
  if (wordnet !== null) await openTree();
  const asked = recipe.classes ?? "all";
  const isBuiltIn = asked === "all" || SHIPPED_CLASS_LISTS.includes(asked);
  const list = await readClassList(isBuiltIn ? asked : resolve(dirname(file), asked), openTree);
  const header = planRun(recipe, resolve(file), {
    list: list.list,
    count: list.wnids?.length ?? null,
    sha256: list.sha256,
  });
  return { header, openTree, classes: list.wnids };
}
