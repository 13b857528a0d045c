import assert from "node:assert/strict";
import { test } from "node:test";
import { mediaPath } from "./media-files.js";

test("a picture keeps its own name where every reader takes it for a picture's, else it gets its id", () => {
  const pathOf = (fileName: string) => mediaPath({ id: "n1_2", fileName });
  for (const own of ["n1/n1_2.JPEG", "a b/é – ½.jpg", "x'y.png"]) assert.equal(pathOf(own), own);
  for (const other of [
    "a:b.jpg",
    "$HOME/a.jpg",
    "../a.jpg",
    ".a.jpg",
    "a//b.jpg",
    "a.txt",
    "a\nb.jpg",
    `${"é".repeat(120)}.jpg`,
  ]) {
    assert.equal(pathOf(other), "n1_2.jpg", other);
  }
});
