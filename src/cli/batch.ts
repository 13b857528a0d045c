import { Command } from "commander";
import { summaryLine } from "./describe-status.js";
import { positive } from "./number-flags.js";
import { type Finish, print, say, table, thousands, watchStop } from "./shared.js";

/** What OpenAI takes in one file. */
const OPENAI_LINES = 50_000;
const OPENAI_BYTES = 200_000_000;

interface WriteFlags {
  to: string;
  model?: string;
  maxLines: number;
  maxBytes: number;
  linesPerFile?: number;
  fileUrls?: true;
  json?: true;
}

export function batchCommand(finish: Finish): Command {
  const batch = new Command("batch")
    .description("the offline road: cut what is missing into OpenAI batch files, read their results back")
    .addHelpText(
      "after",
      "\nExample:\n  $ imagenet-think batch write runs/first --to batches\n  $ imagenet-think batch read runs/first results.jsonl\n",
    );
  for (const command of [writeCommand(finish), readCommand()]) {
    // Only commands added directly to the program are told elsewhere to throw instead of ending the process.
    command.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(text) });
    batch.addCommand(command);
  }
  return batch;
}

function writeCommand(finish: Finish): Command {
  return new Command("write")
    .description("cut the missing cells of a run into batch files (OpenAI, vllm run-batch), one model a file")
    .argument("<run>", "run folder with a drawn sample")
    .requiredOption("--to <dir>", "folder for the files; earlier ones in it stay")
    .option("--model <name>", "only this model of the recipe")
    .option("--max-lines <n>", "lines a file may have", positive, OPENAI_LINES)
    .option("--max-bytes <n>", "bytes a file may have", positive, OPENAI_BYTES)
    .option(
      "--lines-per-file <n>",
      "cut to this many lines: what one may lose, since run-batch writes only at its end",
      positive,
    )
    .option(
      "--file-urls",
      "give file:// addresses where a picture can be sent as it is (vLLM: --allowed-local-media-path)",
    )
    .option("--json", "print the facts as one JSON object")
    .addHelpText(
      "after",
      "\nExample:\n  $ imagenet-think batch write runs/first --to batches --model glm \\\n      --lines-per-file 2000 --file-urls\n  $ vllm run-batch -i batches/glm-….jsonl -o out.jsonl \\\n      --model zai-org/GLM-4.1V-9B-Thinking\n  $ imagenet-think batch read runs/first out.jsonl\n",
    )
    .action(async (run: string, flags: WriteFlags) => {
      const [{ writeBatch }, { showProgress }] = await Promise.all([
        import("../pipeline/index.js"),
        import("./progress.js"),
      ]);
      const stop = await watchStop();
      const progress = showProgress("requests");
      const written = await writeBatch(run, {
        to: flags.to,
        model: flags.model ?? null,
        maxLines: Math.min(flags.maxLines, flags.linesPerFile ?? flags.maxLines),
        maxBytes: flags.maxBytes,
        fileUrls: flags.fileUrls === true,
        say,
        stop,
        onProgress: progress.update,
      }).finally(progress.end);
      if (flags.json === true) await print(JSON.stringify(written));
      else if (written.files.length === 0) await print("nothing is missing; no file was written");
      else {
        await print(
          table([["file", "lines", "bytes"], ...written.files.map(({ file, lines, bytes }) => [file, lines, bytes])]),
        );
      }
      const { requests, askedBefore, imageChanged, byFileUrl, left } = written;
      if (flags.fileUrls === true && byFileUrl < requests) {
        say(
          `${thousands(requests - byFileUrl)} pictures lie in archives or must be made plain and are in the lines themselves`,
        );
      }
      if (askedBefore > 0) {
        say(
          `${thousands(askedBefore)} of them are in an earlier batch file too, whose results were never read: \`batch read\` them first to spare asking twice`,
        );
      }
      if (imageChanged > 0)
        say(`${thousands(imageChanged)} pictures are no longer what was gated; their cells are failed`);
      if (left > 0) say(`${stop.draining}; ${thousands(left)} cells are not cut yet, the same line goes on`);
      const files = written.files.length === 1 ? "1 file" : `${thousands(written.files.length)} files`;
      say(`${requests === 1 ? "1 request" : `${thousands(requests)} requests`} in ${files}`);
      if (left > 0) finish(3);
    });
}

function readCommand(): Command {
  return new Command("read")
    .description("take the results of batch files into the run: any order, several times, half finished")
    .argument("<run>", "run folder")
    .argument("<file...>", "output and error files of OpenAI's batches or of vllm run-batch")
    .option("--json", "print the facts as one JSON object")
    .addHelpText("after", "\nExample:\n  $ imagenet-think batch read runs/first out-*.jsonl\n")
    .action(async (run: string, files: string[], flags: { json?: true }) => {
      const [{ readBatch }, { showProgress }] = await Promise.all([
        import("../pipeline/index.js"),
        import("./progress.js"),
      ]);
      const progress = showProgress("lines");
      const done = await readBatch(run, files, { say, onProgress: progress.update }).finally(progress.end);
      if (flags.json === true) return print(JSON.stringify(done));
      await print(
        table([
          ["lines", done.lines],
          ["replies", done.replies],
          ["  of them late", done.late],
          ...Object.entries(done.faults).map(([kind, count]): [string, number] => [`fault: ${kind}`, count]),
          ["read before", done.readBefore],
          ["of no request of this run", done.unknown],
          ["no results", done.unreadable],
        ]),
      );
      say(summaryLine(done.status));
      if (!done.status.complete) say("`run` or `batch write` goes on with what is missing");
    });
}
