import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Capabilities } from "../records/index.js";
import { putFile } from "./atomic-file.js";
import { readTextOrNull } from "./read-text.js";

const FORMAT_VERSION = 1;

/** What the probe of one endpoint found, kept in the run folder: `endpoints/<name>-<hash>.json`. */
export interface EndpointRecord {
  /** Null where nothing is kept, or nothing that this program can read: then the endpoint is probed anew. */
  recall(): Promise<Capabilities | null>;
  keep(seen: Capabilities): Promise<void>;
}

/** The record of asking `model` at `endpoint` under the recipe's `name`. Any process may replace it; the last one stays. */
export function endpointRecord(
  run: string,
  place: { readonly name: string; readonly endpoint: string; readonly model: string },
): EndpointRecord {
  const hash = createHash("sha256").update(`${place.endpoint}\n${place.model}`).digest("hex").slice(0, 12);
  const path = join(run, "endpoints", `${place.name}-${hash}.json`);
  return {
    async recall() {
      const text = await readTextOrNull(path);
      return text === null ? null : readRecord(text);
    },
    async keep(seen) {
      await putFile(path, `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...seen }, null, 2)}\n`);
    },
  };
}

function readRecord(text: string): Capabilities | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

/** The fields a decision rests on; the file was written whole or not at all. */
function isRecord(value: unknown): value is Capabilities {
  if (value === null || typeof value !== "object") return false;
  const { formatVersion, endpoint, model, probedAt, triedFields, refusedFields } = value as Record<string, unknown>;
  return (
    formatVersion === FORMAT_VERSION &&
    [endpoint, model, probedAt].every((field) => typeof field === "string") &&
    [triedFields, refusedFields].every((list) => Array.isArray(list))
  );
}
