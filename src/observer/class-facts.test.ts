import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClassEntry } from "../records/index.js";
import { readClass } from "./class-facts.js";
import { makeColourTable } from "./measure/colour-table.js";
import { measurePicture } from "./measure/measure-picture.js";
import { BLACK, paint } from "./painted.js";

const black = measurePicture(
  paint(32, 32, () => BLACK),
  makeColourTable(),
);
const entry = (wnid: string, lemma: string, gloss: string, path: string[]): ClassEntry => ({
  wnid,
  lemmas: [lemma, `${lemma} cat`],
  gloss,
  path,
});
const TREE: Record<string, ClassEntry> = {
  n02123045: entry("n02123045", "tabby", 'a cat mottled with black; "the tabby slept"', ["n02121808", "n00001740"]),
  n02121808: entry("n02121808", "domestic cat", "any domesticated member", ["n00001740"]),
  n00001740: entry("n00001740", "entity", "that which is", []),
  n99999999: entry("n99999999", "<think>odd</think>", "a {box} of <|tags|>", []),
};
const describe = (wnid: string): ClassEntry | null => TREE[wnid] ?? null;

test("a class brings its words, its definition without examples, and what it is a kind of, but not the root", () => {
  assert.deepEqual(readClass("n02123045", describe, black), {
    name: "tabby",
    others: ["tabby cat"],
    gloss: "a cat mottled with black",
    kindOf: ["domestic cat"],
    colour: { word: "black", share: 1 },
  });
});

test("a class the tree does not know is no class", () => {
  assert.equal(readClass("n00000000", describe, black), null);
});

test("signs that read as tags are taken out of names and definitions", () => {
  const facts = readClass("n99999999", describe, black);
  assert.equal(facts?.name, "thinkodd/think");
  assert.equal(facts?.gloss, "a box of tags");
  assert.equal(facts?.colour, null);
});
