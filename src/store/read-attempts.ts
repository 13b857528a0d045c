import type { AttemptEvent, Ended, EndingRow } from "../records/index.js";
import type { ParquetColumns } from "./parquet-file.js";
import { listParts, openPart, type Part } from "./parts.js";
import type { OnDamage } from "./read-lines.js";
import { readJournal, readPart } from "./read-part.js";
import { openSegmentReader, readSegment, readSegmentColumns } from "./read-segment.js";
import { numberOrNull, textOrNull } from "./segment-columns.js";

/** Ended attempts of a model with their texts, each attempt once, writers in start order. */
export async function* readAttempts(root: string, model: string, onDamage: OnDamage): AsyncGenerator<readonly Ended[]> {
  const parts = await listParts(root, model);
  const reader = await openSegmentReader(await countSealedRows(parts));
  const read = { segment: reader.read, journal: (path: string) => readJournal(path, onDamage) };
  const isNew = rememberAttempts();
  try {
    for (const part of parts) {
      for await (const events of readPart(part, read)) {
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

/** The same attempts without texts: half a million in about a second, and without DuckDB. Leaves out those of the writers in `passOver`. */
export async function* readEndings(
  root: string,
  model: string,
  { onDamage, passOver }: { readonly onDamage: OnDamage; readonly passOver: ReadonlySet<string> | undefined },
): AsyncGenerator<readonly EndingRow[]> {
  const isNew = rememberAttempts();
  const read = {
    segment: (path: string) => readSegmentEndings(path, model),
    journal: (path: string) => readJournalEndings(path, onDamage),
  };
  for (const part of await listParts(root, model)) {
    if (passOver?.has(part.writer) === true) continue;
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
  let rows = 0;
  for (const part of parts) {
    const open = await openPart(part);
    if (open.kind === "segment") rows += open.info.rows;
  }
  return rows;
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
