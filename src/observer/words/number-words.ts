/** The upper ends of the shares that go by each name. */
const SHARES: readonly (readonly [number, string])[] = [
  [0.012, "a trace"],
  [0.035, "a few hundredths"],
  [0.06, "about a twentieth"],
  [0.088, "less than a tenth"],
  [0.11, "about a tenth"],
  [0.145, "about an eighth"],
  [0.18, "about a sixth"],
  [0.225, "about a fifth"],
  [0.29, "about a quarter"],
  [0.365, "about a third"],
  [0.44, "about two fifths"],
  [0.48, "not quite half"],
  [0.52, "about half"],
  [0.58, "a little over half"],
  [0.64, "about three fifths"],
  [0.7, "about two thirds"],
  [0.77, "about three quarters"],
  [0.85, "about four fifths"],
  [0.94, "about nine tenths"],
  [0.985, "nearly all"],
];

/** A share from 0 to 1 in words that fit before "of the picture". */
export function shareInWords(share: number): string {
  return SHARES.find(([end]) => share < end)?.[1] ?? "practically all";
}

/** A share as a figure, e.g. `34%`; what is there but rounds to nothing is `under 1%`. */
export function percent(share: number): string {
  const rounded = Math.round(100 * share);
  return rounded === 0 && share > 0 ? "under 1%" : `${rounded}%`;
}

const SMALL = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

export function countInWords(count: number): string {
  return SMALL[count] ?? String(count);
}

/** `a, b and c`. */
export function list(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}

/** Puts `a` or `an` before a phrase, by its first letter. */
export function withArticle(phrase: string): string {
  return `${/^[aeiou]/i.test(phrase) ? "an" : "a"} ${phrase}`;
}

export function capitalised(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
