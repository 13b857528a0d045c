import type { AttemptEvent } from "../records/index.js";
import { decodeLine } from "./checked-line.js";
import { isMissing } from "./disk-error.js";
import { openPart, type Part, type SegmentInfo } from "./parts.js";
import { type OnDamage, readLines } from "./read-lines.js";
import { fromLine, type LineRecord } from "./segment-columns.js";

/** How to read either form of a part. */
export interface PartReaders<T> {
  readonly segment: (path: string, info: SegmentInfo) => AsyncGenerator<readonly T[]>;
  readonly journal: (path: string) => AsyncGenerator<readonly T[]>;
}

/** Reads a part as what it is; a journal that is sealed between the look and the opening is read as its segment. */
export async function* readPart<T>(part: Part, read: PartReaders<T>): AsyncGenerator<readonly T[]> {
  const open = await openPart(part);
  if (open.kind === "segment") return yield* read.segment(open.path, open.info);
  try {
    yield* read.journal(open.path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const sealed = await openPart(part);
    if (sealed.kind === "segment") yield* read.segment(sealed.path, sealed.info);
    else throw error;
  }
}

/** The events of a journal; those of one image only where it is given. */
export async function* readJournal(
  path: string,
  onDamage: OnDamage,
  image?: string,
  from = 0,
): AsyncGenerator<readonly AttemptEvent[]> {
  const prefix = image === undefined ? null : Buffer.from(`{"id":${JSON.stringify(image)},`);
  for await (const lines of readLines(path, { from, onDamage })) {
    const wanted = prefix === null ? lines : lines.filter(({ body }) => startsWith(body, prefix));
    if (wanted.length > 0) yield wanted.map(({ body }) => fromLine(decodeLine<LineRecord>(body)));
  }
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
