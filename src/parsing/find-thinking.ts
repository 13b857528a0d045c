import type { Flag } from "./flags.js";
import { isBlank } from "./is-blank.js";
import type { Reading } from "./reading.js";
import { scanTags, type Tag } from "./scan-tags.js";

/** The thinking between the tags of a text. */
export interface FoundThinking {
  /** One thought a block, untrimmed. */
  readonly thoughts: readonly string[];
  /** Whether the last block has its closer. */
  readonly closed: boolean;
  /** Whether any block has. */
  readonly closerSeen: boolean;
  /** The text that follows it. */
  readonly behind: string;
}

interface Block {
  /** Null where a closer came without any opener. */
  readonly opener: Tag | null;
  /** Where its thought starts. */
  readonly start: number;
  /** Null where it never came. */
  readonly closer: Tag | null;
}

/** Reads the thinking of a text by its tags; null where it has no thinking tag. */
export function findThinking(text: string, reading: Reading): FoundThinking | null {
  const { flags } = reading;
  const tags = scanTags(text);
  const first = tags.findIndex((tag) => tag.kind === "think" || isCloser(tag));
  if (first === -1) return null;

  const { blocks, next } = readBlocks(text, tags, first, reading);
  const last = blocks.at(-1);
  if (last?.closer) blocks[blocks.length - 1] = { ...last, closer: findEnd(last.closer, tags.slice(next), flags) };
  if (blocks.length > 1) flags.add("several-thoughts");
  if (blocks.some(({ opener, closer }) => opener && closer && opener.family !== closer.family)) flags.add("mixed-tags");

  const closer = blocks.at(-1)?.closer ?? null;
  return {
    thoughts: blocks.map((block) => text.slice(block.start, block.closer?.start)),
    closed: closer !== null,
    closerSeen: blocks.some((block) => block.closer !== null),
    behind: closer === null ? "" : text.slice(closer.end),
  };
}

/** Reads the first block and those that follow it with only white space between; `next` is the index of the tag behind. */
function readBlocks(text: string, tags: readonly Tag[], first: number, { dialect, flags }: Reading) {
  const blocks: Block[] = [];
  let next = first;
  let opener = tags[next];
  if (opener && isCloser(opener)) {
    if (!dialect.openerInTemplate) flags.add("opener-missing");
    blocks.push({ opener: null, start: 0, closer: opener });
    opener = tags[++next];
  } else if (opener && !isBlank(text.slice(0, opener.start))) {
    flags.add("text-outside");
  }
  for (; opener?.kind === "think"; opener = tags[next]) {
    const before = blocks.at(-1)?.closer;
    if (before && !isBlank(text.slice(before.end, opener.start))) break;
    let start = opener.end;
    for (next++; repeats(opener, tags[next], text, start); next++) {
      flags.add("doubled-opener");
      start = tags[next]?.end ?? start;
    }
    while (next < tags.length && tags[next]?.kind !== "think-end") next++;
    blocks.push({ opener, start, closer: tags[next] ?? null });
    next++;
  }
  return { blocks, next };
}

/** Whether a tag is the same opener once more, with only white space before it. */
function repeats(opener: Tag, tag: Tag | undefined, text: string, start: number): boolean {
  return tag?.kind === "think" && tag.family === opener.family && isBlank(text.slice(start, tag.start));
}

/**
 * The closer that ends the thinking, given the last block's and the tags behind it. Thoughts may quote closers: with
 * an `<answer>` to come, the last closer before the last `<answer>` is the real one; without any, the first is.
 */
function findEnd(first: Tag, behind: readonly Tag[], flags: Set<Flag>): Tag {
  const answer = behind.findLastIndex((tag) => tag.kind === "answer");
  if (answer === -1) {
    if (behind.some(isCloser)) flags.add("several-closers");
    return first;
  }
  const answerEnd = behind.findIndex((tag, index) => index > answer && tag.kind === "answer-end");
  if (answerEnd !== -1 && behind.slice(answerEnd).some(isCloser)) flags.add("several-closers");
  const last = behind.slice(0, answer).findLast(isCloser);
  if (last !== undefined) flags.add("several-closers");
  return last ?? first;
}

function isCloser(tag: Tag): boolean {
  return tag.kind === "think-end";
}
