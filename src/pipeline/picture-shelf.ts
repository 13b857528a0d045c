import type { PreparedPicture, SampleImage } from "../records/index.js";

export interface PictureShelf {
  /** The picture, ready to be sent: from the shelf where it lies there, else made now. */
  take(image: SampleImage): Promise<PreparedPicture>;
  /** Whoever took it has no more use for it. Left out, the picture is left to the garbage collector. */
  giveBack(picture: PreparedPicture): void;
  /** Whether only one who took it still has it, and nobody will be given it again. */
  isLast(picture: PreparedPicture): boolean;
  /**
   * It will be asked for soon: makes it ready meanwhile, so that no place at a server waits for a disk or a decoder.
   * Passed over while as much as the shelf takes was announced and not taken. What fails is made anew when it is taken.
   */
  announce(image: SampleImage): void;
}

export interface ShelfOptions {
  /** Who asks for each picture; what nobody else will ask for only fills the memory. */
  readonly teachers: number;
  /** Bytes of ready pictures kept for the other teachers. */
  readonly maxBytes: number;
  /** Bytes of pictures, as they lie at their source, announced and not taken yet. */
  readonly maxAheadBytes: number;
  /** Nobody has this picture any more, so that its memory may be used for another. */
  readonly recycle?: (picture: PreparedPicture) => void;
}

interface Shelved {
  readonly id: string;
  readonly made: Promise<PreparedPicture>;
  /** Of the ready picture; 0 while it is being made. */
  bytes: number;
  /** How many took it, and how many of them still have it. */
  taken: number;
  inUse: number;
}

/**
 * Keeps the pictures that were made ready last, so that several teachers who ask about one picture at about the same
 * time share the work, and those that were announced. Bounded by bytes; a picture leaves when it was taken as often as
 * there are teachers, one who asks again included.
 */
export function openPictureShelf(
  prepare: (image: SampleImage) => Promise<PreparedPicture>,
  { teachers, maxBytes, maxAheadBytes, recycle }: ShelfOptions,
): PictureShelf {
  const shelf = new Map<string, Shelved>();
  const owners = new WeakMap<PreparedPicture, Shelved>();
  const announced = new Map<string, number>();
  let bytes = 0;
  let aheadBytes = 0;

  function put(image: SampleImage): Shelved {
    const shelved: Shelved = { id: image.id, made: prepare(image), bytes: 0, taken: 0, inUse: 0 };
    shelf.set(image.id, shelved);
    shelved.made.then(
      (picture) => {
        owners.set(picture, shelved);
        // All who wanted it wait for it already.
        if (shelf.get(image.id) !== shelved) return;
        // The memory it holds, which may be larger than its text.
        shelved.bytes = picture.base64.buffer.byteLength;
        bytes += shelved.bytes;
        for (const one of shelf.values()) {
          if (bytes <= maxBytes) break;
          if (one.bytes > 0) drop(one);
        }
      },
      () => {
        if (shelf.get(image.id) === shelved) drop(shelved);
      },
    );
    return shelved;
  }

  function drop(shelved: Shelved): void {
    bytes -= shelved.bytes;
    shelf.delete(shelved.id);
    arrived(shelved.id);
    if (shelved.inUse === 0 && recycle !== undefined) shelved.made.then(recycle, () => undefined);
  }

  function arrived(id: string): void {
    aheadBytes -= announced.get(id) ?? 0;
    announced.delete(id);
  }

  return {
    take(image) {
      const shelved = shelf.get(image.id) ?? put(image);
      shelved.taken += 1;
      shelved.inUse += 1;
      if (shelved.taken >= teachers) drop(shelved);
      else arrived(image.id);
      return shelved.made;
    },
    giveBack(picture) {
      const shelved = owners.get(picture);
      if (shelved === undefined) return;
      shelved.inUse -= 1;
      if (shelved.inUse === 0 && shelf.get(shelved.id) !== shelved) recycle?.(picture);
    },
    isLast(picture) {
      const shelved = owners.get(picture);
      return shelved !== undefined && shelved.inUse === 1 && shelf.get(shelved.id) !== shelved;
    },
    announce(image) {
      if (shelf.has(image.id) || aheadBytes + image.bytes > maxAheadBytes) return;
      announced.set(image.id, image.bytes);
      aheadBytes += image.bytes;
      put(image);
    },
  };
}
