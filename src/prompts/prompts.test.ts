import assert from "node:assert/strict";
import { test } from "node:test";
import { UsageError } from "../records/index.js";
import { customPrompt, PROMPT_NAMES, promptNamed, renderMessages } from "./index.js";

const url = "data:image/jpeg;base64,AAAA";

test("the built-in prompt is the paper's text, picture first, without a system text", () => {
  assert.deepEqual(promptNamed("imagenet-think"), {
    name: "imagenet-think",
    version: 1,
    text: "Please analyze this image step by step. Explain your reasoning process. Describe this image and give as much information as possible.",
    system: null,
    imageFirst: true,
  });
  assert.deepEqual(PROMPT_NAMES, ["imagenet-think"]);
});

test("an unknown prompt name is a usage error that names the nearest one", () => {
  assert.throws(() => promptNamed("imagenet-thnik"), {
    name: "UsageError",
    message: 'prompt "imagenet-thnik" is not a built-in one; did you mean "imagenet-think"?',
  });
  assert.throws(() => promptNamed("zzz"), { message: 'prompt "zzz" is not a built-in one; known: imagenet-think' });
  assert.throws(() => promptNamed("__proto__"), UsageError);
});

test("a custom prompt keeps its texts as written and puts the picture first unless told", () => {
  assert.deepEqual(customPrompt({ text: " What is it?\n" }), {
    name: "custom",
    version: 1,
    text: " What is it?\n",
    system: null,
    imageFirst: true,
  });
  const told = customPrompt({ text: "What?", system: "Be brief.", imageFirst: false });
  assert.equal(told.system, "Be brief.");
  assert.equal(told.imageFirst, false);
});

test("a blank text is refused, because it would ask nothing of every picture", () => {
  assert.throws(() => customPrompt({ text: " \n" }), { name: "UsageError", message: /prompt\.text is blank/ });
  assert.throws(() => customPrompt({ text: "x", system: " " }), { name: "UsageError", message: /prompt\.system/ });
});

test("one user message holds the picture and the text, in the prompt's order", () => {
  const image = { type: "image_url", image_url: { url } };
  const text = { type: "text", text: "What?" };
  assert.deepEqual(renderMessages(customPrompt({ text: "What?" }), null, url), [
    { role: "user", content: [image, text] },
  ]);
  assert.deepEqual(renderMessages(customPrompt({ text: "What?", imageFirst: false }), null, url), [
    { role: "user", content: [text, image] },
  ]);
});

test("a system text comes first, and a model's own one stands in for the prompt's", () => {
  const prompt = customPrompt({ text: "What?", system: "Be brief." });
  assert.deepEqual(renderMessages(prompt, null, url)[0], { role: "system", content: "Be brief." });
  assert.deepEqual(renderMessages(prompt, "Think first.", url)[0], { role: "system", content: "Think first." });
  assert.equal(renderMessages(prompt, "Think first.", url).length, 2);
});
