import { Command } from "commander";
import { positive } from "./number-flags.js";
import { print, say } from "./shared.js";

export function reportCommand(): Command {
  return new Command("report")
    .description("one self-contained page: the arithmetic, then pictures with what was thought and answered")
    .argument("<run>", "run folder")
    .option("--to <file>", "where to write the page (default: <run>/reports/report.html)")
    .option("--pictures <n>", "how many pictures to show, a seeded selection", positive, 48)
    .option("--no-pictures", "leave the small pictures out; their texts stay")
    .addHelpText("after", "\nExample:\n  $ imagenet-think report runs/demo --to demo.html\n")
    .action(async (run: string, options: { to?: string; pictures: number | false }) => {
      const { reportRun } = await import("../pipeline/index.js");
      const shown =
        options.pictures === false ? { count: 48, thumbnails: false } : { count: options.pictures, thumbnails: true };
      await print(await reportRun(run, { to: options.to ?? null, ...shown, say }));
    });
}
