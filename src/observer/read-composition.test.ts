import assert from "node:assert/strict";
import { test } from "node:test";
import { makeColourTable } from "./measure/colour-table.js";
import { measurePicture } from "./measure/measure-picture.js";
import { PAINTED } from "./painted.js";
import { readComposition } from "./read-composition.js";

const table = makeColourTable();
const read = (name: keyof typeof PAINTED) => readComposition(measurePicture(PAINTED[name](), table));

test("a disc on a plain ground is read as one figure, and its edges bear that out", () => {
  const { kind, figure, ground, borneOut } = read("disc");
  assert.equal(kind, "figure");
  assert.equal(figure?.name, "red");
  assert.equal(ground?.name, "mid grey");
  assert.equal(borneOut, true);
});

test("two fields are read as halves with the seam they meet in", () => {
  assert.deepEqual([read("redLeftBlueRight").kind, read("redLeftBlueRight").seam], ["halves", "upright"]);
  assert.deepEqual([read("whiteOverGreen").kind, read("whiteOverGreen").seam], ["halves", "level"]);
  assert.equal(read("redLeftBlueRight").borneOut, true);
  assert.equal(read("whiteOverGreen").borneOut, true);
});

test("one tone is flat, an even run of tones a slope, the same detail everywhere all-over", () => {
  assert.equal(read("flat").kind, "flat");
  assert.equal(read("gradient").kind, "slope");
  assert.equal(read("noise").kind, "all-over");
  assert.equal(read("levelStripes").kind, "all-over");
});
