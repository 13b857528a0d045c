import { type CheckpointTokenizer, cutToLimit } from "./checkpoint-tokenizer.js";
import type { SeenSides, SeenTokens, TextPair } from "./neural-scorer.js";

/** A text as an encoder takes it. */
export interface CodedText {
  /** Cut to the limit. */
  readonly ids: Int32Array;
  /** Before it was cut. */
  readonly length: number;
  /** The same for the same ids. */
  readonly key: string;
}

export interface CodedPair {
  readonly reference: CodedText;
  readonly hypothesis: CodedText;
}

/** Turns pairs into ids. Each different text is tokenised once. */
export async function codePairs(
  tokenizer: CheckpointTokenizer,
  pairs: readonly TextPair[],
  options: { readonly limit: number; readonly prepare: (text: string) => string },
): Promise<{ readonly pairs: readonly CodedPair[]; readonly seen: SeenSides }> {
  const coded = new Map<string, Promise<CodedText>>();
  const code = (text: string) => {
    const known = coded.get(text) ?? codeText(tokenizer, options.prepare(text), options.limit);
    coded.set(text, known);
    return known;
  };
  const done = await Promise.all(
    pairs.map(async (pair) => {
      const [reference, hypothesis] = await Promise.all([code(pair.reference), code(pair.hypothesis)]);
      return { reference, hypothesis };
    }),
  );
  const seen = { reference: countSeen(done, "reference"), hypothesis: countSeen(done, "hypothesis") };
  return { pairs: done, seen };
}

export async function codeText(tokenizer: CheckpointTokenizer, text: string, limit: number): Promise<CodedText> {
  const all = await tokenizer.encode(text);
  const ids = cutToLimit(all, limit);
  return { ids, length: all.length, key: keyOf(ids) };
}

/** The bytes of the ids as a string, which a map compares quickly. */
function keyOf(ids: Int32Array): string {
  return Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength).toString("latin1");
}

function countSeen(pairs: readonly CodedPair[], side: "reference" | "hypothesis"): SeenTokens {
  const texts = pairs.map((pair) => pair[side]);
  const sum = (number: (text: CodedText) => number) => texts.reduce((total, text) => total + number(text), 0);
  return {
    texts: texts.length,
    cut: sum((text) => (text.length > text.ids.length ? 1 : 0)),
    tokens: sum((text) => text.length),
    seen: sum((text) => text.ids.length),
  };
}
