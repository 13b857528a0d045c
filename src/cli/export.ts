import { Command } from "commander";
import { names } from "./run.js";
import { print, say, thousands } from "./shared.js";

interface ExportFlags {
  format: string;
  to: string;
  teachers?: string[];
  withPixels?: true;
  people?: string;
}

export function exportCommand(): Command {
  return new Command("export")
    .description("write a publishable dataset; without pixels unless asked")
    .argument("<run>", "run folder")
    .requiredOption("--format <format>", "huggingface or jsonl")
    .requiredOption("--to <dir>", "folder to write; an earlier export of the same run is replaced")
    .option("--teachers <names>", "only these teachers of the recipe, e.g. glm,kimi", names)
    .option("--with-pixels", "put the pictures in, with their terms beside them")
    .option("--people <include>", "`include` lets pictures marked for review out")
    .addHelpText("after", "\nExample:\n  $ imagenet-think export runs/demo --format huggingface --to my-dataset\n")
    .action(async (run: string, options: ExportFlags) => {
      const { exportRun } = await import("../pipeline/index.js");
      const done = await exportRun(run, {
        format: options.format,
        to: options.to,
        teachers: options.teachers ?? null,
        withPixels: options.withPixels === true,
        people: options.people ?? null,
        say,
      });
      await print(
        `${done.folder}: ${thousands(done.rows)} rows, ${thousands(done.leftOut)} cells left out (counted in README.md)`,
      );
    });
}
