import { type AttemptEvent, BATCH_ENDPOINT } from "../records/index.js";
import { listModels, listParts, type SegmentInfo } from "./parts.js";
import type { OnDamage } from "./read-lines.js";
import { readJournal, readPart } from "./read-part.js";
import { readSegmentColumns } from "./read-segment.js";

/** Requests of one model that left and have no `ended`. */
export interface Unanswered {
  /** Cut by the end of their writer, or under way. */
  readonly cut: number;
  /** Gone out in a batch file whose result has not come. */
  readonly batched: number;
}

/** How many requests left without an `ended`, by model, but for those of the writers `except`. Reads the texts of journals only. */
export async function countUnanswered(
  root: string,
  onDamage: OnDamage,
  except: ReadonlySet<string> = new Set(),
): Promise<Readonly<Record<string, Unanswered>>> {
  const counts: Record<string, Unanswered> = {};
  for (const model of await listModels(root)) counts[model] = await countUnansweredOf(root, model, onDamage, except);
  return counts;
}

async function countUnansweredOf(
  root: string,
  model: string,
  onDamage: OnDamage,
  except: ReadonlySet<string>,
): Promise<Unanswered> {
  let cut = 0;
  let writer = "";
  let open = new Set<string>();
  // The result of a batch file's request comes from a later writer.
  const batched = new Set<string>();
  const read = {
    segment: (path: string, info: SegmentInfo) => readOpenAndClosing(path, info, [open, batched]),
    journal: (path: string) => readJournal(path, onDamage),
  };
  for (const part of await listParts(root, model)) {
    if (except.has(part.writer)) continue;
    if (part.writer !== writer) {
      cut += open.size;
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
  return { cut: cut + open.size, batched: batched.size };
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
