import { Command } from "commander";
import { names } from "./run.js";
import { print, say } from "./shared.js";

export function pairsCommand(): Command {
  return new Command("pairs")
    .description("stream every cell as JSON Lines, missing ones too, images in sample order")
    .argument("<run>", "run folder")
    .option("--model <name>", "only this model of the recipe")
    .option("--outcome <outcomes>", "only these outcomes, e.g. answered,truncated", names)
    .addHelpText("after", "\nExample:\n  $ imagenet-think pairs runs/demo --outcome answered | head -1\n")
    .action(async (run: string, options: { model?: string; outcome?: string[] }) => {
      const { checkOutcomes, streamPairs } = await import("../pipeline/index.js");
      const outcomes = checkOutcomes(options.outcome ?? []);
      for await (const pair of streamPairs(run, { model: options.model ?? null, outcomes, say })) {
        await print(JSON.stringify(pair));
      }
    });
}
