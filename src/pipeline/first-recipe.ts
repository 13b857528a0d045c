import { cp, mkdir, open, readFile, rm } from "node:fs/promises";
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
  const pictures = join(folder, "pictures");
  const file = await open(recipe, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST")
      throw new UserError(`${recipe} is there already; move it away or choose another folder`);
    throw new UserError(`cannot write ${recipe} (${error.code}); choose another place`);
  });
  const made = [recipe];
  try {
    await file.writeFile(await readFile(TEMPLATE, "utf8"));
    const isNew = await mkdir(pictures).then(
      () => true,
      () => false,
    );
    if (!isNew) return { recipe, pictures: null };
    made.push(pictures);
    await cp(PICTURES, pictures, { recursive: true });
    return { recipe, pictures };
  } catch (error) {
    // Half of it would keep the next start from writing all of it.
    for (const path of made) await rm(path, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new UserError(`cannot write into ${folder} (${code}); make room, or choose another place`);
  } finally {
    await file.close();
  }
}
