import type { PreparedPicture, SampleImage } from "../records/index.js";

/**
 * Keeps the pictures that were made ready last, so that several teachers who ask about one picture at about the same
 * time share the work. Bounded by bytes; a picture in use elsewhere stays alive by its own reference.
 */
export function pictureShelf(
  prepare: (image: SampleImage) => Promise<PreparedPicture>,
  { teachers, maxBytes }: { readonly teachers: number; readonly maxBytes: number },
): (image: SampleImage) => Promise<PreparedPicture> {
  // What nobody else will ask for only fills the memory.
  if (teachers < 2) return prepare;
  const shelf = new Map<string, Promise<PreparedPicture>>();
  const sizes = new Map<string, number>();
  let bytes = 0;

  const drop = (id: string) => {
    bytes -= sizes.get(id) ?? 0;
    sizes.delete(id);
    shelf.delete(id);
  };

  return (image) => {
    const known = shelf.get(image.id);
    if (known !== undefined) return known;
    const made = prepare(image);
    shelf.set(image.id, made);
    made.then(
      (picture) => {
        sizes.set(image.id, picture.bytes.length);
        bytes += picture.bytes.length;
        for (const id of shelf.keys()) {
          if (bytes <= maxBytes) break;
          if (sizes.has(id)) drop(id);
        }
      },
      () => drop(image.id),
    );
    return made;
  };
}
