import type { PreparedPicture, SampleImage } from "../records/index.js";

export interface PictureShelf {
  /** The picture, ready to be sent: from the shelf where it lies there, else made now. */
  take(image: SampleImage): Promise<PreparedPicture>;
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
}

interface Shelved {
  readonly made: Promise<PreparedPicture>;
  /** Of the ready picture; 0 while it is being made. */
  bytes: number;
}

/**
 * Keeps the pictures that were made ready last, so that several teachers who ask about one picture at about the same
 * time share the work, and those that were announced. Bounded by bytes; a picture in use elsewhere stays alive by its
 * own reference.
 */
export function openPictureShelf(
  prepare: (image: SampleImage) => Promise<PreparedPicture>,
  { teachers, maxBytes, maxAheadBytes }: ShelfOptions,
): PictureShelf {
  const shelf = new Map<string, Shelved>();
  const announced = new Map<string, number>();
  let bytes = 0;
  let aheadBytes = 0;

  function put(image: SampleImage): Promise<PreparedPicture> {
    const shelved: Shelved = { made: prepare(image), bytes: 0 };
    shelf.set(image.id, shelved);
    shelved.made.then(
      (picture) => {
        // Taken meanwhile by the only one who wanted it.
        if (shelf.get(image.id) !== shelved) return;
        shelved.bytes = picture.bytes.length;
        bytes += shelved.bytes;
        for (const [id, one] of shelf) {
          if (bytes <= maxBytes) break;
          if (one.bytes > 0) drop(id);
        }
      },
      () => {
        if (shelf.get(image.id) === shelved) drop(image.id);
      },
    );
    return shelved.made;
  }

  function drop(id: string): void {
    bytes -= shelf.get(id)?.bytes ?? 0;
    shelf.delete(id);
    arrived(id);
  }

  function arrived(id: string): void {
    aheadBytes -= announced.get(id) ?? 0;
    announced.delete(id);
  }

  return {
    take(image) {
      const known = shelf.get(image.id);
      if (known === undefined) return teachers < 2 ? prepare(image) : put(image);
      if (teachers < 2) drop(image.id);
      else arrived(image.id);
      return known.made;
    },
    announce(image) {
      if (shelf.has(image.id) || aheadBytes + image.bytes > maxAheadBytes) return;
      announced.set(image.id, image.bytes);
      aheadBytes += image.bytes;
      put(image);
    },
  };
}
