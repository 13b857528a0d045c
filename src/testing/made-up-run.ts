import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ModelSpec, SampleImage, Store } from "../records/index.js";
import { madeUpPixels } from "./made-up-export.js";
import { makeEnded, makeHeader, makeReply, makeSampleImage, makeTally, makeWriterOptions } from "./store-fixtures.js";

export interface MadeUpRun {
  readonly store: Store;
  /** Gets the pictures, in folders of their classes. */
  readonly pictures: string;
  readonly images: number;
  readonly models: readonly Pick<ModelSpec, "name" | "dialect">[];
  /** What a model said of a picture; null leaves the cell missing. */
  readonly reply: (place: number, model: string) => string | null;
  /** The classes that pictures take turns in. */
  readonly classes?: readonly string[];
  readonly isReview?: (place: number) => boolean;
  /** Every reply is counted as answered under this parser; left out, every reader counts the outcomes itself. */
  readonly parserVersion?: string;
}

/** Records that wait for the disk together. */
const RECORDS_AT_ONCE = 256;

/** A finished run with made-up replies, written through the store. Pictures are bytes that no decoder would take. */
export async function writeMadeUpRun(run: MadeUpRun): Promise<readonly SampleImage[]> {
  const { store, pictures, models, classes = ["n02123045", "n07920052", "n04265904"], isReview = () => false } = run;
  const images = Array.from({ length: run.images }, (_, place): SampleImage => {
    const wnid = classes[place % classes.length] ?? "n02123045";
    const id = `${wnid}_${place}`;
    const fileName = `${wnid}/${id}.JPEG`;
    const sha256 = createHash("sha256").update(madeUpPixels(id)).digest("hex");
    const locator = { source: 0, path: fileName };
    return makeSampleImage(place, { id, class: wnid, fileName, locator, sha256, weight: 1, review: isReview(place) });
  });
  for (const { id, fileName } of images) {
    await mkdir(dirname(join(pictures, fileName)), { recursive: true });
    await writeFile(join(pictures, fileName), madeUpPixels(id));
  }
  const specs = models.map(
    ({ name, dialect }): ModelSpec => ({
      name,
      role: "teacher",
      model: `made-up/${name}`,
      revision: null,
      endpoints: ["http://127.0.0.1:1/v1"],
      dialect,
      apiKeyEnv: null,
      system: null,
      sampling: {},
      concurrency: null,
      timeouts: { connectMs: 1, firstByteMs: 1, idleMs: 1, totalMs: 1 },
      tries: 3,
    }),
  );
  await store.writeHeader(makeHeader({ images: [{ source: "folder", path: pictures, credits: null }], models: specs }));
  const facts = { images: images.length, catalog: images.length, outsideClasses: 0, notDrawn: 0, rejected: {} };
  await store.writeSample({ images, rejected: [], facts: { ...facts, shortClasses: [], drawnUnder: null } });
  const names = specs.map(({ name }) => name);
  const replies = new Map<string, number>();
  const tallyOf = (count: number) => (run.parserVersion === undefined ? makeTally(0, count) : makeTally(count));
  const writer = await store.openWriter(
    makeWriterOptions({
      models: names,
      parserVersion: run.parserVersion ?? "made-up",
      tallies: () => Object.fromEntries(names.map((name) => [name, tallyOf(replies.get(name) ?? 0)])),
    }),
  );
  let underWay: Promise<void>[] = [];
  for (const [place, image] of images.entries()) {
    for (const { name } of specs) {
      const text = run.reply(place, name);
      if (text === null) continue;
      const ended = makeEnded(image.id, writer.nextAttempt(), { model: name, reply: makeReply(text) });
      replies.set(name, (replies.get(name) ?? 0) + 1);
      underWay.push(writer.asked(ended).then(() => writer.ended(ended)));
    }
    if (underWay.length < RECORDS_AT_ONCE) continue;
    await Promise.all(underWay);
    underWay = [];
  }
  await Promise.all(underWay);
  await writer.close();
  return images;
}
