import assert from "node:assert/strict";
import { test } from "node:test";
import type { CatalogImage, SampleSpec, Verdict } from "../records/index.js";
import type { Catalog } from "./catalog.js";
import { type Draw, type DrawOptions, drawSample } from "./draw-sample.js";

type Sizes = readonly (readonly [name: string | null, count: number])[];

/** A catalog of made-up pictures, `<class>_<number>`. */
function catalogOf(sizes: Sizes, duplicates: readonly CatalogImage[] = []): Catalog {
  const idOf = (index: number, position: number): string =>
    `${sizes[index]?.[0] ?? "flat"}_${String(position).padStart(6, "0")}`;
  return {
    size: sizes.reduce((sum, [, count]) => sum + count, 0),
    classes: sizes.map(([name]) => name),
    countOf: (index) => sizes[index]?.[1] ?? 0,
    idOf,
    entryOf: (index, position) => imageOf(idOf(index, position), sizes[index]?.[0] ?? null),
    outsideClasses: 5,
    sidecars: 0,
    duplicates,
    problems: [],
  };
}

function imageOf(id: string, className: string | null): CatalogImage {
  return { id, class: className, fileName: `${id}.JPEG`, locator: { source: 0, path: `${id}.JPEG` } };
}

function verdictOn(image: CatalogImage, passes: (id: string) => boolean): Verdict {
  const facts = {
    sha256: image.id,
    checksum: null,
    bytes: 1,
    format: "jpeg",
    width: 300,
    height: 300,
    preparation: "as-is/1",
    made: [],
    measures: { sharpness: null, contrast: null },
  } as const;
  return passes(image.id)
    ? { ...image, accepted: facts, rejected: null }
    : { ...image, accepted: null, rejected: { reason: "undecodable", detail: "made up" } };
}

/** A small generator of whole numbers, so that a failing case comes back. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Rejects by id alone: about `percent` of the pictures, and all of some classes' later ones. */
function rejecting(percent: number): (id: string) => boolean {
  return (id) => {
    let hash = 7;
    for (const letter of id) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
    return (Math.imul(hash, 2654435761) >>> 0) / 2 ** 32 >= percent / 100;
  };
}

const KEEP: DrawOptions = { people: "keep", isPerson: () => false };

async function draw(
  catalog: Catalog,
  spec: Partial<SampleSpec> | null,
  passes: (id: string) => boolean = () => true,
  options: Partial<DrawOptions> = {},
): Promise<Draw & { gated: string[] }> {
  const gated: string[] = [];
  const gate = async (images: readonly CatalogImage[]): Promise<Verdict[]> => {
    gated.push(...images.map(({ id }) => id));
    return images.map((image) => verdictOn(image, passes));
  };
  const whole = spec === null ? null : { size: null, perClass: null, seed: 1, ...spec };
  const drawn = await drawSample(catalog, whole, gate, { ...KEEP, ...options });
  return { ...drawn, gated };
}

const idsOf = (drawn: Draw): string[] => drawn.images.map(({ id }) => id);
const rejectedOf = (drawn: Draw): string[] => Array.from(drawn.rejected, ({ id, reason }) => `${id} ${reason}`);

function givenBy(drawn: Draw): Record<string, number> {
  const given: Record<string, number> = {};
  for (const image of drawn.images) given[image.class ?? "null"] = (given[image.class ?? "null"] ?? 0) + 1;
  return given;
}

const UNEVEN: Sizes = [
  [null, 40],
  ["a", 3],
  ["b", 100],
  ["c", 0],
  ["d", 25],
  ["e", 60],
  ["f", 60],
];

test("a small class gives all it has, the rest is spread evenly, and the table says so", async () => {
  const drawn = await draw(catalogOf(UNEVEN), { size: 123 });
  const given = givenBy(drawn);
  assert.deepEqual({ a: given.a, c: given.c }, { a: 3, c: undefined });
  assert.deepEqual(["null", "b", "d", "e", "f"].map((name) => given[name] ?? 0).toSorted(), [24, 24, 24, 24, 24]);
  assert.deepEqual(drawn.facts.shortClasses, [
    { class: "a", given: 3, wanted: 20 },
    { class: "c", given: 0, wanted: 20 },
  ]);
  assert.equal(drawn.gated.length, 123, "only drawn pictures are gated");
});

test("the arithmetic adds up: catalog = images + rejected + not drawn, and weights say what each image stands for", async () => {
  const duplicates = [imageOf("a_000000", "a")];
  const drawn = await draw(catalogOf(UNEVEN, duplicates), { size: 100 }, rejecting(20));
  const rejected = [...drawn.rejected];
  const counts = Object.values(drawn.facts.rejected).reduce((sum, count) => sum + count, 0);
  assert.equal(drawn.images.length, 100);
  assert.equal(rejected.length, counts);
  assert.equal(rejected[0]?.reason, "duplicate");
  assert.equal(drawn.facts.rejected.duplicate, 1);
  assert.equal(drawn.facts.catalog, 289);
  assert.equal(drawn.facts.outsideClasses, 5);
  assert.equal(drawn.facts.notDrawn, 289 - 100 - counts);
  const standFor = drawn.images.filter(({ class: name }) => name === "b").reduce((sum, { weight }) => sum + weight, 0);
  assert.ok(Math.abs(standFor - 100) < 1e-9);
  assert.deepEqual(rejectedOf(drawn), rejectedOf(drawn), "the rejected can be walked again");
});

test("what the gate empties is spread over the others", async () => {
  const passes = (id: string): boolean => !id.startsWith("b") || id === "b_000007";
  const drawn = await draw(catalogOf(UNEVEN), { size: 123 }, passes);
  const given = givenBy(drawn);
  assert.equal(drawn.images.length, 123);
  assert.equal(given.b, 1);
  assert.deepEqual(["null", "e", "f"].map((name) => given[name] ?? 0).toSorted(), [31, 31, 32]);
  assert.equal(drawn.facts.rejected.undecodable, 99);
  assert.deepEqual(
    drawn.facts.shortClasses.find(({ class: name }) => name === "b"),
    { class: "b", given: 1, wanted: 24 },
  );
});

test("a smaller sample is the first part of a larger one with the same seed, and of every accepted picture", async () => {
  const catalog = catalogOf(UNEVEN);
  for (const percent of [0, 30, 90]) {
    const whole = idsOf(await draw(catalog, { seed: 9 }, rejecting(percent)));
    for (const size of [1, 2, 6, 7, 50, 51, 123, 200, 288, 1000]) {
      const part = await draw(catalog, { size, seed: 9 }, rejecting(percent));
      assert.deepEqual(idsOf(part), whole.slice(0, size), `${size} of ${whole.length}`);
    }
  }
});

test("any first part of the sample is balanced by class", async () => {
  const drawn = await draw(
    catalogOf([
      ["a", 50],
      ["b", 70],
      ["c", 60],
    ]),
    { size: 100 },
  );
  for (const length of [1, 10, 31, 99]) {
    const given = Object.values(givenBy({ ...drawn, images: drawn.images.slice(0, length) }));
    assert.ok(Math.max(...given) - Math.min(...(given.length < 3 ? [0] : given)) <= 1);
  }
});

test("the sample depends on the seed, and not on the order in which classes are listed", async () => {
  const sizes: Sizes = [
    ["a", 30],
    ["b", 30],
    ["c", 30],
  ];
  const first = idsOf(await draw(catalogOf(sizes), { size: 20 }));
  assert.deepEqual(idsOf(await draw(catalogOf(sizes.toReversed()), { size: 20 })), first);
  assert.notDeepEqual(idsOf(await draw(catalogOf(sizes), { size: 20, seed: 2 })), first);
});

test("verdicts in any order and in batches of any size draw the same, and gate the same pictures", async () => {
  const catalog = catalogOf([...UNEVEN, ["g", 40], ["h", 12]]);
  const passes = (id: string): boolean => !/^[ef]/.test(id) && rejecting(40)(id);
  const plain = await draw(catalog, { size: 140 }, passes, { inFlight: 1, batchSize: 1 });
  assert.ok(plain.facts.shortClasses.length >= 4);
  for (let round = 1; round <= 40; round++) {
    const next = numbers(round);
    const gated = new Set<string>();
    const waiting: (() => void)[] = [];
    let most = 0;
    const gate = async (images: readonly CatalogImage[]): Promise<Verdict[]> => {
      for (const { id } of images) gated.add(id);
      const turn = new Promise<void>((resolve) => waiting.push(resolve));
      most = Math.max(most, waiting.length);
      // Lets one of those waiting go, whichever: the draw has filled all its places by then.
      setImmediate(() => waiting.splice(next(waiting.length), 1)[0]?.());
      await turn;
      return images.map((image) => verdictOn(image, passes)).sort(() => next(3) - 1);
    };
    const options = { ...KEEP, inFlight: 1 + next(9), batchSize: 1 + next(20) };
    const drawn = await drawSample(catalog, { size: 140, perClass: null, seed: 1 }, gate, options);
    assert.deepEqual(drawn.images, plain.images);
    assert.deepEqual(drawn.facts, plain.facts);
    assert.deepEqual([...drawn.rejected], [...plain.rejected]);
    assert.deepEqual([...gated].toSorted(), plain.gated.toSorted());
    assert.equal(most <= options.inFlight, true);
  }
});

test("known verdicts are not gated again, and draw the same", async () => {
  const catalog = catalogOf(UNEVEN);
  const plain = await draw(catalog, { size: 100 }, rejecting(30));
  const known = new Map(plain.gated.slice(0, 60).map((id) => [id, verdictOn(imageOf(id, null), rejecting(30))]));
  const seen: number[] = [];
  const resumed = await draw(catalog, { size: 100 }, rejecting(30), {
    known: (id) => known.get(id),
    onProgress: (progress) => seen.push(progress.known),
  });
  assert.deepEqual(resumed.images, plain.images);
  assert.deepEqual([...resumed.rejected], [...plain.rejected]);
  assert.deepEqual([...resumed.gated, ...known.keys()].toSorted(), plain.gated.toSorted());
  assert.equal(seen.at(-1), 60);
});

test("perClass takes that many of each class, and null takes every accepted picture", async () => {
  const perClass = await draw(catalogOf(UNEVEN), { perClass: 24 });
  assert.deepEqual(givenBy(perClass), { null: 24, a: 3, b: 24, d: 24, e: 24, f: 24 });
  assert.deepEqual(perClass.facts.shortClasses, [
    { class: "a", given: 3, wanted: 24 },
    { class: "c", given: 0, wanted: 24 },
  ]);
  const every = await draw(catalogOf(UNEVEN), null, rejecting(30));
  assert.equal(every.images.length + (every.facts.rejected.undecodable ?? 0), 288);
  assert.equal(every.facts.notDrawn, 0);
  assert.deepEqual(every.facts.shortClasses, []);
});

test("edges: one class, no class, size 0, a size beyond the catalog, a gate that passes nothing", async () => {
  assert.deepEqual(givenBy(await draw(catalogOf([[null, 500]]), { size: 33 })), { null: 33 });
  assert.equal((await draw(catalogOf([]), { size: 33 })).images.length, 0);
  assert.equal((await draw(catalogOf(UNEVEN), { size: 0 })).gated.length, 0);
  const all = await draw(
    catalogOf([
      ["a", 3],
      ["b", 5],
    ]),
    { size: 10 },
  );
  assert.equal(all.images.length, 8);
  assert.deepEqual(all.facts.shortClasses, [
    { class: "a", given: 3, wanted: 5 },
    { class: "b", given: 5, wanted: 7 },
  ]);
  const none = await draw(catalogOf(UNEVEN), { size: 10 }, () => false);
  assert.deepEqual([none.images.length, none.gated.length, none.facts.notDrawn], [0, 288, 0]);
});

test("person classes are dropped before anything is shared out, without being gated, or marked for review", async () => {
  const isPerson = (name: string | null): boolean => name === "b";
  const dropped = await draw(catalogOf(UNEVEN), { size: 60 }, () => true, { people: "drop", isPerson });
  assert.equal(dropped.images.length, 60);
  assert.ok(!dropped.gated.some((id) => id.startsWith("b")));
  assert.deepEqual(dropped.facts.rejected, { person: 100 });
  assert.equal(rejectedOf(dropped).filter((line) => line.startsWith("b_") && line.endsWith(" person")).length, 100);
  assert.equal(dropped.facts.notDrawn, 288 - 60 - 100);
  const review = await draw(catalogOf(UNEVEN), { size: 60 }, () => true, { people: "review", isPerson });
  assert.ok(review.images.every((image) => image.review === (image.class === "b")));
  assert.ok(review.images.some((image) => image.review));
});

test("a class of the list that no source has is named among the short ones", async () => {
  const drawn = await draw(
    catalogOf([
      ["a", 9],
      ["c", 9],
    ]),
    { size: 4 },
    undefined,
    { askedClasses: ["a", "b", "c"] },
  );
  assert.deepEqual(drawn.facts.shortClasses, [{ class: "b", given: 0, wanted: 1 }]);
});

test("an error of the gate ends the draw once the calls under way are over", async () => {
  let under = 0;
  let calls = 0;
  const gate = async (images: readonly CatalogImage[]): Promise<Verdict[]> => {
    under++;
    const call = calls++;
    await new Promise((resolve) => setImmediate(resolve));
    under--;
    if (call === 1) throw new Error("the disk is full");
    return images.map((image) => verdictOn(image, () => true));
  };
  const spec = { size: 200, perClass: null, seed: 1 };
  await assert.rejects(
    drawSample(catalogOf(UNEVEN), spec, gate, { ...KEEP, batchSize: 4, inFlight: 3 }),
    /disk is full/,
  );
  assert.equal(under, 0);
  assert.ok(calls < 8);
  await assert.rejects(
    drawSample(catalogOf(UNEVEN), spec, async () => [], KEEP),
    /no verdict on/,
  );
});

test("an aborted draw sends no further picture and throws the reason", async () => {
  const stop = new AbortController();
  let calls = 0;
  const gate = async (images: readonly CatalogImage[]): Promise<Verdict[]> => {
    if (++calls === 2) stop.abort(new Error("interrupted"));
    return images.map((image) => verdictOn(image, () => true));
  };
  const options = { ...KEEP, signal: stop.signal, inFlight: 2, batchSize: 1 };
  const spec = { size: 200, perClass: null, seed: 1 };
  await assert.rejects(drawSample(catalogOf(UNEVEN), spec, gate, options), /interrupted/);
  assert.equal(calls, 2);
});
