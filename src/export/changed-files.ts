import { join } from "node:path";
import { type HashedFile, hashFile, listFiles } from "./folder-files.js";
import { MANIFEST_NAME } from "./manifest.js";

/** A file that is not as the manifest of its export says. */
export interface ChangedFile {
  readonly path: string;
  readonly how: "missing" | "changed" | "added";
}

/** Holds the files of an export against its manifest, in the order of their paths. */
export async function changedFiles(folder: string, listed: readonly HashedFile[]): Promise<readonly ChangedFile[]> {
  const known = new Map(listed.map((file) => [file.path, file]));
  const found = new Set(await listFiles(folder));
  const changed: ChangedFile[] = [];
  for (const path of [...new Set([...known.keys(), ...found])].sort()) {
    const file = known.get(path);
    if (!found.has(path)) changed.push({ path, how: "missing" });
    else if (file === undefined) {
      if (path !== MANIFEST_NAME) changed.push({ path, how: "added" });
    } else if ((await hashFile(join(folder, path))).sha256 !== file.sha256) changed.push({ path, how: "changed" });
  }
  return changed;
}
