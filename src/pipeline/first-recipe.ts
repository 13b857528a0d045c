import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../records/index.js";

const TEMPLATE = fileURLToPath(new URL("../../recipes/first.yaml", import.meta.url));
const PICTURES = fileURLToPath(new URL("../../data/photos", import.meta.url));

/** Writes `recipe.yaml` and, where there is no `pictures` folder yet, the twelve bundled photographs. Overwrites nothing. */
export async function writeFirstRecipe(folder: string): Promise<{ recipe: string; pictures: string | null }> {
  await mkdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`cannot make the folder ${folder} (${error.code}); choose another place`);
  });
  const recipe = join(folder, "recipe.yaml");
  await writeFile(recipe, await readFile(TEMPLATE, "utf8"), { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST")
      throw new UserError(`${recipe} is there already; move it away or choose another folder`);
    throw new UserError(`cannot write ${recipe} (${error.code}); choose another place`);
  });
  const pictures = join(folder, "pictures");
  const made = await mkdir(pictures).then(
    () => true,
    () => false,
  );
  if (made) await cp(PICTURES, pictures, { recursive: true });
  return { recipe, pictures: made ? pictures : null };
}
