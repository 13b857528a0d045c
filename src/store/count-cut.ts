import { BATCH_ENDPOINT, type Ended, type Store } from "../records/index.js";
import { listModels, listParts } from "./parts.js";
import { readJournal, readPart } from "./read-part.js";

/**
 * How many requests were cut by the end of their writer, by model. Those of the writers `atWork` are under way; those
 * that went out in a batch file wait for its result. Of segments only their `.json` is read, and texts only of the
 * journals that dead writers left.
 */
export async function countCut(
  store: Pick<Store, "path">,
  atWork: ReadonlySet<string>,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const model of await listModels(store.path)) {
    let cut = 0;
    for (const part of await listParts(store.path, model)) {
      if (atWork.has(part.writer)) continue;
      for await (const found of readPart(part, CUT_IN)) cut += found.reduce((sum, count) => sum + count, 0);
    }
    counts[model] = cut;
  }
  return counts;
}

/** Requests that one part leaves open, less those of earlier parts that end in it. */
const CUT_IN = {
  async *segment(_path: string, info: { asked: number; batched?: number; carried?: number }) {
    // Segments of before these numbers were kept say nothing, and hardly ever hold a cut request.
    yield [info.asked - (info.batched ?? 0) - (info.carried ?? info.asked)];
  },
  async *journal(path: string) {
    const open = new Set<string>();
    let carried = 0;
    for await (const events of readJournal(path, () => undefined)) {
      for (const each of events) {
        const name = `${each.image} ${each.attempt}`;
        if (each.endpoint.startsWith(BATCH_ENDPOINT)) continue;
        if (each.event === "asked") open.add(name);
        else if (!open.delete(name) && !neverLeft(each)) carried += 1;
      }
    }
    yield [open.size - carried];
  },
};

/** Whether an attempt ended before anything was asked: its picture was another, so no `asked` stands anywhere. */
export function neverLeft({ fault }: Pick<Ended, "fault">): boolean {
  return fault?.kind === "image-changed";
}
