import { BESIDE, DECLINES, LEAD_INS, TURN } from "./declined-patterns.js";

/** In characters. A longer answer describes something, whatever it begins with. */
const TOO_LONG = 300;

/**
 * Whether an answer of under 300 characters does nothing but decline the task. Every sentence of it must decline or
 * go with a refusal; one sentence that could describe the picture makes it an answer.
 */
export function declinesTask(answer: string): boolean {
  if (answer.length >= 2 * TOO_LONG || [...answer].length >= TOO_LONG) return false;
  const kinds = plainWords(answer)
    .split(/[.!?;。！？；]+/)
    .map((sentence) => kindOf(sentence.trim()));
  return kinds.includes("declines") && !kinds.includes("describes");
}

function kindOf(sentence: string): "declines" | "beside" | "describes" {
  const words = withoutLeadIns(sentence);
  if (!DECLINES.some((pattern) => pattern.test(words))) return isBeside(words) ? "beside" : "describes";
  const turn = TURN.exec(words);
  if (turn === null) return "declines";
  const rest = withoutLeadIns(words.slice(turn.index + turn[0].length).trim());
  return isBeside(rest) ? "declines" : "describes";
}

function isBeside(words: string): boolean {
  return BESIDE.some((pattern) => pattern.test(words));
}

function withoutLeadIns(sentence: string): string {
  let words = sentence;
  for (;;) {
    const leadIn = LEAD_INS.find((pattern) => pattern.test(words));
    if (leadIn === undefined) return words;
    words = words.replace(leadIn, "");
  }
}

/** Small letters, no emphasis, single spaces, contractions written out: what the patterns are written against. */
function plainWords(answer: string): string {
  return answer
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/[*_#>`]/g, "")
    .replace(/\n+/g, ". ")
    .replace(/\s+/g, " ")
    .replace(/\bcan(?:'t| not)\b/g, "cannot")
    .replace(/\bwon't\b/g, "will not")
    .replace(/n't\b/g, " not")
    .replace(/'m\b/g, " am")
    .replace(/'re\b/g, " are")
    .replace(/'ll\b/g, " will")
    .replace(/'d\b/g, " would")
    .replace(/\b(that|it|this)'s\b/g, "$1 is")
    .replace(/\bunable\b/g, "not able");
}
