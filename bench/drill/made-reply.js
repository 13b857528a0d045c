// What a drill's server says to a request is decided by the request's id alone, so that anyone can tell afterwards
// whether the text beside an attempt is the one that was sent.
import { createHash } from "node:crypto";

const TAGS = {
  glm: { opener: "<think>", closer: "</think>", before: "<answer>", after: "</answer>" },
  kimi: { opener: "◁think▷", closer: "◁/think▷", before: "", after: "" },
};
/** One picture in so many gets a reply that is cut by its token budget. */
const CUT_EVERY = 23;

/** `content` as it is sent, `finishReason`, and what must be read from it: `thinking` and `answer` (null where cut). */
export function madeReply(id, dialect) {
  const [image = ""] = id.split("/");
  const { opener, closer, before, after } = TAGS[dialect];
  const thinking = `I look at ${id}. ${sentences(id, 24)}`;
  if (isCut(image)) return { content: `${opener}${thinking}`, finishReason: "length", thinking, answer: null };
  const answer = `For ${id} I see this. ${sentences(`answer ${id}`, 8)}`;
  const content = `${opener}${thinking}${closer}${before}${answer}${after}`;
  return { content, finishReason: "stop", thinking, answer };
}

export function isCut(image) {
  return chance(`cut ${image}`) < 1 / CUT_EVERY;
}

/** A number in [0, 1) that depends on the text alone. */
export function chance(text) {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}

function sentences(seed, count) {
  return Array.from({ length: count }, (_, at) => {
    const hex = createHash("sha256").update(`${seed} ${at}`).digest("hex");
    return `Part ${at} is ${hex.slice(0, 8)} beside ${hex.slice(8, 16)}, ${hex.slice(16, 21)}.`;
  }).join(" ");
}
