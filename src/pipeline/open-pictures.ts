import { access } from "node:fs/promises";
import { resolve } from "node:path";
import {
  AS_IS,
  asItIs,
  ImageGoneError,
  openDecodePool,
  openPictureThread,
  openSource,
  ROOM,
  readUnchanged,
} from "../images/index.js";
import { type PreparedPicture, type RunHeader, type SampleImage, type Source, UserError } from "../records/index.js";
import { openPictureShelf, type PictureShelf } from "./picture-shelf.js";

/** Bytes of ready pictures kept for the other teachers. */
const SHELF_BYTES = 64 * 2 ** 20;
/** Bytes of pictures made ready before a place for them is free. */
const AHEAD_BYTES = 16 * 2 ** 20;

/** The pictures of a run, ready to be sent. */
export interface Pictures {
  /** Made plain where they must be. Rejects with an `ImageChangedError` where the source is not what the gate saw. */
  readonly shelf: PictureShelf;
  close(): Promise<void>;
}

/**
 * Opens the sources for so many teachers. Pictures that go out as they are are read in a thread of their own, the others
 * in decoding processes; either starts only where there is something for it to do.
 */
export async function openPictures(
  header: RunHeader,
  images: readonly SampleImage[],
  teachers: number,
  say: (sentence: string) => void,
): Promise<Pictures> {
  // One that is missing is said before anything is asked.
  const sources = await openCheckedSources(header);
  const needsPool = images.some((image) => image.preparation !== AS_IS);
  const pool = needsPool ? openDecodePool({ sources: header.images, gate: header.gate }) : null;
  const thread = openPictureThread(header.images, { say });
  const prepare = async (image: SampleImage): Promise<PreparedPicture> => {
    try {
      if (pool !== null && image.preparation !== AS_IS) return await pool.prepare(image);
      const picture = asItIs(await thread.read(image), image, ROOM);
      const file = fileOf(header, image);
      return file === null ? picture : { ...picture, file };
    } catch (error) {
      return blameSource(header, image, error);
    }
  };
  return {
    shelf: openPictureShelf(prepare, {
      teachers,
      maxBytes: SHELF_BYTES,
      maxAheadBytes: AHEAD_BYTES,
      recycle: ({ base64 }) => thread.giveBack(base64),
    }),
    close: async () => {
      await Promise.all([sources.close(), pool?.close(), thread.close()]);
    },
  };
}

/** The file that holds a picture and nothing else, as it will be sent; null for a member of an archive, and for what is made plain. */
function fileOf(header: RunHeader, { locator, preparation }: SampleImage): string | null {
  const spec = header.images[locator.source];
  return preparation === AS_IS && spec?.source === "folder" ? resolve(spec.path, locator.path) : null;
}

/** The sources of a run, giving only bytes whose SHA-256 is the sample's. */
export interface CheckedSources {
  /** Throws an `ImageChangedError` where this picture is gone or another, an `UnreadableSourceError` where it is not to blame. */
  read(image: SampleImage): Promise<Buffer>;
  close(): Promise<void>;
}

export async function openCheckedSources(header: RunHeader): Promise<CheckedSources> {
  const opened: Source[] = [];
  for (const spec of header.images) opened.push(await openSource(spec));
  return {
    async read(image) {
      const source = opened[image.locator.source];
      if (source === undefined) {
        throw new UserError(`the run has no source number ${image.locator.source}, where ${image.id} lies`);
      }
      // What is published as the picture is not taken for it by a checksum alone.
      return readUnchanged(source, { ...image, checksum: null }).catch((error: unknown) =>
        blameSource(header, image, error),
      );
    },
    close: async () => {
      await Promise.all(opened.map((source) => source.close()));
    },
  };
}

/** No picture can be read at present. What is in flight has its picture already. */
export class UnreadableSourceError extends UserError {
  override readonly name = "UnreadableSourceError";
}

/** One picture that is gone is that picture's fault; a folder that is gone is everyone's. Always throws. */
async function blameSource(header: RunHeader, image: SampleImage, error: unknown): Promise<never> {
  if (error instanceof UserError) throw new UnreadableSourceError(error.message, { cause: error });
  const root = header.images[image.locator.source]?.path;
  if (root !== undefined && error instanceof ImageGoneError) {
    await access(root).catch(() => {
      throw new UnreadableSourceError(
        `${root} is gone or cannot be read any more; bring it back and start the same line again`,
      );
    });
  }
  throw error;
}
