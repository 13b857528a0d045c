import { Command } from "commander";
import type { ShownCell } from "../pipeline/index.js";
import { bold, dim, print, printable, say } from "./shared.js";

export function showCommand(): Command {
  return new Command("show")
    .description("one picture: what was asked, what was thought and answered, every attempt")
    .argument("<run>", "run folder")
    .argument("<image>", "image id, e.g. n02123045_1, or its file below the source, e.g. cats/1.jpg")
    .option("--model <name>", "only this model of the recipe")
    .option("--json", "print the facts as one JSON object")
    .addHelpText("after", "\nExample:\n  $ imagenet-think show runs/demo n02123045_1 --model glm\n")
    .action(async (run: string, image: string, options: { model?: string; json?: true }) => {
      const { showCells } = await import("../pipeline/index.js");
      const shown = await showCells(run, image, { model: options.model ?? null, say });
      if (options.json === true) return print(JSON.stringify(shown));
      const { facts } = shown;
      await print(
        bold(
          `${facts.id}  ${printable(facts.class ?? "(no class)")}${shown.words === null ? "" : `  ${printable(shown.words)}`}`,
        ),
      );
      await print(
        `${printable(facts.fileName)}  ${facts.width} × ${facts.height} ${facts.format}, ${facts.preparation}, sha256 ${facts.sha256.slice(0, 16)}…`,
      );
      if (facts.review) await print("marked for review: its class is a person class");
      await print(dim(`prompt ${shown.prompt.name} v${shown.prompt.version}: ${printable(shown.prompt.text)}`));
      for (const cell of shown.cells) await print(describeCell(cell));
    });
}

function describeCell(cell: ShownCell): string {
  const { pair } = cell;
  const lines = ["", bold(`${pair.model}: ${pair.outcome}${pair.reason === null ? "" : ` (${pair.reason})`}`)];
  if (pair.flags.length > 0) lines.push(`flags: ${pair.flags.join(", ")}`);
  if (pair.thinking !== null) lines.push(dim("— thinking —"), printable(pair.thinking));
  if (pair.answer !== null) lines.push(dim("— answer —"), printable(pair.answer));
  for (const attempt of cell.attempts) {
    const tokens = attempt.completionTokens === null ? "" : `, ${attempt.completionTokens} tokens`;
    const fault = attempt.fault === null ? "" : `, ${attempt.fault.kind}: ${attempt.fault.message}`;
    lines.push(
      dim(
        printable(
          `attempt ${attempt.attempt}: ${attempt.endedAt ?? "no end seen"}, ${attempt.finishReason ?? "no finish reason"}${tokens}${fault}`,
        ),
      ),
    );
  }
  return lines.join("\n");
}
