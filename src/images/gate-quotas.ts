import { availableParallelism } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CatalogImage, SampleSpec, Verdict } from "../records/index.js";
import type { Catalog } from "./catalog.js";
import { type DrawQueue, openDrawQueue } from "./draw-queue.js";
import type { DrawnClass } from "./drawn-class.js";
import type { SeededOrder } from "./seeded-order.js";

/** Looks at pictures and gives a verdict on each, in any order. */
export type AskGate = (images: readonly CatalogImage[]) => Promise<readonly Verdict[]>;

export interface GateOptions {
  /** The verdict an earlier start came to; such a picture is not gated again. */
  readonly known?: (id: string) => Verdict | undefined;
  /** Pictures that go to the gate in one call, at most. Default 16. */
  readonly batchSize?: number;
  /** Calls to the gate that are under way at once, at most. Default two a core. */
  readonly inFlight?: number;
  readonly onProgress?: (progress: DrawProgress) => void;
  /** When aborted, no further picture goes to the gate; once the calls under way are back, its reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Counts of pictures. */
export interface DrawProgress {
  /** The shares of all classes together; falls where the catalog turns out too small. */
  readonly wanted: number;
  readonly accepted: number;
  /** Turned away by the gate. */
  readonly rejected: number;
  /** How many of the two an earlier start had gated. */
  readonly known: number;
}

/** A picture at the gate. */
interface Asked {
  readonly from: DrawnClass;
  readonly rank: number;
  readonly position: number;
  readonly image: CatalogImage;
}

/**
 * Fills `taken` and `turnedAway` of every class; `classes` come in the order in which odd pictures are given out.
 *
 * A class never has more pictures taken and at the gate than its share, so each one it sends is needed whatever the
 * verdicts on the others are. Shares are counted with the capacity a class can still have: that only shrinks towards
 * the true one, and shares of the others only grow towards theirs, so every order of verdicts ends in the same state.
 */
export async function gateQuotas(
  classes: readonly DrawnClass[],
  catalog: Catalog,
  spec: SampleSpec | null,
  seeded: SeededOrder,
  gate: AskGate,
  options: GateOptions,
): Promise<void> {
  const queue = openDrawQueue(classes, spec);
  const inFlight = Math.max(1, options.inFlight ?? 2 * availableParallelism());
  // A small sample is cut small enough that every worker has a part of it.
  const batchSize = Math.max(1, Math.min(options.batchSize ?? 16, Math.ceil(queue.wanted() / (2 * inFlight))));
  const counts = { accepted: 0, rejected: 0, known: 0 };

  const ask = async (batch: readonly Asked[]): Promise<void> => {
    const { verdicts, known } = await verdictsOn(batch, gate, options.known);
    for (const asked of batch) {
      counts[settle(asked, verdicts.get(asked.image.id))]++;
      queue.settled(asked.from);
    }
    counts.known += known;
    options.onProgress?.({ ...counts, wanted: queue.wanted() });
  };

  const flying = new Set<Promise<void>>();
  try {
    for (;;) {
      while (flying.size < inFlight && options.signal?.aborted !== true) {
        const batch = takeBatch(queue, batchSize, catalog, seeded);
        if (batch.length === 0) break;
        const flight = ask(batch).finally(() => flying.delete(flight));
        flying.add(flight);
      }
      if (flying.size === 0) break;
      await Promise.race(flying);
    }
  } finally {
    await Promise.allSettled(flying);
  }
  options.signal?.throwIfAborted();
}

function takeBatch(queue: DrawQueue, batchSize: number, catalog: Catalog, seeded: SeededOrder): readonly Asked[] {
  const batch: Asked[] = [];
  while (batch.length < batchSize) {
    const from = queue.next();
    if (from === null) break;
    from.order ??= seeded.order(from.count, (position) => catalog.idOf(from.index, position));
    const rank = from.next++;
    from.asking++;
    const position = from.order[rank] ?? 0;
    batch.push({ from, rank, position, image: catalog.entryOf(from.index, position) });
  }
  return batch;
}

async function verdictsOn(
  batch: readonly Asked[],
  gate: AskGate,
  known: GateOptions["known"],
): Promise<{ verdicts: ReadonlyMap<string, Verdict>; known: number }> {
  const verdicts = new Map<string, Verdict>();
  const unknown: CatalogImage[] = [];
  for (const { image } of batch) {
    const verdict = known?.(image.id);
    if (verdict === undefined) unknown.push(image);
    else verdicts.set(image.id, verdict);
  }
  const found = verdicts.size;
  // Without a turn for others a draw that is known already would hold up heartbeats for seconds.
  if (unknown.length === 0) await nextTurn();
  else for (const verdict of await gate(unknown)) verdicts.set(verdict.id, verdict);
  return { verdicts, known: found };
}

function settle({ from, rank, position, image }: Asked, verdict: Verdict | undefined): "accepted" | "rejected" {
  from.asking--;
  if (verdict?.accepted) {
    from.taken.push({ rank, position, facts: verdict.accepted });
    return "accepted";
  }
  if (verdict?.rejected) {
    from.turnedAway.push({ rank, position, ...verdict.rejected });
    return "rejected";
  }
  throw new Error(`the gate gave no verdict on ${image.id}`);
}
