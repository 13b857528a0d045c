import { once } from "node:events";
import { Command } from "commander";
import type { ScoreMetricsDone } from "../pipeline/index.js";
import { UsageError } from "../records/index.js";
import { addMetricChoices, type MetricChoiceFlags, readMetricChoices } from "./metric-options.js";
import { positive } from "./number-flags.js";
import { names } from "./run.js";
import { type Finish, print, say, table, thousands, watchStop } from "./shared.js";

interface MetricsFlags extends MetricChoiceFlags {
  metric: string[];
  out?: string;
  fitOn?: string;
  summary?: string;
  seed: number;
  threads?: number;
  reference: string;
  hypothesis: string;
  json?: true;
}

type Summary = NonNullable<ScoreMetricsDone["summary"]>;

export function metricsCommand(finish: Finish): Command {
  return addMetricChoices(new Command("metrics"))
    .description("score any lines of id, reference and hypothesis as the reference libraries do; the same line goes on")
    .argument("<file>", "JSON Lines: {id, reference, hypothesis}; for ROUGE alone, reference may be a list")
    .requiredOption(
      "--metric <names>",
      "rouge-1 … rouge-9, rouge-l, rouge-lsum, jaccard, overlap, tfidf, sbert, bertscore",
      names,
    )
    .option("--out <file>", "write the lines here, with <file>.protocol.json beside it; left out: standard output")
    .option("--fit-on <file>", "fit tfidf over a corpus on this file instead")
    .option("--summary <file>", "means, deviations, counts, bootstrap intervals and the protocol of every metric")
    .option("--seed <n>", "of the bootstrap, as numpy.random.seed takes it", seedNumber, 42)
    .option("--threads <n>", "left out: one for each core", positive)
    .option("--reference <field>", "name of the reference's field", "reference")
    .option("--hypothesis <field>", "name of the hypothesis's field", "hypothesis")
    .option("--json", "print the summary as one JSON object, and no lines")
    .addHelpText(
      "after",
      "\nExample:\n  $ imagenet-think metrics pairs.jsonl --metric rouge-l,jaccard --stem \\\n      --out scores.jsonl --summary summary.json\n",
    )
    .action(async (file: string, flags: MetricsFlags) => {
      const [{ scoreMetrics }, { showProgress }] = await Promise.all([
        import("../pipeline/index.js"),
        import("./progress.js"),
      ]);
      const stop = await watchStop();
      const abort = new AbortController();
      stop.onDrain(() => abort.abort());
      const progress = showProgress("pairs");
      const done = await scoreMetrics(file, {
        metrics: flags.metric,
        ...readMetricChoices(flags),
        fitOn: flags.fitOn ?? null,
        out: flags.out ?? (flags.json === true ? async () => {} : writeLines),
        summary: flags.summary ?? null,
        withIntervals: flags.json === true,
        seed: flags.seed,
        threads: flags.threads ?? null,
        referenceField: flags.reference,
        hypothesisField: flags.hypothesis,
        say,
        onProgress: ({ doing, pairs, share }) =>
          progress.update({
            done: pairs,
            total: null,
            facts: [doing, ...(share === null ? [] : [`${Math.floor(100 * share)} % of the file`])],
          }),
        signal: abort.signal,
      }).finally(progress.end);
      if (done.summary === null) {
        say(`stopped after ${thousands(done.pairs)} pairs${flags.out === undefined ? "" : "; the same line goes on"}`);
        return finish(3);
      }
      if (flags.json === true) await print(JSON.stringify(done.summary));
      else if (flags.out === undefined) say(describeSummary(done.summary));
      else await print(describeSummary(done.summary));
    });
}

async function writeLines(lines: Uint8Array): Promise<void> {
  if (!process.stdout.write(lines)) await once(process.stdout, "drain");
}

/** One line a metric: what a person wants to see at the end. */
function describeSummary({ metrics, pairs }: Summary): string {
  const all = Object.values(metrics);
  const withEncoder = all.some(({ truncated }) => truncated !== undefined);
  const rows = all.map(({ signature, mean, standardDeviation, scored, unscored, truncated }) => [
    signature,
    shown(mean),
    shown(standardDeviation),
    scored,
    unscored,
    ...(withEncoder ? [unseen(truncated)] : []),
  ]);
  const head = ["metric", "mean (of F1)", "deviation", "scored", "unscored", ...(withEncoder ? ["not seen"] : [])];
  return `${thousands(pairs)} pairs\n${table([head, ...rows])}`;
}

/** How much of the references and of the hypotheses lay beyond the encoder's limit. */
function unseen(truncated: Summary["metrics"][string]["truncated"]): string {
  if (truncated === undefined) return "";
  if (truncated === null) return "unknown";
  const sides = [truncated.reference, truncated.hypothesis];
  return sides
    .map(({ unseenShare }) => (unseenShare === null ? "-" : `${Math.round(100 * unseenShare)} %`))
    .join(" / ");
}

function shown(value: number | { readonly f1: number } | null): string {
  if (value === null) return "-";
  return (typeof value === "number" ? value : value.f1).toFixed(4);
}

function seedNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < 0 || value > 0xffffffff) {
    throw new UsageError(`--seed "${text}": numpy takes whole numbers from 0 to 4294967295`);
  }
  return value;
}
