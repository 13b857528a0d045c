import { Command } from "commander";
import { suggestName, UsageError } from "../records/index.js";
import { type Finish, print, say, table, thousands, watchStop } from "./shared.js";

const SETS = ["imagenet-think"];

export function importCommand(finish: Finish): Command {
  return new Command("import")
    .description("make a run folder out of a released set, to parse, score, report and export it here")
    .argument("<set>", "imagenet-think")
    .argument("<path>", "its Parquet file, or a folder of them (columns id, image, answer_1, answer_2)")
    .requiredOption("--out <run>", "run folder to make")
    .option("--json", "print the facts as one JSON object")
    .addHelpText(
      "after",
      "\nExample:\n  $ imagenet-think import imagenet-think ImageNet-Think/data --out runs/released\n",
    )
    .action(async (set: string, path: string, flags: { out: string; json?: true }) => {
      if (!SETS.includes(set))
        throw new UsageError(`import knows no set ${JSON.stringify(set)}${suggestName(set, SETS)}`);
      const [{ importReleased }, { showProgress }] = await Promise.all([
        import("../pipeline/index.js"),
        import("./progress.js"),
      ]);
      const stop = await watchStop();
      const progress = showProgress("pictures");
      const done = await importReleased(path, { out: flags.out, say, stop, onProgress: progress.update }).finally(
        progress.end,
      );
      if (done === null) {
        say("stopped; nothing was kept, the same line starts again");
        return finish(3);
      }
      if (flags.json === true) return print(JSON.stringify(done));
      const rejected = Object.entries(done.rejected).map(([reason, rows]): [string, number] => [`  ${reason}`, rows]);
      await print(
        table([
          ["images", done.images],
          ...rejected,
          ...done.models.map(({ name, column, replies }): [string, number] => [
            `replies of ${name} (${column})`,
            replies,
          ]),
        ]),
      );
      if (done.swapped > 0)
        await print(`in ${thousands(done.swapped)} rows the two texts stood in each other's column`);
      await print(`${done.run}: \`imagenet-think status ${done.run}\` shows what was read`);
    });
}
