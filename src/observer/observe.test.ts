import assert from "node:assert/strict";
import { test } from "node:test";
import { makeColourTable } from "./measure/colour-table.js";
import { observe, wnidOf } from "./observe.js";
import { OBSERVER_DIALECTS, settle } from "./observer-options.js";
import { BLUE, GREEN, PAINTED, paint, RED } from "./painted.js";

const table = makeColourTable();
const describe = (wnid: string) =>
  ({
    n02123045: { wnid, lemmas: ["tabby"], gloss: "a cat mottled with black", path: ["n02121808"] },
    n02121808: { wnid, lemmas: ["domestic cat"], gloss: "any domesticated cat", path: [] },
  })[wnid] ?? null;
const decode = () => Promise.reject(new Error("not used here"));

interface Told {
  dialect?: string;
  voice?: string;
  wording?: number;
  wnid?: string | null;
}

function tell(name: keyof typeof PAINTED, { dialect = "glm", voice, wording = 1, wnid = null }: Told = {}): string {
  const settings = settle({ decode, describe, dialect, voice });
  return observe({ pixels: PAINTED[name](), wnid, wording, breakage: null }, settings, table);
}

const words = (text: string): number => text.split(/\s+/).filter((word) => /\w/.test(word)).length;
const split = (text: string): [string, string] => {
  const [thinking = "", answer = ""] = text.replace(/^(<think>|◁think▷)/, "").split(/<\/think>|◁\/think▷/);
  return [thinking, answer];
};

test("the text is true of the picture: colours that are there are named, others never", () => {
  for (const voice of ["steady", "hesitant", "terse"]) {
    for (let wording = 0; wording < 6; wording++) {
      const halves = tell("redLeftBlueRight", { voice, wording });
      assert.match(halves, /\bred\b/);
      assert.match(halves, /\bblue\b/);
      assert.doesNotMatch(halves, /green|yellow|purple|brown|greyscale/);
      const disc = tell("disc", { voice, wording });
      assert.match(disc, /red .*(centre|clear of every edge)/);
      assert.doesNotMatch(disc, /\bblue\b|\bgreen\b/);
      assert.match(tell("levelStripes", { voice, wording }), /level|horizontal/);
    }
  }
});

test("the same picture and seed give the same text, another seed other words, another picture another text", () => {
  for (const dialect of OBSERVER_DIALECTS) {
    assert.equal(tell("disc", { dialect }), tell("disc", { dialect }));
    assert.notEqual(tell("disc", { dialect }), tell("disc", { dialect, wording: 99 }));
    assert.notEqual(tell("disc", { dialect }), tell("noise", { dialect }));
  }
});

test("thinking and answer have the length of a thought and a summary, on plain pictures too", () => {
  for (const name of ["redLeftBlueRight", "disc", "noise", "gradient", "cornerPatch"] as const) {
    for (const dialect of ["glm", "kimi"]) {
      const [thinking, answer] = split(tell(name, { dialect, wnid: "n02123045" }));
      assert.ok(words(thinking) >= 220 && words(thinking) <= 620, `${name} ${dialect}: ${words(thinking)} thought`);
      assert.ok(words(answer) >= 90 && words(answer) <= 260, `${name} ${dialect}: ${words(answer)} answered`);
    }
  }
});

test("the terse voice is much shorter and uses other words", () => {
  const [steady, terse] = [tell("disc"), tell("disc", { voice: "terse" })];
  assert.ok(words(terse) < words(steady) / 2);
  assert.doesNotMatch(steady, /Mirror test/);
  assert.match(terse, /Mirror test/);
});

test("a given class is explained and said to be given, and an unknown one is passed over", () => {
  for (const dialect of OBSERVER_DIALECTS) {
    const text = tell("disc", { dialect, wnid: "n02123045" });
    assert.match(text, /tabby/);
    assert.match(text, /a cat mottled with black/);
    assert.match(text, /domestic cat/);
    assert.match(text, /not (seen|see)|didn't see/);
    assert.match(split(text)[1] || text, /given/);
  }
  assert.equal(tell("disc", { wnid: "n00000000" }), tell("disc"));
});

test("each dialect writes its own tags", () => {
  const glm = tell("disc");
  assert.match(glm, /^<think>[^<]+<\/think><answer>[^<]+<\|begin_of_box\|>[^<]+<\|end_of_box\|>[^<]+<\/answer>$/);
  assert.doesNotMatch(glm, /\*\*/);
  const kimi = tell("disc", { dialect: "kimi" });
  assert.match(kimi, /^◁think▷(Okay|Alright)[^◁]+◁\/think▷\*\*[^◁]+$/);
  assert.match(kimi, /\n- \*\*/);
  assert.match(tell("disc", { dialect: "think-tags" }), /^<think>\n[^<]+\n<\/think>\n\n[^<]+$/);
  assert.match(tell("disc", { dialect: "opener-in-template" }), /^[^<]+\n<\/think>\n\n[^<]+$/);
  assert.match(tell("disc", { dialect: "boxed" }), /^[^<{}]+\\boxed\{[^{}]+\}$/);
  assert.doesNotMatch(tell("disc", { dialect: "plain" }), /[<◁{]/);
});

test("no text holds a number that is none, a missing word or doubled punctuation", () => {
  const pictures = [
    ...Object.values(PAINTED),
    () => paint(7, 200, (x, y) => ((x + y) % 5 === 0 ? GREEN : y > 90 ? RED : BLUE)),
  ];
  for (const picture of pictures) {
    for (const voice of ["steady", "hesitant", "terse"]) {
      const settings = settle({ decode, describe, dialect: "plain", voice });
      for (let wording = 0; wording < 4; wording++) {
        const text = observe({ pixels: picture(), wnid: "n02123045", wording, breakage: null }, settings, table);
        assert.doesNotMatch(
          text,
          /undefined|NaN|null|Infinity|\[object| {2}|\.\.(?!\.)(?<!\.\.\.)| ,| \.|,,|\ba [aeiou]/,
        );
      }
    }
  }
});

test("the class comes from the image id alone", () => {
  assert.equal(wnidOf("n02123045_17/glm/k3f9a2-1/0a1b2c3d"), "n02123045");
  assert.equal(wnidOf("p-0123456789abcdef/glm/k3f9a2-1/0a1b2c3d"), null);
  assert.equal(wnidOf("n02123045/glm"), null);
  assert.equal(wnidOf("n02123045_x/glm"), null);
  assert.equal(wnidOf(null), null);
});
