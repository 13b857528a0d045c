import { PARSER_VERSION } from "../parsing/index.js";
import { OUTCOMES, type Pair } from "../records/index.js";
import { openRun } from "./open-run.js";
import { cellsByImage } from "./stream-pairs.js";

export interface ParsedRun {
  readonly parserVersion: string;
  /** Cells by model, outcome and reason; every cell of the run is in one row. */
  readonly counts: readonly {
    readonly model: string;
    readonly outcome: string;
    readonly reason: string | null;
    readonly cells: number;
  }[];
}

/** Reads every stored reply with today's parser, writes `pairs/<model>.parquet`, and counts what it says. */
export async function parseRun(folder: string, say: (sentence: string) => void): Promise<ParsedRun> {
  const { store, header, images } = await openRun(folder, say);
  const counts = new Map<string, { model: string; outcome: string; reason: string | null; cells: number }>();
  for (const model of header.models) {
    async function* counted(): AsyncGenerator<Pair> {
      for await (const cells of cellsByImage(store, [model], images)) {
        for (const { pair } of cells) {
          const key = `${pair.model}/${pair.outcome}/${pair.reason}`;
          const row = counts.get(key) ?? { model: pair.model, outcome: pair.outcome, reason: pair.reason, cells: 0 };
          row.cells += 1;
          counts.set(key, row);
          yield pair;
        }
      }
    }
    await store.writePairs(model.name, PARSER_VERSION, counted());
  }
  const models = header.models.map((model) => model.name);
  const rank = (row: { model: string; outcome: string }) =>
    models.indexOf(row.model) * OUTCOMES.length + (OUTCOMES as readonly string[]).indexOf(row.outcome);
  return {
    parserVersion: PARSER_VERSION,
    counts: [...counts.values()].sort((a, b) => rank(a) - rank(b) || b.cells - a.cells),
  };
}
