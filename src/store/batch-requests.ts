import { type Asked, type AttemptEvent, BATCH_ENDPOINT } from "../records/index.js";
import { listParts, type SegmentInfo } from "./parts.js";
import type { OnDamage } from "./read-lines.js";
import { readJournal, readPart } from "./read-part.js";
import { readSegment } from "./read-segment.js";

/**
 * Requests of a model that went out in batch files, in the order written, whether their results have come or not: those
 * are in the files of whoever read them. Reads of a sealed segment only the rows of requests without an end, its last ones.
 */
export async function* readBatchRequests(
  root: string,
  model: string,
  onDamage: OnDamage,
): AsyncGenerator<readonly Asked[]> {
  const read = {
    segment: (path: string, info: SegmentInfo) => readOpenRows(path, info),
    journal: (path: string) => readJournal(path, onDamage),
  };
  for (const part of await listParts(root, model)) {
    for await (const events of readPart(part, read)) {
      const asked = events.filter((event) => event.event === "asked" && event.endpoint.startsWith(BATCH_ENDPOINT));
      if (asked.length > 0) yield asked.map(askedOf);
    }
  }
}

async function* readOpenRows(path: string, info: SegmentInfo): AsyncGenerator<readonly AttemptEvent[]> {
  if (info.asked > 0) yield* readSegment(path, info.rows - info.asked);
}

function askedOf({ image, model, attempt, round, key, endpoint, askedAt }: AttemptEvent): Asked {
  return { image, model, attempt, round, key, endpoint, askedAt };
}
