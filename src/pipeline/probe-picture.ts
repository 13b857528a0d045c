import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { encodeBase64 } from "../images/index.js";
import type { PreparedPicture } from "../records/index.js";

/** The small picture every endpoint is looked at with: 224 × 224 pixels, drawn for it. */
export async function probePicture(): Promise<PreparedPicture> {
  const bytes = await readFile(new URL("../../data/probe.jpg", import.meta.url));
  return { base64: encodeBase64(bytes), mime: "image/jpeg", sha256: createHash("sha256").update(bytes).digest("hex") };
}
