import type { ExportInput, ExportPair } from "../records/index.js";

/** Pairs whose texts held half a surrogate pair, which no UTF-8 file can hold. */
export interface ReplacedText {
  readonly pairs: number;
  /** `<image>/<teacher>` of the first ones. */
  readonly first: readonly string[];
}

const NAMED = 10;
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/**
 * The same input with every lone surrogate of a text as U+FFFD, and a count of the pairs of the last walk that
 * needed it. The run keeps the text as it was sent; only what leaves the house is made valid.
 */
export function withValidText(input: ExportInput): { input: ExportInput; replaced: () => ReplacedText } {
  let pairs = 0;
  let first: string[] = [];
  async function* rows() {
    pairs = 0;
    first = [];
    for await (const row of input.rows()) {
      if (row.pairs.every(isValid)) {
        yield row;
        continue;
      }
      for (const pair of row.pairs.filter((pair) => !isValid(pair))) {
        pairs += 1;
        if (first.length < NAMED) first.push(`${pair.image.id}/${pair.teacher}`);
      }
      yield { ...row, pairs: row.pairs.map(validPair) };
    }
  }
  return { input: { ...input, rows }, replaced: () => ({ pairs, first }) };
}

function isValid({ thinking, answer, prompt }: ExportPair): boolean {
  return !LONE_SURROGATE.test(answer ?? "") && !LONE_SURROGATE.test(thinking ?? "") && !LONE_SURROGATE.test(prompt);
}

function validPair(pair: ExportPair): ExportPair {
  return {
    ...pair,
    prompt: validText(pair.prompt),
    thinking: pair.thinking === null ? null : validText(pair.thinking),
    answer: pair.answer === null ? null : validText(pair.answer),
  };
}

function validText(text: string): string {
  return text.replace(LONE_SURROGATES, "\uFFFD");
}
