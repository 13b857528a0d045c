import { isBlank } from "./is-blank.js";
import type { Reading } from "./reading.js";
import { scanTags } from "./scan-tags.js";

/** The answer in `behind`, the text that follows the thinking: the inside of the last `<answer>`, else all of it. */
export function findAnswer(behind: string, { dialect, cut, flags }: Reading): string {
  const tags = scanTags(behind);
  const openers = tags.filter((tag) => tag.kind === "answer");
  const opener = openers.at(-1);
  if (opener === undefined) {
    if (dialect.wantsAnswerTag && !cut) flags.add("no-answer-tag");
    return behind;
  }
  if (openers.length > 1) flags.add("several-answers");
  if (!isBlank(behind.slice(0, opener.start))) flags.add("text-outside");
  const closer = tags.find((tag) => tag.kind === "answer-end" && tag.start >= opener.end);
  if (closer === undefined) {
    if (!cut) flags.add("answer-not-closed");
  } else if (!isBlank(behind.slice(closer.end))) {
    flags.add("text-outside");
  }
  return behind.slice(opener.end, closer?.start);
}
