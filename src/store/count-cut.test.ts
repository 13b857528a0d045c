import assert from "node:assert/strict";
import { test } from "node:test";
import { inTemporaryFolder, makeAsked, makeEnded, makeWriterOptions } from "../testing/index.js";
import { countCut, openStore } from "./index.js";

test("cut requests are counted over journals and segments; what is under way or in a batch file is not one", async () => {
  await inTemporaryFolder(async (root) => {
    const store = await openStore(root, { say: () => {}, seal: { rows: 2 } });
    const writer = await store.openWriter(makeWriterOptions());
    const ask = async (image: string, endpoint?: string) => {
      const attempt = writer.nextAttempt();
      await writer.asked({ ...makeAsked(image, attempt), ...(endpoint === undefined ? {} : { endpoint }) });
      return () => writer.ended(makeEnded(image, attempt));
    };
    const endLate = await ask("n02123045_1");
    await ask("n02123045_2");
    await ask("n02123045_3", "batch:requests.jsonl");
    assert.deepEqual(await countCut(store, new Set()), { glm: 2 });
    assert.deepEqual(await countCut(store, new Set([writer.id])), { glm: 0 });
    // The first journal is full with these, so the late end stands in the second.
    for (const image of ["n02123045_4", "n02123045_5"]) await (await ask(image))();
    await endLate();
    assert.deepEqual(await countCut(store, new Set()), { glm: 1 });
    await writer.close();
    assert.deepEqual(await countCut(store, new Set()), { glm: 1 });
    assert.deepEqual(await store.unanswered(), { glm: 2 });
  });
});

test("an attempt that ended before anything was asked makes up for no request that was cut", async () => {
  await inTemporaryFolder(async (root) => {
    const store = await openStore(root, { say: () => {} });
    const writer = await store.openWriter(makeWriterOptions());
    await writer.asked(makeAsked("n02123045_1", writer.nextAttempt()));
    const fault = { kind: "image-changed" as const, message: "another picture", body: null };
    const changed = { reply: null, fault, countsAsTry: true, preparedSha256: null };
    await writer.ended(makeEnded("n02123045_2", writer.nextAttempt(), changed));
    assert.deepEqual(await countCut(store, new Set()), { glm: 1 });
    await writer.close();
    assert.deepEqual(await countCut(store, new Set()), { glm: 1 });
  });
});
