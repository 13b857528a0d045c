import assert from "node:assert/strict";
import { test } from "node:test";
import { colourIndex, makeColourTable, wordAt } from "./colour-table.js";
import { COLOUR_WORDS } from "./colour-words.js";

const table = makeColourTable();
const nameOf = (red: number, green: number, blue: number): string =>
  wordAt(table.word[colourIndex(red, green, blue)] ?? -1).name;

test("plain colours go by their plain names", () => {
  assert.equal(nameOf(255, 0, 0), "red");
  assert.equal(nameOf(0, 0, 255), "blue");
  assert.equal(nameOf(0, 0, 0), "black");
  assert.equal(nameOf(255, 255, 255), "white");
  assert.equal(nameOf(128, 128, 128), "mid grey");
  assert.equal(nameOf(255, 128, 0), "orange");
  assert.equal(nameOf(110, 70, 40), "brown");
});

test("every colour word names its own colour", () => {
  for (const { name, rgb } of COLOUR_WORDS) assert.equal(nameOf(...rgb), name);
});

test("warm and cool hues are told apart, and greys are neither", () => {
  const warmth = (red: number, green: number, blue: number) => table.warmth[colourIndex(red, green, blue)];
  assert.equal(warmth(220, 120, 40), 1);
  assert.equal(warmth(220, 60, 80), 1);
  assert.equal(warmth(40, 90, 200), 2);
  assert.equal(warmth(30, 160, 150), 2);
  assert.equal(warmth(120, 120, 120), 0);
});
