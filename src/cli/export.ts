import { Command } from "commander";
import { positive } from "./number-flags.js";
import { names } from "./run.js";
import { print, say, thousands } from "./shared.js";

interface ExportFlags {
  format: string;
  to: string;
  teachers?: string[];
  parts: string;
  thinking?: string;
  subset?: number;
  split?: string;
  escape?: true;
  withPixels?: true;
  people?: string;
  tokenizer?: string;
  json?: true;
}

export function exportCommand(): Command {
  return new Command("export")
    .description("write a publishable dataset or training files; without pixels unless asked")
    .argument("<run>", "run folder")
    .requiredOption(
      "--format <format>",
      "huggingface, webdataset, imagefolder, jsonl, trl, llama-factory, ms-swift or llava",
    )
    .requiredOption("--to <dir>", "folder to write; an earlier export of the same run is replaced")
    .option("--teachers <names>", "only these teachers of the recipe, e.g. glm,kimi", names)
    .option("--parts <parts>", "both, thinking or answer", "both")
    .option("--thinking <form>", "tags inside the text, or a field beside it; each format has its own way otherwise")
    .option("--subset <n>", "n pictures, evenly over the classes; a smaller subset is part of a larger one", positive)
    .option("--split <shares>", "by picture, seeded, e.g. train=0.98,validation=0.02")
    .option(
      "--escape",
      "keep texts that hold tags or special tokens of their readers, escaped; they are left out otherwise",
    )
    .option("--with-pixels", "put the pictures in, with their terms beside them")
    .option("--people <include>", "`include` lets pictures marked for review out")
    .option("--tokenizer <path>", "count tokens with this tokenizer.json, or the folder of one; estimated otherwise")
    .option("--json", "print the facts as one JSON object")
    .addHelpText(
      "after",
      "\nExamples:\n  $ imagenet-think export runs/demo --format huggingface --to my-dataset\n  $ imagenet-think export runs/demo --format llama-factory --teachers glm \\\n      --split train=0.9,validation=0.1 --to sft\n",
    )
    .action(async (run: string, options: ExportFlags) => {
      const { exportRun } = await import("../pipeline/index.js");
      const done = await exportRun(run, {
        format: options.format,
        to: options.to,
        teachers: options.teachers ?? null,
        parts: options.parts,
        thinking: options.thinking ?? null,
        subset: options.subset ?? null,
        split: options.split ?? null,
        escape: options.escape === true,
        withPixels: options.withPixels === true,
        people: options.people ?? null,
        tokenizer: options.tokenizer ?? null,
        say,
      });
      if (options.json === true) return print(JSON.stringify(done));
      const escaped = done.escaped > 0 ? `, ${thousands(done.escaped)} with tags or special tokens escaped` : "";
      await print(
        `${done.folder}: ${thousands(done.rows)} rows${escaped}, ${thousands(done.leftOut)} cells left out (counted in README.md)`,
      );
    });
}
