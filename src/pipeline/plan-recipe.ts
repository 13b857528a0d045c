import { dirname, resolve } from "node:path";
import { openClassTree, readClassList, SHIPPED_CLASS_LISTS } from "../images/index.js";
import type { ClassTree, RunHeader } from "../records/index.js";
import { planRun } from "./plan-run.js";
import { readRecipe } from "./read-recipe.js";

/** A recipe, read and resolved, with the class tree and the classes it asks for. */
export interface PlannedRecipe {
  readonly header: RunHeader;
  readonly tree: ClassTree;
  /** Null is all. */
  readonly classes: readonly string[] | null;
}

/** Reads a recipe and everything it names but the pictures. Throws where something in it cannot be. */
export async function planRecipe(file: string): Promise<PlannedRecipe> {
  const recipe = await readRecipe(file);
  const wordnet = recipe.wordnet === undefined ? null : resolve(dirname(file), recipe.wordnet);
  const tree = await openClassTree(wordnet);
  const asked = recipe.classes ?? "all";
  const isBuiltIn = asked === "all" || SHIPPED_CLASS_LISTS.includes(asked);
  const list = await readClassList(isBuiltIn ? asked : resolve(dirname(file), asked), tree);
  const header = planRun(recipe, resolve(file), {
    list: list.list,
    count: list.wnids?.length ?? null,
    sha256: list.sha256,
  });
  return { header, tree, classes: list.wnids };
}
