import assert from "node:assert/strict";
import { test } from "node:test";
import { dump, load } from "js-yaml";
import { countOutcomes } from "../records/index.js";
import { writeCard } from "./card.js";
import type { CardFacts, CardModel } from "./card-facts.js";

const GLM: CardModel = {
  name: "glm",
  role: "teacher",
  model: "zai-org/GLM-4.1V-9B-Thinking",
  revision: null,
  dialect: "glm",
  system: null,
  sampling: { max_tokens: 8192, temperature: 0.8 },
  observer: false,
  outcomes: { ...countOutcomes(), answered: 231, truncated: 4, unparsed: 3, failed: 2 },
};
const KIMI: CardModel = {
  ...GLM,
  name: "kimi",
  model: "moonshotai/Kimi-VL-A3B-Thinking-2506",
  revision: "abc123",
  outcomes: { ...countOutcomes(), answered: 230, missing: 10 },
};
const FACTS: CardFacts = {
  name: "my-think-set",
  run8: "0badcafe",
  toolVersion: "1.2.3",
  licence: "CC BY 4.0",
  prompt: { name: "imagenet-think", version: 1, text: "Please analyze this image.", system: null, imageFirst: true },
  models: [GLM, KIMI],
  images: 240,
  sample: {
    drawnAs: { size: 240, perClass: null, seed: 1 },
    catalog: 960,
    outsideClasses: 12,
    notDrawn: 716,
    rejected: { undecodable: 3, "too-small": 1 },
    shortClasses: 2,
  },
  gate: { minSide: 224, maxPixels: 16_777_216, blur: null, blank: null },
  people: { policy: "review", marked: 6, included: false },
  classes: { list: "all", perClass: { classes: 40, min: 5, mean: 6, max: 7 }, withoutClass: 0, wordnet: "3.0" },
  sources: [{ kind: "folder", credits: "Tabby cat: Stefan van der Walt, CC0\n```\n# not a heading" }],
  export: {
    format: "huggingface",
    teachers: ["glm", "kimi"],
    withPixels: false,
    pictures: 234,
    pairs: 449,
    heldBack: { "the picture is marked for review": 12 },
    parts: "both",
    thinking: null,
    splits: ["train"],
    isWide: false,
    composes: false,
    pairsBySplit: { train: 449 },
    escaped: 0,
    lengths: { tokenizer: "a-model/tokenizer.json", exact: true, longest: 3_000, cuts: [{ limit: 1_024, pairs: 17 }] },
  },
};

test("the card says what was asked of whom, with unknown revisions as unknown", () => {
  const { text } = writeCard(FACTS);
  assert.match(text, /```text\nPlease analyze this image\.\n```/);
  assert.match(text, /\| `glm` \| teacher \| `zai-org\/GLM-4.1V-9B-Thinking` \| unknown \|/);
  assert.match(text, /\| `kimi` .* \| `abc123` \|/);
  assert.match(text, /"temperature": 0\.8/);
});

test("every outcome is counted by model, missing too, and what was left out adds up to all cells", () => {
  const { text } = writeCard(FACTS);
  assert.match(text, /\| `glm` \| 240 \| 231 \| 4 \| 3 \| 0 \| 2 \| 0 \|/);
  assert.match(text, /\| `kimi` \| 240 \| 230 \| 0 \| 0 \| 0 \| 0 \| 10 \|/);
  assert.match(text, /The run is not finished:\*\* 10 cells are missing/);
  assert.match(text, /\| left out: answered, but the picture is marked for review \| 12 \|/);
  assert.match(text, /That is all 480 cells/);
});

test("numbers that do not add up are said, not hidden", () => {
  const wrong = {
    ...FACTS,
    export: { ...FACTS.export, pairs: 440 },
    models: [GLM, { ...KIMI, outcomes: GLM.outcomes }],
  };
  assert.match(writeCard(wrong).text, /are not accounted for/);
  const short = { ...GLM, outcomes: { ...GLM.outcomes, answered: 200 } };
  assert.match(writeCard({ ...FACTS, models: [short, KIMI] }).text, /outcomes of glm add up to 209/);
});

test("pictures, classes, people, gate and credits are told, credits word for word", () => {
  const { text } = writeCard(FACTS);
  assert.match(text, /40 classes, 5 to 7 pictures a class, 6\.0 on average/);
  assert.match(text, /\| drawn and turned away \| 4 \|/);
  assert.match(text, /6 pictures of the sample are marked and are not in this export/);
  assert.match(text, /````text\nTabby cat: Stefan van der Walt, CC0\n```\n# not a heading\n````/);
  assert.match(text, /image_sha256/);
});

test("text of the built-in observer is marked loudly", () => {
  assert.doesNotMatch(writeCard(FACTS).text, /Not written by a model/);
  const card = writeCard({ ...FACTS, models: [{ ...GLM, observer: true }, KIMI] });
  assert.match(card.text, /> \*\*Not written by a model\.\*\* All text under `glm` was made by the built-in observer/);
  assert.deepEqual(card.fields.tags, ["imagenet-think", "reasoning", "vision-language", "observer"]);
});

test("licences map to the hub's ids, others get a name, and none is unknown", () => {
  const licence = (said: string | null) => {
    const { license, license_name, license_link } = writeCard({ ...FACTS, licence: said }).fields;
    return [license, license_name, license_link];
  };
  assert.deepEqual(licence("CC BY 4.0"), ["cc-by-4.0", undefined, undefined]);
  assert.deepEqual(licence("CC0"), ["cc0-1.0", undefined, undefined]);
  assert.deepEqual(licence("Apache-2.0"), ["apache-2.0", undefined, undefined]);
  assert.deepEqual(licence("Our house: v2"), ["other", "our-house-v2", undefined]);
  assert.deepEqual(licence("https://example.org/l"), ["other", "https-example.org-l", "https://example.org/l"]);
  assert.deepEqual(licence("許諾"), ["other", "stated-in-this-card", undefined]);
  assert.deepEqual(licence(null), ["unknown", undefined, undefined]);
});

test("nothing from outside becomes markup", () => {
  const hostile = "a|b`c\n# d\n---\n<img src=x onerror=alert(1)> [x](http://y) \u202e\0 *e*";
  const card = writeCard({
    ...FACTS,
    name: hostile,
    licence: hostile,
    prompt: { ...FACTS.prompt, name: hostile, text: "```\n</p><script>\n````" },
    models: [{ ...GLM, model: hostile, revision: hostile, sampling: { stop: "\n```\n# x" } }],
    classes: { ...FACTS.classes, list: hostile },
    export: { ...FACTS.export, teachers: ["glm"], heldBack: { [hostile]: 1 } },
  });
  const outside = withoutFences(card.text);
  assert.doesNotMatch(outside, /(?<!\\)<(?!wnid>|file>)[a-z/]/);
  assert.doesNotMatch(outside, /(?<!\\)\[x|\0|\u202e/);
  assert.deepEqual([...outside.matchAll(/^#{1,6} .*/gm)].map(([line]) => line.slice(0, 12)).length, 9);
  for (const line of outside.split("\n").filter((line) => line.startsWith("| "))) assert.match(line, /\|$/);
  assert.deepEqual(load(dump(card.fields)), card.fields);
  assert.doesNotMatch(String(card.fields.pretty_name), /[\n\0]/);
});

test("the same facts give the same card", () => {
  assert.deepEqual(writeCard(FACTS), writeCard(structuredClone(FACTS)));
});

function withoutFences(text: string): string {
  return text.replace(/^(`{3,})[a-z]*\n[\s\S]*?\n\1$/gm, "");
}
