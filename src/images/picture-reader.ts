import { type Source, type SourceSpec, UserError } from "../records/index.js";
import { base64Length, encodeBase64 } from "./encode-base64.js";
import { openSource } from "./open-source.js";
import { readUnchanged, type WantedImage } from "./read-unchanged.js";

/** Bytes kept free before and after a picture's text: most requests fit round it, and nothing is copied to send it. */
export const ROOM = 4096;

export interface PictureReader {
  /**
   * The picture as base64 text in ASCII with `ROOM` round it, in memory of at least as many bytes as `memoryFor` is asked for.
   * Throws as `readUnchanged` does.
   */
  read(image: WantedImage, memoryFor?: (bytes: number) => ArrayBuffer): Promise<Buffer>;
  close(): Promise<void>;
}

/** Reads pictures of several sources, each of which is opened when it is first needed. */
export function openPictureReader(specs: readonly Pick<SourceSpec, "source" | "path">[]): PictureReader {
  const opened = new Map<number, Promise<Source>>();

  function sourceOf({ id, locator: { source: index } }: WantedImage): Promise<Source> {
    const spec = specs[index];
    if (spec === undefined) throw new UserError(`the run has no source number ${index}, where ${id} lies`);
    const known = opened.get(index);
    if (known !== undefined) return known;
    const source = openSource(spec);
    opened.set(index, source);
    // What was in the way may be gone by the next picture.
    source.catch(() => opened.delete(index));
    return source;
  }

  return {
    async read(image, memoryFor = (bytes) => new ArrayBuffer(bytes)) {
      const bytes = await readUnchanged(await sourceOf(image), image);
      const length = base64Length(bytes.length);
      return encodeBase64(bytes, Buffer.from(memoryFor(length + 2 * ROOM), ROOM, length));
    },
    async close() {
      const sources = await Promise.allSettled(opened.values());
      await Promise.all(sources.map((one) => (one.status === "fulfilled" ? one.value.close() : undefined)));
    },
  };
}
