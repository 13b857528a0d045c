import { readFile, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { fileURLToPath } from "node:url";
import { fault } from "./request-fault.js";

/** No picture a teacher is sent comes near this. */
const MOST_BYTES = 100 * 1024 * 1024;

/**
 * Fetches the bytes behind an image URL: base64 `data:` URLs, and `file://` below `allowedFolder`. Nothing is ever
 * fetched over the network. Throws a `RequestFault` with the status vLLM gives.
 */
export async function readPicture(url: string, allowedFolder: string | null): Promise<Buffer> {
  if (/^data:/i.test(url)) return readDataUrl(url);
  if (/^file:/i.test(url)) return readFileUrl(url, allowedFolder);
  throw fault(
    400,
    "The observer reads data: URLs and file:// URLs below its allowed folder, and fetches nothing else.",
  );
}

function readDataUrl(url: string): Buffer {
  const comma = url.indexOf(",");
  if (comma < 0 || !/;base64$/i.test(url.slice(0, comma))) {
    throw fault(501, "Only base64 data URLs are supported for now.");
  }
  const text = url.slice(comma + 1);
  const bytes = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (text.length % 4 !== 0) throw fault(400, "Incorrect padding");
  // The decoder of Node passes over what is not base64, so a foreign sign shows only in the length.
  if (bytes.length !== (text.length / 4) * 3 - padding) throw fault(400, "Non-base64 digit found");
  if (bytes.length === 0) throw notAnImage("it is empty");
  return bytes;
}

async function readFileUrl(url: string, allowedFolder: string | null): Promise<Buffer> {
  if (allowedFolder === null) throw fault(500, "Cannot load local files without `--allowed-local-media-path`.");
  let path: string;
  try {
    path = fileURLToPath(url);
  } catch {
    throw fault(400, "The file URL is not an absolute path on this machine.");
  }
  const root = await realpath(allowedFolder);
  // The real path is compared, so that neither `..` nor a symbolic link leads out of the folder.
  const real = await realpath(path).catch(() => null);
  if (real === null) throw fault(500, `[Errno 2] No such file or directory: '${path}'`);
  if (!real.startsWith(root.endsWith(sep) ? root : root + sep)) {
    throw fault(400, `The file path ${path} must be a subpath of \`--allowed-local-media-path\`.`);
  }
  const found = await stat(real);
  if (!found.isFile() || found.size > MOST_BYTES) throw notAnImage("it is no file, or far too large");
  return readFile(real);
}

/** What vLLM says of bytes that Pillow cannot read. */
export function notAnImage(reason: string) {
  return fault(400, `Failed to load image: cannot identify image file (${reason})`);
}
