import type { LineFault, PairFields } from "../pair-lines.js";
import { readPairLines } from "../pair-lines.js";
import { readBlocks } from "../read-blocks.js";
import { lineError } from "../walk-blocks.js";
import type { NeuralChoice } from "./neural-choice.js";
import { type NeuralScorers, openNeuralScorers } from "./open-neural-scorers.js";
import type { ServerSpeed } from "./server-check.js";

export interface FileScorersOptions {
  readonly file: string;
  readonly fields: PairFields;
  readonly metrics: readonly string[];
  readonly choice: NeuralChoice;
  readonly threads: number;
  readonly say: (sentence: string) => void;
  /** Pairs the file has, roughly; null where that is not known. */
  readonly expectedPairs: () => number | null;
}

/** Opens the encoders for the pairs of a file; idf is taken from its references. */
export async function openFileScorers(options: FileScorersOptions): Promise<NeuralScorers> {
  const { choice, metrics, file, fields } = options;
  const { serverTolerance } = choice;
  const scorers = await openNeuralScorers({
    sbert:
      choice.sbert === null || !metrics.includes("sbert")
        ? null
        : { folder: choice.sbert, server: choice.sbertServer, serverTolerance, cache: choice.cache },
    bertscore:
      choice.bertscore === null || !metrics.includes("bertscore")
        ? null
        : {
            folder: choice.bertscore,
            server: choice.bertscoreServer,
            serverTolerance,
            layer: choice.layer,
            idfReferences: choice.idf ? () => readReferences(file, fields) : null,
            baseline: choice.baseline,
            prefixSpace: choice.prefixSpace,
          },
    threads: options.threads,
    measured: (metric, speed) => options.say(describeServer(metric, speed, options.expectedPairs())),
  });
  const { count, copyWeights } = scorers.workers;
  if (count < options.threads) {
    options.say(`encoding in ${count} threads of ${options.threads}: free memory has no room for more`);
  } else if (!copyWeights) options.say("the threads share the weights' pages: free memory has no room for copies");
  return scorers;
}

/** Every reference of a pair that has both texts, in the order read. */
async function* readReferences(file: string, fields: PairFields): AsyncGenerator<string> {
  let linesBefore = 0;
  for await (const { bytes } of readBlocks(file)) {
    const references: string[] = [];
    const read: { readonly lines: number; readonly fault: LineFault | null } = readPairLines(bytes, fields, (pair) => {
      // What will not be scored is no document.
      if (pair.reference !== null && pair.hypothesis !== null) references.push(pair.reference);
    });
    if (read.fault !== null) throw lineError(file, linesBefore, read.fault);
    linesBefore += read.lines;
    yield* references;
  }
}

/** What a person weighs before letting a long job run. */
function describeServer(metric: string, speed: ServerSpeed, pairs: number | null): string {
  const rate = `${metric}: the server gives ${twoDigits(speed.textsPerSecond)} texts/s on the first texts`;
  const per = pairs ?? 100_000;
  const texts = 2 * per;
  const seconds = texts / speed.textsPerSecond;
  const time = seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${twoDigits(seconds / 3600)} hours`;
  const bytes = texts * speed.bytesPerText;
  const size = bytes < 1e8 ? `${twoDigits(bytes / 1e6)} MB` : `${twoDigits(bytes / 1e9)} GB`;
  const whole = pairs === null ? "each 100,000 pairs" : `these ${per.toLocaleString("en")} pairs or so`;
  return `${rate}; ${whole} need at most ${texts.toLocaleString("en")} texts: ${time}, ${size} to receive`;
}

/** Two digits of a small number, the whole of a large one. */
function twoDigits(value: number): string {
  return value < 10 ? value.toPrecision(2) : Math.round(value).toLocaleString("en");
}
