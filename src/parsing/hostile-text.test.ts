import assert from "node:assert/strict";
import { test } from "node:test";
import { DIALECT_NAMES, type DialectName, OUTCOMES } from "../records/index.js";
import { FLAGS, parseReply, type ReplyText } from "./index.js";
import { TAGS } from "./tags.js";

const MEGABYTE = 1_000_000;
const LIMIT_MS = 1000;

const fill = (unit: string, length = MEGABYTE) => unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
const half = MEGABYTE / 2;

/** Texts that turn back-tracking or repeated searching quadratic. */
const HOSTILE: Readonly<Record<string, string>> = {
  "openers without closers": fill("<think>"),
  "mixed openers": fill("<think>◁think▷[THINK]<thinking>"),
  "openers with white space": fill("<think> \n"),
  closers: fill("</think>"),
  "closers, then an answer": `${fill("</think> a ")}<answer>x`,
  "many small blocks": fill("<think>a</think>\n"),
  "blocks with openers inside": fill("<think><think>a<think></think>"),
  "answers without end": `<think>x</think>${fill("<answer>")}`,
  "answer pairs": `<think>x</think>${fill("<answer>a</answer>")}`,
  "answers and closers": `<think>x</think>${fill("<answer></think>")}`,
  "answer ends": `<think>x</think><answer>${fill("</answer>")}`,
  boxes: fill("\\boxed{"),
  "closed boxes": fill("\\boxed{a}"),
  "nested boxes": fill("\\boxed{", half) + fill("}", half),
  braces: `\\boxed{${fill("{")}`,
  "closing braces": `\\boxed{a${fill("}")}`,
  backslashes: `\\boxed{${fill("\\")}}`,
  "box tokens": `<think>x</think>${fill("<|begin_of_box|>a<|end_of_box|>")}`,
  "halves of tags": fill("<thin"),
  "starts of tags": fill("<"),
  triangles: fill("◁"),
  "triangles with slashes": fill("◁/think"),
  "box starts": fill("<|begin_of_"),
  "white space": fill(" \n\t"),
  "white space after an opener": `<think>${fill(" ")}`,
  "white space between blocks": `<think>a</think>${fill(" ")}b`,
  "end-of-turn specials": fill("</s> <|user|>\n"),
  "white space before the end": `a${fill(" ")}</s>`,
  "one letter": fill("a"),
  "one letter, copied": `<think>${fill("a", 2 * (MEGABYTE / 3))}</think>b${fill("a", MEGABYTE / 3)}`,
  "one letter, copied but for the end": `<think>${fill("a", half)}</think>${fill("a", half / 2)}b`,
  "one letter, copied but for the middle": `<think>${fill("a", half)}</think>${fill("a", half / 4)}b${fill("a", half / 4)}`,
  "almost the same words": `<think>${fill("ab", half)}</think>${fill("ab", half / 2)}aab`,
  "a long unit": fill(`${fill("ab", 399)}c`),
  "a long unit, not quite": `c${fill("a", 360)}${fill(`${fill("ab", 399)}c`, 3600)}`,
  "short lines in two scripts": fill("图\na "),
  "long lines in two scripts": fill(`${fill("图", 49)}\n${fill("a ", 98)}\n`),
  "one line in two scripts": fill("图a "),
  newlines: `图${fill("\n")}a`,
  "letters that change length in lower case": `${fill("İ")}</THINK>x`,
  "replacement characters": fill("\uFFFD"),
  "half surrogates": fill("\uD840"),
  apologies: fill("I'm sorry, but "),
};

function assertQuick(name: string, reply: ReplyText, dialect: DialectName): void {
  // Processor time, because a busy machine is no fault of the reader.
  const start = process.cpuUsage();
  parseReply(reply, dialect);
  const { user, system } = process.cpuUsage(start);
  const tookMs = (user + system) / 1000;
  assert.ok(tookMs < LIMIT_MS, `${name}: ${Math.round(tookMs)} ms`);
}

for (const dialect of DIALECT_NAMES) {
  test(`1 MB of hostile text is read well under a second: ${dialect}`, () => {
    for (const [name, text] of Object.entries(HOSTILE)) {
      assertQuick(name, { content: text, finishReason: "stop" }, dialect);
    }
  });
}

test("hostile text is read as quickly from the reasoning field, from both, and where it was cut", () => {
  for (const [name, text] of Object.entries(HOSTILE)) {
    assertQuick(`${name}, as reasoning`, { reasoning: text, finishReason: "length" }, "glm");
    assertQuick(`${name}, as both`, { content: text, reasoning: text, finishReason: "length" }, "boxed");
  }
});

/** Mulberry32: a small seeded generator, so that a failure can be repeated. */
function seeded(seed: number): (choices: number) => number {
  let state = seed;
  return (choices) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % choices;
  };
}

const PIECES = [
  ...TAGS.flatMap(({ text }) => [text, text, text.toUpperCase(), text.slice(0, -1)]),
  ..."<|user|> </s> [EOS] <|endoftext|> \\boxed{ { } İ K \uFFFD \uD840 图 a word 42".split(" "),
  ...[" ", "\n", "\u00a0", "\u0000", "\uFEFF", "I can't help with that.", "x".repeat(120), "图".repeat(60)],
];

const REASONS: Readonly<Record<string, readonly (string | null)[]>> = {
  answered: [null],
  truncated: ["cut-in-thinking", "cut-in-answer", "repetition"],
  unparsed: ["empty", "answer-missing", "thinking-not-closed", "no-thinking", "empty-thinking", "empty-answer"],
  refused: ["declined", "content-filter"],
  failed: ["incomplete", "unknown-finish-reason"],
};

test("any mixture of tags, words and white space gives a well-formed reading", () => {
  const random = seeded(20);
  const pick = <T>(choices: readonly T[]) => choices[random(choices.length)];
  const text = () => Array.from({ length: random(12) }, () => pick(PIECES)).join("");
  const endings = ["stop", "stop", "length", "repetition", "content_filter", "imported", "abort", null, "vibes"];
  for (let round = 0; round < 20_000; round++) {
    const reply: ReplyText = {
      content: random(8) === 0 ? null : text(),
      reasoning: random(3) === 0 ? text() : null,
      finishReason: pick(endings),
    };
    const dialect = pick(DIALECT_NAMES) ?? "auto";
    const parsed = parseReply(reply, dialect);
    const told = JSON.stringify({ dialect, reply, parsed });
    assert.ok(OUTCOMES.includes(parsed.outcome), told);
    assert.ok(REASONS[parsed.outcome]?.includes(parsed.reason), told);
    for (const part of [parsed.thinking, parsed.answer]) {
      assert.ok(part === null || (part !== "" && part === part.trim()), told);
    }
    if (parsed.outcome === "answered") assert.ok(parsed.answer !== null, told);
    if (parsed.outcome === "failed") assert.ok(parsed.thinking === null && parsed.answer === null, told);
    assert.deepEqual(parsed.flags, [...new Set(parsed.flags)].sort(), told);
    for (const flag of parsed.flags) assert.ok((FLAGS as readonly string[]).includes(flag), told);
    if (parsed.outcome === "truncated") {
      assert.ok(!parsed.flags.includes("answer-not-closed") && !parsed.flags.includes("no-answer-tag"), told);
    }
  }
});
