import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { type CatalogImage, type Listing, type Source, UserError } from "../records/index.js";
import { buildCatalog, type Catalog } from "./catalog.js";

/** A listing and the bytes it stands for. */
type Fixture = Listing & { readonly bytes?: string };

const file = (path: string, bytes = path): Fixture => ({ path, place: { path }, bytes });
const member = (path: string, offset: number, bytes = path): Fixture => ({
  path,
  place: { path: `${path.split("/")[0]}.tar`, offset, length: bytes.length },
  bytes,
});
const row = (number: number, path: string | null, bytes: string, label?: string): Fixture => ({
  path,
  place: { path: "train.parquet", row: number },
  bytes,
  ...(label === undefined ? {} : { label }),
});

/** A source of made-up listings, in batches of two; counts what is read of it. */
function madeUp(fixtures: readonly Fixture[], problems: readonly string[] = []): Source & { reads: number } {
  const source = {
    kind: "folder" as const,
    reads: 0,
    async *list(notes?: Parameters<Source["list"]>[0]) {
      for (const problem of problems) notes?.problem(problem);
      notes?.sidecars(2);
      for (let i = 0; i < fixtures.length; i += 2) yield fixtures.slice(i, i + 2);
    },
    async read(place: Listing["place"]) {
      source.reads++;
      const found = fixtures.find((fixture) => JSON.stringify(fixture.place) === JSON.stringify(place));
      return Buffer.from(found?.bytes ?? "");
    },
    close: () => Promise.resolve(),
  };
  return source;
}

function build(sources: readonly Source[], classes: ReadonlySet<string> | null = null): Promise<Catalog> {
  return buildCatalog(sources, { classes, say: () => {} });
}

/** Everything a catalog says, class by class. */
function spellOut(catalog: Catalog): { class: string | null; ids: string[]; entries: CatalogImage[] }[] {
  return catalog.classes.map((key, c) => {
    const positions = Array.from({ length: catalog.countOf(c) }, (_, i) => i);
    return {
      class: key,
      ids: positions.map((i) => catalog.idOf(c, i)),
      entries: positions.map((i) => catalog.entryOf(c, i)),
    };
  });
}

const MIXED: readonly Fixture[] = [
  file("n02123045/n02123045_9.JPEG"),
  file("n02123045/n02123045_10.JPEG"),
  file("strays/n02123045_n02123045_0010.jpg"),
  file("n02123045/other.png"),
  file("dogs/a.jpg"),
  file("ku\u0308he/a.jpg"),
  file("flat.jpg"),
  member("n02898369/n02898369_1.JPEG", 512),
  member("cats/ä.jpg", 2 ** 33),
  row(7, "x/y.jpg", "seven"),
  row(8, null, "eight", "dogs"),
  row(9, null, "nine"),
];

test("a picture keeps its id, class, file name and place", async () => {
  const spelled = spellOut(await build([madeUp([]), madeUp(MIXED)]));
  assert.deepEqual(
    spelled.map((entry) => entry.class),
    [null, "cats", "dogs", "kühe", "n02123045", "n02898369", "x"],
  );
  const all = spelled.flatMap(({ entries }) => entries);
  const byFile = new Map(all.map((entry) => [entry.fileName, entry]));
  assert.deepEqual(byFile.get("n02123045/n02123045_0010.JPEG"), {
    id: "n02123045_0010",
    class: "n02123045",
    fileName: "n02123045/n02123045_0010.JPEG",
    locator: { source: 1, path: "strays/n02123045_n02123045_0010.jpg" },
  });
  assert.deepEqual(byFile.get("cats/ä.jpg")?.locator, { source: 1, path: "cats.tar", offset: 2 ** 33, length: 10 });
  assert.deepEqual(byFile.get("kühe/a.jpg")?.locator, { source: 1, path: "ku\u0308he/a.jpg" });
  assert.deepEqual(byFile.get("x/y.jpg")?.locator, { source: 1, path: "train.parquet", row: 7 });
  const byBytes = `b-${createHash("sha256").update("eight").digest("hex").slice(0, 16)}`;
  assert.deepEqual(byFile.get(byBytes), {
    id: byBytes,
    class: "dogs",
    fileName: byBytes,
    locator: { source: 1, path: "train.parquet", row: 8 },
  });
  for (const { ids, entries } of spelled) {
    assert.deepEqual(ids, [...ids].sort());
    assert.deepEqual(
      entries.map(({ id }) => id),
      ids,
    );
  }
});

test("the order a source lists in does not matter, nor the order questions are asked in", async () => {
  const straight = await build([madeUp(MIXED)]);
  const reversed = await build([madeUp([...MIXED].reverse())]);
  const last = reversed.classes.indexOf("n02123045");
  assert.equal(reversed.entryOf(last, 2).id, straight.entryOf(last, 2).id);
  assert.deepEqual(spellOut(reversed), spellOut(straight));
  assert.equal(straight.size, MIXED.length);
});

test("only the classes asked for are kept; the rest, sidecars and problems are counted", async () => {
  const noisy = Array.from({ length: 150 }, (_, i) => `problem ${i}`);
  const catalog = await build([madeUp(MIXED, noisy), madeUp([])], new Set(["dogs", "n02123045", "n99999999"]));
  assert.deepEqual(catalog.classes, ["dogs", "n02123045"]);
  assert.equal(catalog.size, 6);
  assert.equal(catalog.outsideClasses, MIXED.length - 6);
  assert.equal(catalog.sidecars, 4);
  assert.equal(catalog.problems.length, 101);
  assert.match(catalog.problems.at(-1) ?? "", /50 more/);
});

test("one id twice with the same bytes is a duplicate, and which is kept depends on the place alone", async () => {
  const first = [file("b/n02123045_1.jpg", "same"), file("a/n02123045_1.png", "same"), file("dogs/a.jpg", "dog")];
  const second = [
    member("n02123045/n02123045_1.JPEG", 0, "same"),
    member("dogs/a.jpg", 512, "dog"),
    row(0, "n.jpg", "alone"),
  ];
  for (const turn of [(list: Fixture[]) => list, (list: Fixture[]) => list.reverse()]) {
    const sources = [madeUp(turn([...first])), madeUp(turn([...second]))];
    const catalog = await build(sources);
    assert.equal(catalog.size, 3);
    const kept = spellOut(catalog).flatMap(({ entries }) => entries);
    assert.deepEqual(kept.map(({ locator }) => `${locator.source} ${locator.path}`).sort(), [
      "0 a/n02123045_1.png",
      "0 dogs/a.jpg",
      "1 train.parquet",
    ]);
    assert.deepEqual(catalog.duplicates.map(({ id, locator }) => [id, locator.source, locator.path]).slice(0, 2), [
      ["n02123045_1", 0, "b/n02123045_1.jpg"],
      ["n02123045_1", 1, "n02123045.tar"],
    ]);
    assert.equal(catalog.duplicates.length, 3);
    assert.equal(sources[1]?.reads, 2);
  }
});

test("the same id in two classes, by another label or by bytes, is still one picture", async () => {
  const labelled = [row(0, "a.jpg", "same", "dog"), row(1, null, "bytes", "dog"), row(2, null, "bytes", "cat")];
  const catalog = await build([madeUp(labelled), madeUp([file("a.jpg", "same")])]);
  assert.equal(catalog.size, 2);
  assert.deepEqual(catalog.classes, ["dog"]);
  assert.deepEqual(catalog.duplicates.map(({ locator }) => [locator.source, locator.row]).sort(), [
    [0, 2],
    [1, undefined],
  ]);
});

test("one id for different bytes stops, with the number and the first ten by id", async () => {
  const numbers = Array.from({ length: 12 }, (_, i) => 10 + i);
  const one = madeUp(numbers.map((i) => file(`n02123045/n02123045_${i}.JPEG`, "one")));
  const other = madeUp(numbers.reverse().map((i) => file(`x/n02123045_${i}.jpg`, "other")));
  await assert.rejects(build([one, other]), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(
      error.message,
      /^12 image ids stand for pictures with different bytes, the first 10 are n02123045_10 \(source 1, .*n02123045_19/,
    );
    assert.doesNotMatch(error.message, /n02123045_20/);
    return true;
  });
});

test("pictures of one id whose sizes differ are told apart without reading them", async () => {
  const source = madeUp([member("dogs/a.jpg", 0, "short"), member("dogs/a.jpg", 512, "much longer")]);
  await assert.rejects(build([source]), /1 image id stands for pictures with different bytes: p-/);
  assert.equal(source.reads, 0);
});

test("a listing that is stopped ends with the reason before the next batch", async () => {
  const stopped = new AbortController();
  const source = madeUp([file("a/1.jpg"), file("a/2.jpg"), file("a/3.jpg")]);
  const list = source.list;
  source.list = async function* (notes) {
    for await (const batch of list(notes)) {
      yield batch;
      stopped.abort(new Error("stopped by a test"));
    }
  };
  const listing = buildCatalog([source], { classes: null, say: () => {}, signal: stopped.signal });
  await assert.rejects(listing, /stopped by a test/);
});

test("a hundred thousand pictures are listed and put in order soon, in little memory", async () => {
  const listings = Array.from({ length: 100_000 }, (_, i) =>
    file(`n0${1_000_000 + (i % 170)}/n0${1_000_000 + (i % 170)}_${i}.JPEG`),
  );
  const start = performance.now();
  const catalog = await build([madeUp(listings)]);
  let ids = 0;
  for (let c = 0; c < catalog.classes.length; c++)
    for (let i = 0; i < catalog.countOf(c); i++) ids += Number(catalog.idOf(c, i) !== "");
  assert.equal(ids, 100_000);
  assert.ok(performance.now() - start < 20_000);
});
