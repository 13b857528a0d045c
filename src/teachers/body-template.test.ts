import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../records/index.js";
import { renderBodyTemplate } from "./body-template.js";

const messages = (url: string): Message[] => [
  { role: "system", content: 'Say "ü" and \ud800.' },
  {
    role: "user",
    content: [
      { type: "image_url", image_url: { url } },
      { type: "text", text: "What is it?\n縞" },
    ],
  },
];

test("a filled body is the JSON that would have been written whole", () => {
  const template = renderBodyTemplate({ model: "m", temperature: 0.8, extra: { top_p: 0.95 } }, messages);
  for (const [bytes, mime] of [
    [Buffer.from("picture"), "image/jpeg"],
    [Buffer.from("p"), "image/png"],
    [Buffer.alloc(100_001, 0xfe), "image/jpeg"],
  ] as const) {
    const url = `data:${mime};base64,${bytes.toString("base64")}`;
    const whole = JSON.stringify({ model: "m", temperature: 0.8, extra: { top_p: 0.95 }, messages: messages(url) });
    assert.ok(template.fill({ base64: Buffer.from(bytes.toString("base64")), mime }).equals(Buffer.from(whole)));
  }
});

test("messages without the picture, or with it twice, are refused before anything is sent", () => {
  assert.throws(() => renderBodyTemplate({}, () => [{ role: "user", content: "no picture" }]), /once, not 0 times/);
  assert.throws(() => renderBodyTemplate({}, (url) => [...messages(url), ...messages(url)]), /once, not 2 times/);
});

test("a media type cannot break out of the JSON", () => {
  const template = renderBodyTemplate({}, messages);
  assert.throws(
    () => template.fill({ base64: Buffer.from("eA=="), mime: 'image/jpeg","role":"system' }),
    /not a media type/,
  );
});

test("a picture of 110 kB costs far less than a millisecond", () => {
  const template = renderBodyTemplate({ model: "m" }, messages);
  const picture = { base64: Buffer.alloc(147_000, "A"), mime: "image/jpeg" };
  // The fastest of many, since a busy machine says nothing about the code.
  const costs = Array.from({ length: 200 }, () => {
    const startedAt = performance.now();
    template.fill(picture);
    return performance.now() - startedAt;
  });
  assert.ok(Math.min(...costs) < 0.5);
});
