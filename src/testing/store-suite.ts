import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { BATCH_ENDPOINT, type Ended, type Store, type Verdict } from "../records/index.js";
import {
  collect,
  makeAsked,
  makeEnded,
  makeHeader,
  makeReply,
  makeSampleImage,
  makeTally,
  makeVerdict,
  makeWriterOptions,
} from "./store-fixtures.js";

/** Texts that storage tends to lose: a lone surrogate, NUL, an emoji, our own line format, a byte order mark. */
export const AWKWARD_TEXTS: readonly string[] = [
  "\ud83d alone, and \udc00",
  "NUL \u0000 and bell \u0007",
  "🐈‍⬛ na\u0308ive ﷽",
  '","crc":"00000000"}\n{"id":"n1_1","event":"ended"',
  '","reply":null,"reply":{"finishReason":"stop"}}',
  "\ufeffbyte order mark\r\n\u2028",
  "",
];

/** What every store must do. `make` gives an empty one. */
export function storeSuite(name: string, make: () => Promise<Store>): void {
  describe(name, () => {
    test("an empty store has no run, no sample and no attempts", async () => {
      const store = await make();
      assert.equal(await store.readHeader(), null);
      assert.equal(await store.readSample(), null);
      assert.equal(await store.readSampleFacts(), null);
      assert.deepEqual(await store.readRejected(), []);
      assert.deepEqual(await store.writers(), []);
      assert.deepEqual(await collect(store.endings("glm")), []);
      assert.deepEqual(await store.unanswered(), {});
    });

    test("a header is read back, may grow, and is never replaced by another run's", async () => {
      const store = await make();
      await store.writeHeader(makeHeader());
      await store.writeHeader(makeHeader({ licence: "CC-BY-4.0" }));
      assert.deepEqual(await store.readHeader(), makeHeader({ licence: "CC-BY-4.0" }));
      await assert.rejects(store.writeHeader(makeHeader({ run8: "ffffffff" })), { name: "UserError" });
    });

    test("verdicts of several starts give the newest of each image", async () => {
      const store = await make();
      await store.writeHeader(makeHeader());
      const first = await store.openGate();
      await first.append([makeVerdict(1), makeVerdict(2)]);
      await first.close();
      const second = await store.openGate();
      const rejected = makeVerdict(2, { accepted: null, rejected: { reason: "blank", detail: "\ud83d grey" } });
      await second.append([rejected]);
      await second.append([]);
      await second.close();
      const verdicts: Verdict[] = [];
      for await (const verdict of store.readVerdicts()) verdicts.push(verdict);
      assert.deepEqual(
        verdicts.sort((a, b) => (a.id < b.id ? -1 : 1)),
        [makeVerdict(1), rejected],
      );
    });

    test("a sample is read back in its order with every field, and can be replaced", async () => {
      const store = await make();
      await store.writeHeader(makeHeader());
      const facts = {
        images: 3,
        catalog: 9,
        outsideClasses: 1,
        notDrawn: 4,
        rejected: { blank: 1 },
        shortClasses: [{ class: null, given: 1, wanted: 2 }],
        drawnUnder: { seed: 1 },
      };
      const images = [
        makeSampleImage(7, { class: null, fileName: "flat.png", review: true, weight: 1 / 3 }),
        makeSampleImage(3, { made: ["rotated", "cmyk"], measures: { sharpness: null, contrast: null } }),
        makeSampleImage(5, { locator: { source: 1, path: "a.tar", offset: 2 ** 40, length: 12, row: 0 } }),
      ];
      const { id, class: name, fileName, locator } = makeSampleImage(9);
      const rejected = [{ id, class: name, fileName, locator, reason: "blank" as const, detail: "contrast 0.1" }];
      await store.writeSample({ images, rejected, facts });
      assert.deepEqual(await store.readSample(), images);
      assert.deepEqual(await store.readSample((id) => id !== images[1]?.id), [images[0], images[2]]);
      assert.deepEqual(await store.readRejected(), rejected);
      assert.deepEqual(await store.readSampleFacts(), facts);
      await store.writeSample({ images: [], rejected: [], facts: { ...facts, catalog: 0 } });
      assert.deepEqual(await store.readSample(), []);
      assert.deepEqual(await store.readRejected(), []);
      assert.equal((await store.readSampleFacts())?.catalog, 0);
    });

    test("attempts are read back as they were, before and after the writer closes", async () => {
      const store = await make();
      await store.writeHeader(makeHeader());
      const writer = await store.openWriter(makeWriterOptions());
      const ended = awkwardAttempts(() => writer.nextAttempt());
      for (const { image, attempt } of ended) await writer.asked(makeAsked(image, attempt));
      await Promise.all(ended.map((each) => writer.ended(each)));
      assert.deepEqual(await collect(store.attempts("glm")), ended);
      const endings = await collect(store.endings("glm"));
      await writer.close();
      assert.deepEqual(await collect(store.attempts("glm")), ended);
      assert.deepEqual(await collect(store.endings("glm")), endings);
      assert.deepEqual(await collect(store.attempts("kimi")), []);
      assert.deepEqual(
        endings.map(({ attempt, finishReason, faultKind, promptTokens }) => ({
          attempt,
          finishReason,
          faultKind,
          promptTokens,
        })),
        ended.map(({ attempt, reply, fault }) => ({
          attempt,
          finishReason: reply?.finishReason ?? null,
          faultKind: fault?.kind ?? null,
          promptTokens: reply?.promptTokens ?? null,
        })),
      );
    });

    test("an attempt written twice is one attempt", async () => {
      const store = await make();
      const writer = await store.openWriter(makeWriterOptions());
      const ended = makeEnded("n02123045_1", writer.nextAttempt());
      await writer.ended(ended);
      await writer.ended(ended);
      assert.equal((await collect(store.attempts("glm"))).length, 1);
      await writer.close();
      assert.equal((await collect(store.endings("glm"))).length, 1);
    });

    test("attempts of earlier writers come first, no attempt id comes twice, and a writer can be passed over", async () => {
      const store = await make();
      const attempts: string[] = [];
      const writers: string[] = [];
      for (let start = 0; start < 3; start += 1) {
        const writer = await store.openWriter(makeWriterOptions());
        writers.push(writer.id);
        for (let number = 0; number < 2; number += 1) {
          const attempt = writer.nextAttempt();
          attempts.push(attempt);
          await writer.ended(makeEnded(`n02123045_${start}`, attempt));
        }
        await writer.close();
      }
      assert.equal(new Set(attempts).size, attempts.length);
      assert.deepEqual(
        (await collect(store.endings("glm"))).map(({ attempt }) => attempt),
        attempts,
      );
      assert.deepEqual(
        (await collect(store.endings("glm", new Set([writers[0] ?? "", writers[2] ?? ""])))).map(
          ({ attempt }) => attempt,
        ),
        attempts.slice(2, 4),
      );
    });

    test("a request of a batch file is listed, and answered once a later writer has read its result", async () => {
      const store = await make();
      const cutter = await store.openWriter(makeWriterOptions());
      const endpoint = `${BATCH_ENDPOINT}glm-0001.jsonl`;
      const asked = [1, 2].map((number) => makeAsked(`n02123045_${number}`, cutter.nextAttempt(), { endpoint }));
      const live = makeAsked("n02123045_3", cutter.nextAttempt());
      for (const each of [...asked, live]) await cutter.asked(each);
      await cutter.close();
      assert.deepEqual(await collect(store.batchRequests("glm")), asked);
      assert.deepEqual(await store.unanswered(), { glm: 3 });
      const reader = await store.openWriter(makeWriterOptions());
      const [first] = asked;
      assert.ok(first !== undefined);
      await reader.ended(makeEnded(first.image, first.attempt, { endpoint }));
      await reader.close();
      assert.deepEqual(await store.unanswered(), { glm: 2 });
      assert.deepEqual(await collect(store.batchRequests("glm")), asked);
    });

    test("requests that left without an end are counted, and one cell shows its events", async () => {
      const store = await make();
      const writer = await store.openWriter(makeWriterOptions({ models: ["glm", "kimi"] }));
      const [first, second] = [writer.nextAttempt(), writer.nextAttempt()];
      await writer.asked(makeAsked("n02123045_1", first));
      await writer.asked(makeAsked("n02123045_2", second));
      await writer.asked(makeAsked("n02123045_1", second, { model: "kimi" }));
      await writer.ended(makeEnded("n02123045_1", first));
      assert.deepEqual(await store.unanswered(), { glm: 1, kimi: 1 });
      await writer.close();
      assert.deepEqual(await store.unanswered(), { glm: 1, kimi: 1 });
      const events = await store.attemptsOf("n02123045_1", "glm");
      assert.deepEqual(
        events.filter(({ event }) => event === "ended"),
        [{ event: "ended", ...makeEnded("n02123045_1", first) }],
      );
      assert.deepEqual(await store.attemptsOf("n02123045_2", "glm"), [
        { event: "asked", ...makeAsked("n02123045_2", second) },
      ]);
      assert.deepEqual(await store.attemptsOf("n02123045_3", "glm"), []);
    });

    test("a second writer of a shard, or of another cutting, is refused by name until the first has closed", async () => {
      const store = await make();
      const first = await store.openWriter(makeWriterOptions({ shard: { index: 0, count: 2 } }));
      const owner = new RegExp(`process ${process.pid} on `);
      for (const shard of [
        { index: 0, count: 2 },
        { index: 0, count: 1 },
      ]) {
        await assert.rejects(store.openWriter(makeWriterOptions({ shard })), { name: "UserError", message: owner });
      }
      const other = await store.openWriter(makeWriterOptions({ shard: { index: 1, count: 2 } }));
      await Promise.all([first.close(), other.close()]);
      const last = await store.openWriter(makeWriterOptions());
      await last.close();
      assert.deepEqual(
        (await store.writers()).map(({ writer, state }) => [writer, state]),
        [first, other, last].map(({ id }) => [id, "closed"]),
      );
      assert.deepEqual(
        (await store.writers(new Set([first.id, last.id]))).map(({ writer }) => writer),
        [other.id],
      );
    });

    test("a closed writer's tallies are the last it gave", async () => {
      const store = await make();
      let answered = 0;
      const writer = await store.openWriter(makeWriterOptions({ tallies: () => ({ glm: makeTally(answered) }) }));
      await writer.ended(makeEnded("n02123045_1", writer.nextAttempt()));
      answered += 1;
      await writer.close();
      const [info] = await store.writers();
      assert.deepEqual(info?.tallies, { glm: makeTally(1) });
      assert.equal(info?.writer, writer.id);
      await assert.rejects(writer.asked(makeAsked("n02123045_1", writer.nextAttempt())));
    });
  });
}

/** One attempt for each awkward text, and attempts without a reply, with a fault, with both. */
function awkwardAttempts(nextAttempt: () => string): readonly Ended[] {
  const fault = { kind: "broken-stream" as const, message: "cut\u0000 \ud83d", body: '{"error": "\\u0000"}' };
  return [
    ...AWKWARD_TEXTS.map((text, at) =>
      makeEnded(`n02123045_${at}`, nextAttempt(), {
        reply: makeReply(text, { reasoning: text, reasoningField: "reasoning", finishReason: "length" }),
      }),
    ),
    makeEnded("n02123045_90", nextAttempt(), { reply: null, fault, status: null, firstTokenAt: null }),
    makeEnded("n02123045_91", nextAttempt(), {
      reply: makeReply("part", { finishReason: null, promptTokens: null, completionTokens: null, id: null }),
      fault: { ...fault, retryAfterMs: 1500 },
      countsAsTry: true,
      round: 2,
    }),
    makeEnded("n02123045_92", nextAttempt(), { reply: makeReply(null), preparedSha256: null }),
  ];
}
