import { type AttemptEvent, BATCH_ENDPOINT } from "../records/index.js";
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
  // The result of a batch file's request comes from a later writer.
  const batched = new Set<string>();
  const read = {
    segment: (path: string, info: SegmentInfo) => readOpenAndClosing(path, info, [open, batched]),
    journal: (path: string) => readJournal(path, onDamage),
  };
  for (const part of await listParts(root, model)) {
    if (part.writer !== writer) {
      count += open.size;
      open = new Set();
      writer = part.writer;
    }
    for await (const events of readPart(part, read)) {
      for (const { event, image, attempt, endpoint } of events) {
        const name = `${image} ${attempt}`;
        if (event === "asked") (endpoint.startsWith(BATCH_ENDPOINT) ? batched : open).add(name);
        else if (!open.delete(name)) batched.delete(name);
      }
    }
  }
  return count + open.size + batched.size;
}

/** The ends of what earlier parts left open, mostly in the first row group, then what the segment leaves open: its last rows. */
async function* readOpenAndClosing(
  path: string,
  info: SegmentInfo,
  open: readonly ReadonlySet<string>[],
): AsyncGenerator<readonly EventName[]> {
  const isOpen = () => open.some(({ size }) => size > 0);
  if (isOpen()) {
    for await (const events of readEventNames(path, 0)) {
      yield events.filter(({ event }) => event === "ended");
      if (!isOpen()) break;
    }
  }
  if (info.asked > 0) yield* readEventNames(path, info.rows - info.asked);
}

type EventName = Pick<AttemptEvent, "event" | "image" | "attempt" | "endpoint">;

async function* readEventNames(path: string, from: number): AsyncGenerator<readonly EventName[]> {
  for await (const group of readSegmentColumns(path, ["id", "event", "attempt", "endpoint"], from)) {
    const [id, event, attempt] = [group.get("id"), group.get("event"), group.get("attempt")];
    const endpoint = group.get("endpoint");
    yield Array.from({ length: group.rows }, (_, at) => ({
      event: event[at] === "asked" ? "asked" : "ended",
      image: String(id[at]),
      attempt: String(attempt[at]),
      endpoint: String(endpoint[at]),
    }));
  }
}
