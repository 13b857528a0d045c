const PIECE = "[\\p{L}\\p{N}]+|\\S";
const WORDS = new RegExp(PIECE, "gu");

/** GLM's tags and boxes are special tokens: one token each, and left out of the text unless asked for. */
export const GLM_SPECIALS = [
  "<think>",
  "</think>",
  "<answer>",
  "</answer>",
  "<|begin_of_box|>",
  "<|end_of_box|>",
] as const;

/**
 * Cuts a text into tokens by a simple rule: a run of letters and digits is one, any other visible character is one, and
 * white space belongs to the token after it. A special is one token of its own. Joined, they give the text again.
 */
export function toTokens(text: string, specials: readonly string[]): string[] {
  if (specials.length === 0) return text.match(new RegExp(`\\s*(?:${PIECE})|\\s+$`, "gu")) ?? [];
  const special = specials.map((one) => one.replaceAll("|", "\\|")).join("|");
  return text.match(new RegExp(`${special}|\\s*(?!${special})(?:${PIECE})|\\s+`, "gu")) ?? [];
}

/** How many tokens a text has by that rule. */
export function countTokens(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(WORDS)) count++;
  return count;
}

/** A picture counts one token for each block of 28 × 28 pixels, as GLM-4.1V and Kimi-VL do, begun ones too. */
export function imageTokens(width: number, height: number): number {
  return Math.ceil(width / 28) * Math.ceil(height / 28);
}
