import type { ExportPair, ExportParts } from "../records/index.js";

const OPENER = "<think>\n";
const CLOSER = "\n</think>";
const GAP = "\n\n";

/**
 * Thinking and answer as one assistant text. These tags, with exactly this white space, are the form that TRL,
 * LLaMA-Factory and ms-swift all keep, and that reasoning templates know as theirs.
 */
export function composeText({ thinking, answer }: Pick<ExportPair, "thinking" | "answer">): string {
  if (thinking === null) return answer ?? "";
  const thought = OPENER + thinking + CLOSER;
  return answer === null ? thought : thought + GAP + answer;
}

/** Takes a composed text apart again. The parts must not have held the tags, which the export sees to. */
export function readText(text: string, parts: ExportParts): Pick<ExportPair, "thinking" | "answer"> {
  if (parts === "answer" || !text.startsWith(OPENER)) return { thinking: null, answer: text };
  if (parts === "thinking") return { thinking: text.slice(OPENER.length, -CLOSER.length), answer: null };
  const end = text.indexOf(CLOSER + GAP, OPENER.length - 1);
  return {
    thinking: text.slice(OPENER.length, end),
    answer: text.slice(end + CLOSER.length + GAP.length),
  };
}
