import assert from "node:assert/strict";
import { test } from "node:test";
import { list, percent, shareInWords, withArticle } from "./number-words.js";

test("shares go by the fraction they are nearest to", () => {
  assert.equal(shareInWords(0.5), "about half");
  assert.equal(shareInWords(0.333), "about a third");
  assert.equal(shareInWords(0.25), "about a quarter");
  assert.equal(shareInWords(0.67), "about two thirds");
  assert.equal(shareInWords(0.005), "a trace");
  assert.equal(shareInWords(1), "practically all");
});

test("a share that is there never reads as nothing", () => {
  assert.equal(percent(0.001), "under 1%");
  assert.equal(percent(0), "0%");
  assert.equal(percent(0.336), "34%");
});

test("lists and articles read as English", () => {
  assert.equal(list([]), "");
  assert.equal(list(["red"]), "red");
  assert.equal(list(["red", "blue", "grey"]), "red, blue and grey");
  assert.equal(withArticle("orange patch"), "an orange patch");
  assert.equal(withArticle("navy strip"), "a navy strip");
});
