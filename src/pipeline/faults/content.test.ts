import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Pair } from "../../records/index.js";
import { type Behaviour, chatStream, jsonResponse, runProgram, startScriptedModel } from "../../testing/index.js";
import { eachPicture } from "./each-picture.js";
import { inOneStart } from "./one-start.js";
import { faultKinds } from "./run-folder.js";

const PICTURES = 12;

/** What a model says, as the fields of its message; streamed where it is content alone. */
interface Said {
  readonly content: string | null;
  readonly reasoning?: string;
  readonly reasoning_content?: string;
  /** `stop` where left out. */
  readonly finish?: string;
}

/** What must become of it; a field left out is not looked at. */
type Read = Partial<Pick<Pair, "outcome" | "reason" | "thinking" | "answer" | "flags">>;

function send({ content, finish = "stop", ...reasoning }: Said): Behaviour {
  if (content !== null && Object.keys(reasoning).length === 0) {
    const middle = Math.floor(content.length / 2);
    return chatStream([content.slice(0, middle), content.slice(middle)], { finishReason: finish });
  }
  return jsonResponse({
    id: "c",
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content, ...reasoning }, finish_reason: finish }],
    usage: { prompt_tokens: 7, completion_tokens: 3 },
  });
}

const ANSI = "\u001b[2J\u001b]8;;http://evil.example/\u0007";
const INJECTION = `</think></script><script>fetch("//evil.example")</script><img src=x onerror=alert(1)> Reviewer: press 1. ${ANSI}`;
const shown = { show: "", report: "", utf8: Buffer.alloc(0) };

const start = inOneStart({
  recipe: { sample: { size: PICTURES, seed: 1 }, people: "keep" },
  inspect: async (out) => {
    const [image = ""] = p9.pictures();
    shown.show = (await runProgram(["show", out, image])).stdout;
    assert.equal((await runProgram(["report", out])).code, 0);
    shown.report = await readFile(join(out, "reports", "report.html"), "utf8");
    const to = join(out, "..", "export");
    const exported = await runProgram(["export", out, "--format", "jsonl", "--to", to, "--escape"]);
    assert.equal(exported.code, 0, exported.stderr);
    shown.utf8 = await readFile(join(to, "pairs.jsonl"));
  },
});

/** A teacher that says each of these about a picture of its own. Gives a check that all were kept and read as they should be. */
async function model(name: string, cases: readonly (readonly [Said, Read])[]) {
  const pictures = eachPicture(
    Array.from({ length: PICTURES }, (_, place) => send(cases[place]?.[0] ?? { content: "<think>a</think>b" })),
  );
  const ran = start.teacher(name, await startScriptedModel(pictures.script));
  return {
    pictures: () => cases.map((_, place) => pictures.picture(place)),
    async check() {
      const { exitCode, said, pairs, ended } = await ran();
      assert.equal(exitCode, 0, said);
      for (const [place, [sent, expected]] of cases.entries()) {
        const image = pictures.picture(place);
        const pair = pairs.find((each) => each.image === image);
        const { reply } = ended.find((each) => each.image === image) ?? {};
        const about = JSON.stringify(sent).slice(0, 200);
        assert.ok(pair && reply, about);
        // Whatever is made of it, what was sent is kept.
        assert.equal(reply.content, sent.content, about);
        assert.equal(reply.reasoning, sent.reasoning ?? sent.reasoning_content ?? null, about);
        for (const [field, value] of Object.entries(expected)) {
          assert.deepEqual(pair[field as keyof Pair], value, `${field} of ${about}`);
        }
      }
      return { pairs, ended };
    },
  };
}

const answered = (thinking: string, answer: string, flags: readonly string[] = []): Read => ({
  ...{ outcome: "answered", reason: null, thinking, answer, flags },
});
const unparsed = (reason: string, parts: Partial<Read> = {}): Read => ({ outcome: "unparsed", reason, ...parts });

const p1 = await model("p1", [
  [
    { content: "<think>Stripes, so", finish: "length" },
    { outcome: "truncated", reason: "cut-in-thinking", thinking: "Stripes, so", answer: null },
  ],
  [
    { content: "<think>Stripes.</think><answer>A ca", finish: "length" },
    { outcome: "truncated", reason: "cut-in-answer", thinking: "Stripes.", answer: "A ca" },
  ],
]);

test("P1: a thought that was cut off is truncated, its thinking kept, and no answer made up", async () => {
  await p1.check();
});

const p2 = await model("p2", [
  [{ content: "Stripes.</think><answer>A cat.</answer>" }, answered("Stripes.", "A cat.", ["opener-missing"])],
]);

test("P2: a closer alone is split at the right place, and flagged", async () => {
  await p2.check();
});

const p3 = await model("p3", [
  [{ content: "<think>a</think>\n<think>b</think><answer>x</answer>" }, answered("a\n\nb", "x", ["several-thoughts"])],
  [
    { content: "<think>a</think> b</think><answer>x</answer>" },
    { outcome: "answered", answer: "x", flags: ["several-closers"] },
  ],
  [{ content: "<think>a <think> b</think><answer>x</answer>" }, answered("a <think> b", "x")],
  [{ content: "<think><think>a</think><answer>x</answer>" }, answered("a", "x", ["doubled-opener"])],
  [{ content: "<THINK>a</Think><ANSWER>x</Answer>" }, answered("a", "x")],
  [{ content: "< think >a</ think ><answer>x</answer>" }, unparsed("no-thinking")],
  [
    { content: "<think>a</think><answer>It closes with </think> here.</answer>" },
    answered("a", "It closes with </think> here."),
  ],
  [{ content: "◁think▷a</think><answer>x</answer>" }, answered("a", "x", ["mixed-tags"])],
]);

test("P3: several, nested, upper-case, spaced and quoted tags follow the contract's rules", async () => {
  await p3.check();
});

const p4 = await model("p4", [
  [{ content: "<answer>x</answer>", reasoning: "a" }, answered("a", "x")],
  [{ content: "<answer>x</answer>", reasoning_content: "a" }, answered("a", "x")],
  [{ content: null, reasoning: "a" }, unparsed("answer-missing", { thinking: "a", answer: null })],
  [
    { content: null, reasoning: "<think>a</think><answer>x</answer>" },
    { outcome: "answered", thinking: "a", answer: "x" },
  ],
]);

test("P4: thinking in a field of its own, under either name, gives the same record; null content is said", async () => {
  await p4.check();
});

const p5 = await model("p5", [
  [{ content: "" }, unparsed("empty", { thinking: null, answer: null })],
  [{ content: " \n\t " }, unparsed("empty")],
  [{ content: "<think></think><answer>x</answer>" }, unparsed("empty-thinking", { thinking: null, answer: "x" })],
  [{ content: "<think>a</think><answer> </answer>" }, unparsed("empty-answer", { thinking: "a", answer: null })],
  [{ content: "<think></think><answer></answer>" }, unparsed("empty-thinking", { thinking: null, answer: null })],
]);

test("P5: empty thinking, an empty answer, white space and bare tags are told apart", async () => {
  await p5.check();
});

const LOOP = "and a cat ".repeat(200);
const p6 = await model("p6", [
  [
    { content: `<think>${LOOP}`, finish: "length" },
    { outcome: "truncated", reason: "cut-in-thinking", flags: ["loop"] },
  ],
  [
    { content: `<think>a</think><answer>${LOOP}`, finish: "repetition" },
    { outcome: "truncated", reason: "repetition", flags: ["loop"] },
  ],
]);

test("P6: repetition up to the limit is flagged, so that it can be counted", async () => {
  const { pairs } = await p6.check();
  assert.equal(pairs.filter(({ flags }) => flags.includes("loop")).length, 2);
});

const AWKWARD = [
  "它是一只猫。",
  "هذه قطة على السرير",
  "🐈‍⬛ na\u0308ive ﷽",
  "\ud83d alone, and \udc00",
  "NUL \u0000 and bell \u0007",
  "\ufeffmark\u2028 inside",
];
const p7 = await model("p7", [
  [
    { content: "<think>a</think><answer>I'm sorry, but I can't help with that.</answer>" },
    { outcome: "refused", reason: "declined" },
  ],
  ...AWKWARD.map((text) => [{ content: `<think>a ${text} b</think><answer>x ${text} y</answer>` }, {}] as const),
]);

test("P7: refusals are told apart; any language and any code unit is kept, and goes out as valid UTF-8", async () => {
  const { pairs } = await p7.check();
  for (const [place, text] of AWKWARD.entries()) {
    const pair = pairs.find(({ image }) => image === p7.pictures()[place + 1]);
    assert.deepEqual([pair?.outcome, pair?.thinking, pair?.answer], ["answered", `a ${text} b`, `x ${text} y`]);
  }
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(shown.utf8);
  const rows = text
    .trim()
    .split("\n")
    .map((line) => JSON.stringify(JSON.parse(line)));
  assert.ok(rows.some((row) => row.includes("它是一只猫。")) && rows.some((row) => row.includes("﷽")));
  assert.ok(!/\\ud[89a-f]/i.test(rows.join("")), "a lone surrogate went out");
});

const RECORD = `{"id":"n02123045_1","event":"ended","attempt":"x-1","crc":"00000000"}`;
const p8 = await model("p8", [
  [{ content: `<think>a</think><answer>x\n${RECORD}\n</answer>` }, answered("a", `x\n${RECORD}`)],
  [
    { content: `<think>a</think><answer>\`\`\`json\n${RECORD}\n\`\`\`</answer>` },
    answered("a", `\`\`\`json\n${RECORD}\n\`\`\``),
  ],
]);

test("P8: text that looks like a record of ours is text", async () => {
  const { ended } = await p8.check();
  assert.equal(ended.length, PICTURES);
});

const p9 = await model("p9", [
  [{ content: `<think>a</think><answer>${INJECTION}</answer>` }, { outcome: "answered", answer: INJECTION.trim() }],
]);

test("P9: an answer that gives orders, markup or terminal controls is shown as inert text", async () => {
  await p9.check();
  assert.match(shown.show, /Reviewer: press 1/);
  assert.ok(!shown.show.includes("\u001b") && !shown.show.includes("\u0007"));
  assert.match(shown.report, /Reviewer: press 1/);
  assert.ok(!shown.report.includes("<script>fetch(") && !shown.report.includes("<img src=x"));
});

const p10 = await model("p10", [
  [
    { content: "<think>a</think><answer>x", finish: "content_filter" },
    { outcome: "refused", reason: "content-filter", thinking: "a", answer: "x" },
  ],
  [
    { content: "<think>a</think><answer>x</answer>", finish: "tired" },
    { outcome: "failed", reason: "unknown-finish-reason", thinking: null, answer: null },
  ],
]);

test("P10: a content filter and an unknown finish reason have outcomes of their own", async () => {
  const { pairs, ended } = await p10.check();
  assert.equal(pairs.filter(({ outcome }) => outcome === "answered").length, PICTURES - 2);
  assert.deepEqual(faultKinds({ ended }), Array(3).fill("unknown-finish-reason"));
});
