import { stat } from "node:fs/promises";
import { type Listing, type ListingNotes, type Source, UserError } from "../records/index.js";
import { isSidecar, quoteName } from "./listing-rules.js";
import { fileError, pathInside } from "./read-file.js";
import { readPicture } from "./read-quickly.js";
import { walkFolder } from "./walk-folder.js";

/**
 * A folder of loose pictures at any depth. Every regular file is listed whatever its name, since its content decides;
 * only hidden files and files that belong beside pictures are passed over. Holds nothing but the path.
 */
export async function openFolderSource(root: string): Promise<Source> {
  const facts = await stat(root).catch((error: unknown) => {
    throw fileError(root, error);
  });
  if (!facts.isDirectory()) {
    throw new UserError(
      `${quoteName(root)} is a file, and \`source: folder\` reads a folder of pictures; for archives use \`imagenet-tar\`, \`webdataset\` or \`parquet\``,
    );
  }
  return {
    kind: "folder",
    list: (notes) => listPictures(root, notes),
    read: async ({ path }) => readPicture(pathInside(root, path)),
    close: () => Promise.resolve(),
  };
}

async function* listPictures(root: string, notes?: ListingNotes): AsyncGenerator<readonly Listing[]> {
  for await (const files of walkFolder(root, notes)) {
    const pictures = files.filter((path) => !isSidecar(path));
    if (pictures.length < files.length) notes?.sidecars(files.length - pictures.length);
    if (pictures.length > 0) yield pictures.map((path) => ({ path, place: { path } }));
  }
}
