import { Command } from "commander";
import { print, say, table } from "./shared.js";

export function parseCommand(): Command {
  return new Command("parse")
    .description("read the stored replies again with today's parser; costs no tokens")
    .argument("<run>", "run folder")
    .option("--json", "print the facts as one JSON object")
    .addHelpText("after", "\nExample:\n  $ imagenet-think parse runs/first\n")
    .action(async (run: string, options: { json?: true }) => {
      const { parseRun } = await import("../pipeline/index.js");
      const parsed = await parseRun(run, say);
      if (options.json === true) return print(JSON.stringify(parsed));
      await print(`parser ${parsed.parserVersion}`);
      await print(
        table([
          ["model", "outcome", "reason", "cells"],
          ...parsed.counts.map((row) => [row.model, row.outcome, row.reason ?? "", row.cells]),
        ]),
      );
    });
}
