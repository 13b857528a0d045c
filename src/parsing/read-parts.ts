import { findAnswer } from "./find-answer.js";
import { findLastBox } from "./find-box.js";
import { findThinking } from "./find-thinking.js";
import { isBlank } from "./is-blank.js";
import type { Reading } from "./reading.js";
import { scanTags, withoutBoxTokens } from "./scan-tags.js";
import { stripTagPart } from "./strip-end.js";

/** How far a reply goes; its outcome follows from it. */
export type Extent =
  /** Nothing but white space. */
  | "nothing"
  /** Text without any thinking tag. */
  | "untagged"
  /** The server's reasoning field, and no content beside it. */
  | "reasoning-alone"
  /** A first thought that was never closed. */
  | "first-thought"
  /** A later thought that was never closed. */
  | "later-thought"
  /** The thinking is over. */
  | "answer";

export interface Parts {
  readonly extent: Extent;
  /** Trimmed; null where blank or absent. */
  readonly thinking: string | null;
  readonly answer: string | null;
}

/** Finds thinking and answer in the two fields of a reply, end-of-turn specials already taken off. */
export function readParts(content: string, reasoning: string, reading: Reading): Parts {
  // Only the field that was being written when the reply was cut can end in part of a tag.
  const whole = (text: string) => (reading.cut ? stripTagPart(text) : text);
  if (isBlank(reasoning)) return readText(whole(content), reading);
  if (isBlank(content)) {
    const text = whole(reasoning);
    if (!scanTags(text).some((tag) => tag.kind === "think-end")) return parts("reasoning-alone", text, "");
    reading.flags.add("split-undone");
    return readText(text, reading);
  }
  return parts("answer", reasoning, readAnswer(whole(content), reading));
}

/** Reads a text that holds both parts. */
function readText(text: string, reading: Reading): Parts {
  if (isBlank(text)) return parts("nothing", "", "");
  const found = findThinking(text, reading);
  if (found === null) return readUntagged(text, reading);
  // A blank thought among others leaves no gap behind.
  const thoughts = found.thoughts.map((thought) => thought.trim()).filter((thought) => thought !== "");
  const thinking = thoughts.join("\n\n");
  if (!found.closed) return parts(found.closerSeen ? "later-thought" : "first-thought", thinking, "");
  return parts("answer", thinking, readAnswer(found.behind, reading));
}

function readUntagged(text: string, reading: Reading): Parts {
  // The template wrote the opener, so what was cut before any closer is still the first thought.
  if (reading.cut && reading.dialect.openerInTemplate) return parts("first-thought", text, "");
  const box = reading.dialect.boxed ? findLastBox(text) : null;
  if (box === null) return parts("untagged", "", unbox(text, reading));
  if (!isBlank(box.after)) reading.flags.add("text-outside");
  return parts("untagged", box.before, unbox(box.inside, reading));
}

function readAnswer(behind: string, reading: Reading): string {
  const answer = findAnswer(behind, reading);
  const box = reading.dialect.boxed ? findLastBox(answer) : null;
  if (box === null) return unbox(answer, reading);
  // The thinking is known already, so words on either side of the box belong to neither part.
  if (!isBlank(box.before) || !isBlank(box.after)) reading.flags.add("text-outside");
  return unbox(box.inside, reading);
}

function unbox(answer: string, { flags }: Reading): string {
  const words = withoutBoxTokens(answer);
  if (words.length < answer.length) flags.add("boxed");
  return words;
}

function parts(extent: Extent, thinking: string, answer: string): Parts {
  return { extent, thinking: thinking.trim() || null, answer: answer.trim() || null };
}
