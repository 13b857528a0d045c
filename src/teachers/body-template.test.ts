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

test("a body written round the picture's text is the same, and leaves the rest of the memory alone", () => {
  const template = renderBodyTemplate({ model: "m" }, messages);
  const room = 512;
  const memory = Buffer.alloc(2_000, "#");
  const base64 = memory.subarray(700, 700 + 12);
  base64.write("AAECAwQFBgcI");
  const picture = { base64, room, mime: "image/jpeg" };
  const copied = template.fill(picture);
  assert.equal(template.fitsRound(picture), true);
  const whole = template.fillRound(picture);
  assert.equal(whole.buffer, memory.buffer);
  assert.ok(whole.equals(copied));
  const start = whole.byteOffset - memory.byteOffset;
  assert.match(memory.toString("latin1", 0, start), /^#+$/);
  assert.match(memory.toString("latin1", start + whole.length), /^#+$/);
});

test("a room that is too small for what comes before or after the picture is not used", () => {
  const text = "x".repeat(300);
  const before = renderBodyTemplate({ text }, (url) => [{ role: "user", content: url }]);
  const after = renderBodyTemplate({}, (url) => [{ role: "user", content: url + text }]);
  for (const template of [before, after]) {
    const base64 = Buffer.alloc(1_000).subarray(400, 600);
    const picture = { base64, mime: "image/jpeg" };
    assert.equal(template.fitsRound({ ...picture, room: 300 }), false);
    assert.equal(template.fitsRound({ ...picture, room: 400 }), true);
    assert.equal(template.fitsRound(picture), false);
    assert.equal(template.fitsRound({ ...picture, base64: Buffer.from(new ArrayBuffer(8)), room: 400 }), false);
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
