import type { AttemptEvent, Ended, EndingRow } from "../records/index.js";
import { decodeLine } from "./checked-line.js";
import { isMissing } from "./disk-error.js";
import type { ParquetColumns } from "./parquet-file.js";
import { listModels, listParts, type OpenPart, openPart, type Part } from "./parts.js";
import { type Damage, readLines } from "./read-lines.js";
import { openSegmentReader, readSegment, readSegmentColumns } from "./read-segment.js";
import { fromLine, type LineRecord, numberOrNull, textOrNull } from "./segment-columns.js";

export type OnDamage = (damage: Damage) => void | Promise<void>;

/** Ended attempts of a model with their texts, each attempt once, writers in start order. */
export async function* readAttempts(root: string, model: string, onDamage: OnDamage): AsyncGenerator<readonly Ended[]> {
  const parts = await listParts(root, model);
  const reader = await openSegmentReader(await countSealedRows(parts));
  const isNew = rememberAttempts();
  try {
    for (const part of parts) {
      for await (const events of readPart(part, {
        segment: reader.read,
        journal: (path) => readJournal(path, onDamage),
      })) {
        const ended = events
          .filter((event) => event.event === "ended")
          .filter((each) => isNew(each.image, each.attempt));
        if (ended.length > 0) yield ended.map(({ event: _, ...rest }) => rest);
      }
    }
  } finally {
    reader.close();
  }
}

/** The same attempts without texts: half a million in about a second, and without DuckDB. */
export async function* readEndings(
  root: string,
  model: string,
  onDamage: OnDamage,
): AsyncGenerator<readonly EndingRow[]> {
  const isNew = rememberAttempts();
  const read = {
    segment: (path: string) => readSegmentEndings(path, model),
    journal: (path: string) => readJournalEndings(path, onDamage),
  };
  for (const part of await listParts(root, model)) {
    for await (const rows of readPart(part, read)) {
      const fresh = rows.filter((row) => isNew(row.image, row.attempt));
      if (fresh.length > 0) yield fresh;
    }
  }
}

/** Every event of one cell in the order written; of a sealed attempt that ended, its `ended`. */
export async function readCell(
  root: string,
  image: string,
  model: string,
  onDamage: OnDamage,
): Promise<readonly AttemptEvent[]> {
  const found: AttemptEvent[] = [];
  const isNew = { asked: rememberAttempts(), ended: rememberAttempts() };
  const read = {
    segment: (path: string) => readCellOfSegment(path, image),
    journal: (path: string) => readJournal(path, onDamage, image),
  };
  for (const part of await listParts(root, model)) {
    for await (const events of readPart(part, read)) {
      found.push(...events.filter((event) => event.image === image && isNew[event.event](event.image, event.attempt)));
    }
  }
  return found;
}

/** How many requests left without an `ended`, by model. Reads the texts of journals only. */
export async function countUnanswered(root: string, onDamage: OnDamage): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const model of await listModels(root)) counts[model] = await countUnansweredOf(root, model, onDamage);
  return counts;
}

async function countUnansweredOf(root: string, model: string, onDamage: OnDamage): Promise<number> {
  const asked = new Set<string>();
  const ended = new Set<string>();
  const read = { segment: readEventNames, journal: (path: string) => readJournal(path, onDamage) };
  const parts = await Promise.all(
    (await listParts(root, model)).map(async (part) => ({ part, leavesOpen: leavesOpen(await openPart(part)) })),
  );
  for (const open of [true, false]) {
    for (const { part, leavesOpen } of parts) {
      if (leavesOpen !== open) continue;
      for await (const events of readPart(part, read)) {
        for (const { event, attempt, image } of events) (event === "asked" ? asked : ended).add(`${image} ${attempt}`);
      }
    }
    // Segments that leave nothing open are only worth reading for what others do.
    if ([...asked].every((attempt) => ended.has(attempt))) return 0;
  }
  return [...asked].filter((attempt) => !ended.has(attempt)).length;
}

function leavesOpen(part: OpenPart): boolean {
  return part.kind === "journal" || part.info.asked > 0;
}

interface PartReaders<T> {
  readonly segment: (path: string) => AsyncGenerator<readonly T[]>;
  readonly journal: (path: string) => AsyncGenerator<readonly T[]>;
}

/** Reads a part as what it is; a journal that is sealed between the look and the opening is read as its segment. */
async function* readPart<T>(part: Part, read: PartReaders<T>): AsyncGenerator<readonly T[]> {
  const first = await openPart(part);
  if (first.kind === "segment") return yield* read.segment(first.path);
  try {
    yield* read.journal(first.path);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const second = await openPart(part);
    yield* read[second.kind](second.path);
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

async function* readJournalEndings(path: string, onDamage: OnDamage): AsyncGenerator<readonly EndingRow[]> {
  for await (const events of readJournal(path, onDamage)) {
    yield events.filter((event) => event.event === "ended").map(endingOf);
  }
}

export function endingOf(ended: Ended): EndingRow {
  return {
    image: ended.image,
    model: ended.model,
    attempt: ended.attempt,
    round: ended.round,
    countsAsTry: ended.countsAsTry,
    finishReason: ended.reply?.finishReason ?? null,
    faultKind: ended.fault?.kind ?? null,
    promptTokens: ended.reply?.promptTokens ?? null,
    completionTokens: ended.reply?.completionTokens ?? null,
  };
}

const ENDING_COLUMNS = [
  "id",
  "event",
  "attempt",
  "round",
  "counts_as_try",
  "finish_reason",
  "fault_kind",
  "prompt_tokens",
  "completion_tokens",
] as const;

async function* readSegmentEndings(path: string, model: string): AsyncGenerator<readonly EndingRow[]> {
  for await (const group of readSegmentColumns(path, ENDING_COLUMNS)) yield endingRows(group, model);
}

function endingRows(group: ParquetColumns, model: string): readonly EndingRow[] {
  const [id, event, attempt, round, tries, finish, fault, prompt, completion] = ENDING_COLUMNS.map((name) =>
    group.get(name),
  );
  const rows: EndingRow[] = [];
  for (let at = 0; at < group.rows; at += 1) {
    if (event?.[at] !== "ended") continue;
    rows.push({
      image: String(id?.[at]),
      model,
      attempt: String(attempt?.[at]),
      round: Number(round?.[at]),
      countsAsTry: tries?.[at] === true,
      finishReason: textOrNull(finish?.[at]),
      faultKind: textOrNull(fault?.[at]),
      promptTokens: numberOrNull(prompt?.[at]),
      completionTokens: numberOrNull(completion?.[at]),
    });
  }
  return rows;
}

async function* readEventNames(
  path: string,
): AsyncGenerator<readonly Pick<AttemptEvent, "event" | "image" | "attempt">[]> {
  for await (const group of readSegmentColumns(path, ["id", "event", "attempt"])) {
    const [id, event, attempt] = [group.get("id"), group.get("event"), group.get("attempt")];
    yield Array.from({ length: group.rows }, (_, at) => ({
      event: event[at] === "asked" ? "asked" : "ended",
      image: String(id[at]),
      attempt: String(attempt[at]),
    }));
  }
}

/** Looks the image up in the id column, then fetches only its rows. */
async function* readCellOfSegment(path: string, image: string): AsyncGenerator<readonly AttemptEvent[]> {
  const rows: number[] = [];
  for await (const group of readSegmentColumns(path, ["id"])) {
    const ids = group.get("id");
    for (let at = 0; at < group.rows; at += 1) if (ids[at] === image) rows.push(group.from + at);
  }
  for (const row of rows) yield* readSegment(path, row, row + 1);
}

async function countSealedRows(parts: readonly Part[]): Promise<number> {
  const open = await Promise.all(parts.map(openPart));
  return open.reduce((sum, part) => sum + (part.kind === "segment" ? part.info.rows : 0), 0);
}

/** Answers once with true for each (image, attempt). */
function rememberAttempts(): (image: string, attempt: string) => boolean {
  const images = new Map<string, string>();
  const others = new Set<string>();
  return (image, attempt) => {
    const first = images.get(attempt);
    if (first === undefined) {
      images.set(attempt, image);
      return true;
    }
    if (first === image || others.has(`${image} ${attempt}`)) return false;
    others.add(`${image} ${attempt}`);
    return true;
  };
}

function startsWith(bytes: Buffer, prefix: Buffer): boolean {
  return bytes.length >= prefix.length && bytes.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
