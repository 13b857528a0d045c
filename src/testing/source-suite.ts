import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { type Listing, type ListingNotes, type Source, UserError } from "../records/index.js";

/** Pictures by the path they have when unpacked. Every file is in one folder of its own class. */
export type SuitePictures = ReadonlyMap<string, Buffer>;

/** Paths of the suite's pictures: ImageNet names in both spellings, folders that are no wnid, letters beyond ASCII. */
const PATHS = [
  "n02123045/n02123045_1.JPEG",
  "n02123045/n02123045_10.JPEG",
  "n02898369/n02898369_n02898369_06.JPEG",
  "dogs/a.jpg",
  "dogs/b.jpg",
  "kühe/Zürich_ö.jpg",
];

/** Small pictures, each of another colour, so that no two have the same bytes. */
export async function makeSuitePictures(): Promise<SuitePictures> {
  const made = PATHS.map(async (path, i): Promise<[string, Buffer]> => {
    const create = {
      width: 8 + i,
      height: 8,
      channels: 3 as const,
      background: { r: 40 * i, g: 120, b: 255 - 40 * i },
    };
    return [path, await sharp({ create }).jpeg().toBuffer()];
  });
  return new Map(await Promise.all(made));
}

/** All listings of a source, by path. */
export async function listAll(source: Pick<Source, "list">): Promise<Listing[]> {
  const listings: Listing[] = [];
  for await (const batch of source.list()) listings.push(...batch);
  const sortKey = ({ path, place }: Listing) => path ?? `\uffff${place.path}/${place.row}`;
  return listings.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** A listing with what was said of it, and what the listed places hold as text. */
export interface NotedListing {
  readonly listings: readonly Listing[];
  readonly paths: readonly (string | null)[];
  readonly texts: readonly string[];
  readonly sidecars: number;
  readonly problems: readonly string[];
}

/** Lists a source in its own order, reads everything it listed, and closes it. */
export async function listAndRead(source: Source): Promise<NotedListing> {
  const listings: Listing[] = [];
  const problems: string[] = [];
  let sidecars = 0;
  const notes: ListingNotes = {
    sidecars: (count) => {
      sidecars += count;
    },
    problem: (sentence) => problems.push(sentence),
  };
  for await (const batch of source.list(notes)) listings.push(...batch);
  const texts = await Promise.all(listings.map(async ({ place }) => (await source.read(place)).toString()));
  await source.close();
  return { listings, paths: listings.map(({ path }) => path), texts, sidecars, problems };
}

/** Runs with an empty folder that is removed afterwards. */
export async function inTemporaryFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "imagenet-think-test-"));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What every source must do: `makeSource` writes the pictures into an empty folder in its own way and opens them. */
export function sourceSuite(
  name: string,
  makeSource: (pictures: SuitePictures, folder: string) => Promise<Source>,
): void {
  const withSource = (run: (source: Source, pictures: SuitePictures) => Promise<void>) =>
    inTemporaryFolder(async (folder) => {
      const pictures = await makeSuitePictures();
      const source = await makeSource(pictures, folder);
      await run(source, pictures);
      await source.close();
    });

  test(`${name}: lists every picture once, under the path it would be unpacked to`, () =>
    withSource(async (source, pictures) => {
      const paths = (await listAll(source)).map(({ path }) => path?.normalize("NFC"));
      assert.deepEqual(paths, [...pictures.keys()].sort());
    }));

  test(`${name}: reads the bytes that were put in, in any order and many at once`, () =>
    withSource(async (source, pictures) => {
      const listings = (await listAll(source)).reverse();
      const read = await Promise.all(listings.map(({ place }) => source.read(place)));
      for (const [i, { path }] of listings.entries()) {
        const expected = pictures.get(path?.normalize("NFC") ?? "");
        assert.ok(expected !== undefined && read[i]?.equals(expected), `${path}`);
      }
    }));

  test(`${name}: can be listed again, and its places survive being written down`, () =>
    withSource(async (source, pictures) => {
      const first = await listAll(source);
      const again = await listAll(source);
      assert.deepEqual(again, first);
      for (const { path, place } of first) {
        const bytes = await source.read(JSON.parse(JSON.stringify(place)));
        assert.ok(bytes.equals(pictures.get(path ?? "") ?? Buffer.alloc(0)));
      }
    }));

  test(`${name}: says which file is meant when a place is not there, and never leaves its folder`, () =>
    withSource(async (source) => {
      const [listing] = await listAll(source);
      assert.ok(listing);
      const gone = { ...listing.place, path: "gone/away" };
      await assert.rejects(
        source.read(gone),
        (error) => error instanceof UserError && error.message.includes("gone/away"),
      );
      const outside = { ...listing.place, path: "../outside" };
      await assert.rejects(
        source.read(outside),
        (error) => error instanceof UserError && error.message.includes("outside"),
      );
    }));
}
