import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { UserError } from "../records/index.js";
import { addMetricChoices, type MetricChoiceFlags, readMetricChoices } from "./metric-options.js";
import { positive, wholeNumber } from "./number-flags.js";
import { names } from "./run.js";
import { type Finish, print, say, thousands, watchStop } from "./shared.js";

interface ScoreFlags extends MetricChoiceFlags {
  metric?: string[];
  against?: string;
  import?: string;
  pairs?: string;
  seed: number;
  resamples: number;
  threads?: number;
  json?: true;
  csv?: string;
}

/** Choices that have an effect only where numbers are made here. */
const SCORES_HERE = [
  ...["metric", "stem", "tfidfScope", "sbert", "bertscore", "layer", "idf", "baseline", "prefixSpace", "cache"],
  ...["sbertServer", "bertscoreServer", "serverTolerance", "threads"],
];

export function scoreCommand(finish: Finish): Command {
  return addMetricChoices(new Command("score"))
    .description("measure a run: candidates against teachers, teacher against teacher; the same line goes on")
    .argument("<run>", "run folder")
    .option(
      "--metric <names>",
      "left out: rouge-1,rouge-l,jaccard,overlap, and tfidf, sbert, bertscore where their option is given",
      names,
    )
    .option("--against <name>", "what patterns and plot are against: a teacher, mean or max (default: mean)")
    .addOption(
      new Option("--import <file>", "take numbers computed elsewhere: {id, metric, value, protocol} a line").conflicts(
        SCORES_HERE,
      ),
    )
    .addOption(
      new Option("--pairs <file>", "write the pairs, {id, reference, hypothesis} a line, to score elsewhere").conflicts(
        [...SCORES_HERE, ...["import", "json", "csv", "against"]],
      ),
    )
    .option("--seed <n>", "of the bootstrap over classes", wholeNumber, 1)
    .option("--resamples <n>", "of the bootstrap", positive, 10_000)
    .option("--threads <n>", "left out: one for each core", positive)
    .option("--json", "print the table as one JSON object")
    .option("--csv <file>", "write the table as CSV too")
    .addHelpText(
      "after",
      "\nThe table shows every protocol scored so far.\n\nExample:\n  $ imagenet-think score runs/demo --tfidf-scope corpus --csv table.csv\n",
    )
    .action(async (run: string, flags: ScoreFlags) => {
      const pipeline = await import("../pipeline/index.js");
      if (flags.pairs !== undefined) {
        const lines = await pipeline.writePairLines(run, flags.pairs, say);
        return print(`${thousands(lines)} pairs in ${flags.pairs}`);
      }
      const { showProgress } = await import("./progress.js");
      const stop = await watchStop();
      const abort = new AbortController();
      stop.onDrain(() => abort.abort());
      const reading = showProgress("pictures");
      const scoring = showProgress("scores");
      let isReading = true;
      const endReading = () => {
        if (isReading) reading.end();
        isReading = false;
      };
      const done = await pipeline
        .scoreRun(run, {
          metrics: flags.metric ?? [],
          ...readMetricChoices(flags),
          importFrom: flags.import ?? null,
          against: flags.against ?? null,
          seed: flags.seed,
          resamples: flags.resamples,
          threads: flags.threads ?? null,
          say,
          onProgress: ({ doing, done, total }) => {
            if (doing === "reading") return reading.update({ done, total, facts: [doing] });
            endReading();
            scoring.update({ done, total, facts: [doing] });
          },
          signal: abort.signal,
        })
        .finally(() => {
          endReading();
          scoring.end();
        });
      say(`${thousands(done.scored)} scores added, ${thousands(done.kept)} kept, in ${done.folder}`);
      if (done.table === null) {
        say("stopped; the same line goes on");
        return finish(3);
      }
      if (flags.csv !== undefined) await writeCsv(flags.csv, pipeline.tableCsv(done.table));
      await print(flags.json === true ? JSON.stringify(done.table) : pipeline.tableText(done.table));
    });
}

async function writeCsv(path: string, text: string): Promise<void> {
  await writeFile(path, text).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(`${path} cannot be written (${error.code})`);
  });
}
