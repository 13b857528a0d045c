import { asciiLowerCase, TAGS } from "./tags.js";

/** What models write when their turn is over, and what shows where special tokens are not skipped. */
const END_OF_TURN = [
  "<|user|>",
  "<|assistant|>",
  "<|observation|>",
  "<|endoftext|>",
  "<|im_end|>",
  "[EOS]",
  "</s>",
] as const;

const TAG_WORDS = TAGS.map((tag) => asciiLowerCase(tag.text));
const LONGEST_PART = Math.max(...TAG_WORDS.map((word) => word.length)) - 1;

/** Takes end-of-turn specials off the end of a text, however many, with white space between them. */
export function stripEndOfTurn(text: string): string {
  let kept = text;
  for (;;) {
    const trimmed = kept.trimEnd();
    const special = END_OF_TURN.find((word) => trimmed.endsWith(word));
    if (special === undefined) return kept;
    kept = trimmed.slice(0, -special.length);
  }
}

/** Takes the first part of a tag off the very end of a text that was cut there. */
export function stripTagPart(text: string): string {
  const end = asciiLowerCase(text.slice(-LONGEST_PART));
  for (let length = end.length; length > 0; length--) {
    const part = end.slice(-length);
    if (TAG_WORDS.some((word) => word.length > length && word.startsWith(part))) return text.slice(0, -length);
  }
  return text;
}
