import { Command } from "commander";
import type { ImagesSummary } from "../pipeline/index.js";
import { type Finish, print, printable, say, table, thousands, watchStop } from "./shared.js";

export function imagesCommand(finish: Finish): Command {
  return new Command("images")
    .description("list the sources, draw and gate the sample, and show what became of the pictures; asks no teacher")
    .argument("<recipe>", "recipe file (YAML or JSON)")
    .option("--out <run>", "keep the sample in this run folder; `run` goes on from it")
    .option("--json", "print the facts as one JSON object")
    .addHelpText("after", "\nExample:\n  $ imagenet-think images recipe.yaml --out runs/first\n")
    .action(async (recipe: string, options: { out?: string; json?: true }) => {
      const [{ drawImages }, { showProgress }] = await Promise.all([
        import("../pipeline/index.js"),
        import("./progress.js"),
      ]);
      const stop = await watchStop();
      const progress = showProgress("pictures");
      const summary = await drawImages(recipe, {
        out: options.out ?? null,
        say,
        stop,
        onProgress: progress.update,
      }).finally(progress.end);
      if (summary === null) {
        say(options.out === undefined ? "stopped" : "stopped; the same line goes on where it stopped");
        return finish(3);
      }
      await print(options.json ? JSON.stringify(summary) : describe(summary));
    });
}

function describe(summary: ImagesSummary): string {
  const lines = [
    `${summary.name}: ${thousands(summary.images)} images of ${thousands(summary.classes.length)} classes`,
    "",
    table([
      ["listed", summary.catalog],
      ["  not drawn", summary.notDrawn],
      ["  rejected", Object.values(summary.rejected).reduce((sum, count) => sum + count, 0)],
      ...Object.entries(summary.rejected).map(([reason, count]): [string, number] => [`    ${reason}`, count]),
      ["  accepted", summary.images],
    ]),
  ];
  if (summary.outsideClasses > 0)
    lines.push("", `${thousands(summary.outsideClasses)} pictures lie in classes the recipe leaves out.`);
  if (summary.review > 0)
    lines.push("", `${thousands(summary.review)} images are of person classes and marked for review.`);
  if (summary.shortClasses.length > 0) {
    lines.push(
      "",
      `${thousands(summary.shortClasses.length)} classes gave fewer than their share; what was missing came from the others:`,
    );
    for (const short of summary.shortClasses.slice(0, 10)) {
      lines.push(`  ${short.class ?? "(no class)"}: ${short.given} of ${short.wanted}`);
    }
  }
  const rejected = summary.rejectedImages;
  if (rejected.length > 0) {
    lines.push("", "Rejected:");
    for (const image of rejected.slice(0, 20)) {
      lines.push(printable(`  ${image.fileName}: ${image.reason} (${image.detail})`));
    }
    if (rejected.length > 20) lines.push(`  … and ${thousands(rejected.length - 20)} more (--json lists all)`);
  }
  return lines.join("\n");
}
