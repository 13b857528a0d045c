/** What a tag does. `box` marks the short answer inside an answer and only ever disappears. */
export type TagKind = "think" | "think-end" | "answer" | "answer-end" | "box";

interface TagSpelling {
  readonly text: string;
  readonly kind: TagKind;
  /** Thinking tags of one family belong together; null for other tags. */
  readonly family: string | null;
}

/**
 * Every tag the reader knows, in any letter case. GLM, R1 and Qwen write the first pair, some checkpoints the second,
 * Kimi-VL the third (U+25C1, U+25B7, ordinary text), Mistral the fourth; the boxes are GLM's.
 */
export const TAGS: readonly TagSpelling[] = [
  ...thinkingPair("<think>", "</think>"),
  ...thinkingPair("<thinking>", "</thinking>"),
  ...thinkingPair("◁think▷", "◁/think▷"),
  ...thinkingPair("[THINK]", "[/THINK]"),
  { text: "<answer>", kind: "answer", family: null },
  { text: "</answer>", kind: "answer-end", family: null },
  { text: "<|begin_of_box|>", kind: "box", family: null },
  { text: "<|end_of_box|>", kind: "box", family: null },
];

/** Lower case for A–Z alone: `İ` would grow and `K` (Kelvin) would turn into a plain `k`. */
export function asciiLowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function thinkingPair(opener: string, closer: string): TagSpelling[] {
  return [
    { text: opener, kind: "think", family: opener },
    { text: closer, kind: "think-end", family: opener },
  ];
}
