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

/** Of classes, and of rejected pictures. */
const MOST_LINES = 20;
/** So that the table fits into 80 columns. */
const MOST_WORDS = 40;

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
    lines.push("", `In classes the recipe leaves out: ${thousands(summary.outsideClasses)}.`);
  if (summary.review > 0) lines.push("", `Of person classes, and marked for review: ${thousands(summary.review)}.`);
  if (summary.shortClasses.length > 0) {
    lines.push(
      "",
      `${thousands(summary.shortClasses.length)} classes gave fewer than their share; what was missing came from the others:`,
    );
    for (const short of summary.shortClasses.slice(0, 10)) {
      lines.push(`  ${short.class ?? "(no class)"}: ${short.given} of ${short.wanted}`);
    }
  }
  if (summary.classes.length > 0) lines.push("", describeClasses(summary.classes));
  const rejected = summary.rejectedImages;
  if (rejected.length > 0) {
    lines.push("", "Rejected:");
    for (const image of rejected.slice(0, MOST_LINES)) {
      lines.push(printable(`  ${image.fileName}: ${image.reason} (${image.detail})`));
    }
    if (rejected.length > MOST_LINES)
      lines.push(`  … and ${thousands(rejected.length - MOST_LINES)} more (--json lists all)`);
  }
  return lines.join("\n");
}

function shorten(words: string): string {
  return words.length <= MOST_WORDS ? words : `${words.slice(0, MOST_WORDS - 1)}…`;
}

function describeClasses(classes: ImagesSummary["classes"]): string {
  const rows = classes
    .slice(0, MOST_LINES)
    .map((each): (string | number)[] => [
      printable(each.class ?? "(no class)"),
      each.images,
      shorten(each.words ?? ""),
      each.review ? "review" : "",
    ]);
  const lines = [table([["class", "images", "words", ""], ...rows])];
  const more = classes.length - rows.length;
  if (more > 0) lines.push(`… and ${thousands(more)} more classes (--json lists all)`);
  return lines.join("\n");
}
