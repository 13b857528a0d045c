import { readFile } from "node:fs/promises";
import { diskError, isMissing } from "./disk-error.js";

/** A small file's text, null where there is no such file. Throws a `UserError` where the system will not give it. */
export async function readTextOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw diskError(error, path, "read");
  }
}
