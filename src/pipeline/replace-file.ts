import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Puts a text at `path`, and its folder where there is none, so that a reader finds the old file or the new one, never a part. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  const file = await open(temporary, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
