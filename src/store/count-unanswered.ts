import type { AttemptEvent } from "../records/index.js";
import { listModels, listParts, type SegmentInfo } from "./parts.js";
import type { OnDamage } from "./read-lines.js";
import { readJournal, readPart } from "./read-part.js";
import { readSegmentColumns } from "./read-segment.js";

/** How many requests left without an `ended`, by model. Reads the texts of journals only. */
export async function countUnanswered(root: string, onDamage: OnDamage): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const model of await listModels(root)) counts[model] = await countUnansweredOf(root, model, onDamage);
  return counts;
}

async function countUnansweredOf(root: string, model: string, onDamage: OnDamage): Promise<number> {
  let count = 0;
  let writer = "";
  let open = new Set<string>();
  const read = {
    segment: (path: string, info: SegmentInfo) => readOpenAndClosing(path, info, open),
    journal: (path: string) => readJournal(path, onDamage),
  };
  for (const part of await listParts(root, model)) {
    if (part.writer !== writer) {
      count += open.size;
      open = new Set();
      writer = part.writer;
    }
    for await (const events of readPart(part, read)) {
      for (const { event, image, attempt } of events) {
        if (event === "asked") open.add(`${image} ${attempt}`);
        else open.delete(`${image} ${attempt}`);
      }
    }
  }
  return count + open.size;
}

/** The ends of what earlier parts left open, mostly in the first row group, then what the segment leaves open: its last rows. */
async function* readOpenAndClosing(
  path: string,
  info: SegmentInfo,
  open: ReadonlySet<string>,
): AsyncGenerator<readonly EventName[]> {
  if (open.size > 0) {
    for await (const events of readEventNames(path, 0)) {
      yield events.filter(({ event }) => event === "ended");
      if (open.size === 0) break;
    }
  }
  if (info.asked > 0) yield* readEventNames(path, info.rows - info.asked);
}

type EventName = Pick<AttemptEvent, "event" | "image" | "attempt">;

async function* readEventNames(path: string, from: number): AsyncGenerator<readonly EventName[]> {
  for await (const group of readSegmentColumns(path, ["id", "event", "attempt"], from)) {
    const [id, event, attempt] = [group.get("id"), group.get("event"), group.get("attempt")];
    yield Array.from({ length: group.rows }, (_, at) => ({
      event: event[at] === "asked" ? "asked" : "ended",
      image: String(id[at]),
      attempt: String(attempt[at]),
    }));
  }
}
