import { Command } from "commander";
import { describeStatus, summaryLine } from "./describe-status.js";
import { print, say } from "./shared.js";

export function statusCommand(): Command {
  return new Command("status")
    .description("the arithmetic of a run, its rates and tokens; works while the run goes on")
    .argument("<run>", "run folder")
    .option("--json", "print the facts as one JSON object")
    .addHelpText("after", "\nExample:\n  $ imagenet-think status runs/first\n")
    .action(async (run: string, options: { json?: true }) => {
      const { readStatus } = await import("../pipeline/status/index.js");
      const status = await readStatus(run, say);
      await print(options.json === true ? JSON.stringify(status) : `${describeStatus(status)}\n${summaryLine(status)}`);
    });
}
