import type { Breakage, ObserverDialect } from "./observer-options.js";
import type { WrittenAnswer } from "./words/answer.js";

/** Puts thinking and answer into the tags of a dialect, or into a broken form of it. */
export function composeReply(
  thinking: string,
  answer: WrittenAnswer,
  dialect: ObserverDialect,
  breakage: Breakage | null,
): string {
  if (breakage === "empty") return "";
  const { before, short, after } = answer;
  const plain = `${before}${short}${after}`;
  if (breakage === "tags-stripped") return `${thinking}${plain}`;
  const { opener, closer, between } = TAGS[dialect];
  if (breakage === "unclosed") return `${opener}${thinking}`;
  const text =
    dialect === "glm"
      ? `<answer>${before}<|begin_of_box|>${short}<|end_of_box|>${after}</answer>`
      : dialect === "boxed"
        ? `\\boxed{${plain}}`
        : plain;
  return breakage === "no-think" ? text : `${opener}${thinking}${closer}${between}${text}`;
}

/** How each dialect marks its thinking; facts on the real models are in their model cards and serving code. */
const TAGS: Readonly<Record<ObserverDialect, { opener: string; closer: string; between: string }>> = {
  glm: { opener: "<think>", closer: "</think>", between: "" },
  kimi: { opener: "◁think▷", closer: "◁/think▷", between: "" },
  "think-tags": { opener: "<think>\n", closer: "\n</think>", between: "\n\n" },
  "opener-in-template": { opener: "", closer: "\n</think>", between: "\n\n" },
  boxed: { opener: "", closer: "", between: "\n\n" },
  plain: { opener: "", closer: "", between: "\n\n" },
};
