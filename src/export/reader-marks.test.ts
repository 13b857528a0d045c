import assert from "node:assert/strict";
import { test } from "node:test";
import { composeText, readText } from "./compose-text.js";
import { escapeMarks, findMark } from "./reader-marks.js";

test("tags of the wrapper, marks of pictures and special tokens are found wherever they stand", () => {
  for (const mark of [
    "<think>",
    "</think>",
    "</THINK>",
    "◁think▷",
    "◁/think▷",
    "<image>",
    "<video>",
    "<audio>",
    "<|im_end|>",
    "<|endoftext|>",
    "<|image_pad|>",
    "<|begin_of_box|>",
    "<｜end▁of▁sentence｜>",
    "</s>",
    "<end_of_turn>",
    "<IMG_CONTEXT>",
    "[INST]",
  ]) {
    assert.equal(findMark(`so ${mark} then`), mark, mark);
    assert.equal(findMark(escapeMarks(`so ${mark}${mark} then`)), null, mark);
  }
});

test("ordinary text, HTML among it, is no mark and stays as it is", () => {
  for (const text of ["a < b and c > d", "<img src=x>", "|<>|", "<b>bold</b>", "think", "images: <3", "x[0] [1]"]) {
    assert.equal(findMark(text), null, text);
    assert.equal(escapeMarks(text), text);
  }
  assert.equal(escapeMarks("a <image> b"), "a &#60;image> b");
});

test("looking for marks takes time in proportion to the text", () => {
  const started = process.cpuUsage();
  findMark("<|".repeat(500_000));
  findMark(`<${"row_1".repeat(200_000)}`);
  assert.ok(process.cpuUsage(started).user < 1_000_000);
});

test("a composed text comes apart into what it was made of", () => {
  const cases = [
    { thinking: "a\n\nb", answer: "c" },
    { thinking: null, answer: "only" },
    { thinking: "\n", answer: "\n\n" },
  ];
  for (const parts of cases) assert.deepEqual(readText(composeText(parts), "both"), parts);
  assert.equal(composeText({ thinking: "a", answer: "b" }), "<think>\na\n</think>\n\nb");
  const thought = { thinking: "a", answer: null };
  assert.deepEqual(readText(composeText(thought), "thinking"), thought);
});
