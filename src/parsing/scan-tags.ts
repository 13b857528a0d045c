import { asciiLowerCase, TAGS, type TagKind } from "./tags.js";

/** A tag in a text: `[start, end)` in UTF-16 units. */
export interface Tag {
  readonly kind: TagKind;
  readonly family: string | null;
  readonly start: number;
  readonly end: number;
}

const SPELLINGS = new Map(TAGS.map((tag) => [asciiLowerCase(tag.text), tag]));

/** Fixed words only, so each position is tried once. Without the `u` flag, `i` folds no other letter onto ASCII. */
const ANY_TAG = anyOf(TAGS.map((tag) => tag.text));
const BOX_TOKEN = anyOf(TAGS.filter((tag) => tag.kind === "box").map((tag) => tag.text));

/** Every tag of a text in order, found in one pass. */
export function scanTags(text: string): Tag[] {
  const tags: Tag[] = [];
  for (const match of text.matchAll(ANY_TAG)) {
    const spelling = SPELLINGS.get(asciiLowerCase(match[0]));
    if (spelling === undefined) continue;
    const { kind, family } = spelling;
    tags.push({ kind, family, start: match.index, end: match.index + match[0].length });
  }
  return tags;
}

/** The text without its box tokens; the words in them stay. */
export function withoutBoxTokens(text: string): string {
  return text.replace(BOX_TOKEN, "");
}

function anyOf(words: readonly string[]): RegExp {
  return new RegExp(words.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("|"), "gi");
}
