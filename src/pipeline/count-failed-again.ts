import type { ModelSpec, RunHeader, Store, WriterInfo } from "../records/index.js";
import { positionsOf, settleCells } from "./settle-cells.js";

/**
 * Failed cells of the models some writer counted under another `tries` than the run's now: whether a cell has failed is
 * then no longer what that writer said. Reads no text.
 */
export async function countFailedAgain(store: Store, header: RunHeader): Promise<ReadonlyMap<string, number>> {
  const writers = await store.writers();
  const models = header.models.filter((model) => writers.some((writer) => countedOtherwise(writer, model)));
  const counts = new Map<string, number>();
  if (models.length === 0) return counts;
  const positions = positionsOf((await store.readSample()) ?? []);
  for (const model of models) {
    const cells = await settleCells(store, model, positions);
    counts.set(model.name, cells.filter(({ failed }) => failed !== null).length);
  }
  return counts;
}

function countedOtherwise({ tries, tallies }: WriterInfo, model: ModelSpec): boolean {
  const hadFaults = Object.keys(tallies[model.name]?.faults ?? {}).length > 0;
  return hadFaults && tries?.[model.name] !== undefined && tries[model.name] !== model.tries;
}
