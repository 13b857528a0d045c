import { Command } from "commander";
import { print } from "./print.js";

export function initCommand(): Command {
  return new Command("init")
    .description("write a commented recipe.yaml, and twelve pictures to try it on, that runs as it is on the observer")
    .argument("[dir]", "folder to write into", ".")
    .addHelpText(
      "after",
      "\nExample:\n  $ imagenet-think init my-set\n  $ imagenet-think run my-set/recipe.yaml --out my-set/run\n",
    )
    .action(async (dir: string) => {
      const { writeFirstRecipe } = await import("../pipeline/index.js");
      const { recipe, pictures } = await writeFirstRecipe(dir);
      if (pictures !== null) await print(`wrote ${pictures}`);
      await print(`wrote ${recipe}`);
      await print(`next: imagenet-think run ${recipe} --out runs/first`);
    });
}
