import {
  type ModelSpec,
  OUTCOMES,
  type Outcome,
  type ParsedOutcome,
  type SampleImage,
  type Store,
  suggestName,
  UsageError,
} from "../records/index.js";
import type { QueuedCell } from "./cell-queue.js";
import { positionsOf, type SettledCells, settleCells } from "./settle-cells.js";
import { cellsByImage } from "./stream-pairs.js";

/** What one model is to be asked in this start. */
export interface PlannedCells {
  readonly model: ModelSpec;
  readonly cells: readonly QueuedCell[];
  /** Faults of its own that each cell has had in its newest round, by place in the sample. */
  readonly tries: Uint32Array;
  /** Of the missing cells those that were in flight when endpoints died, with how often, by place in the sample. */
  readonly deaths: ReadonlyMap<number, number>;
  /** Cells that are final and stay so. */
  readonly final: number;
  /** Outcomes of final cells that are asked anew, by place in the sample. */
  readonly asksAnew: ReadonlyMap<number, ParsedOutcome>;
}

/** Outcome names from a flag, checked. */
export function checkOutcomes(names: readonly string[]): readonly Outcome[] {
  return names.map((name) => {
    const outcome = OUTCOMES.find((known) => known === name);
    if (outcome === undefined) throw new UsageError(`"${name}" is no outcome${suggestName(name, OUTCOMES)}`);
    return outcome;
  });
}

/** The missing cells of every model among the images, and the final ones whose outcome is to be asked anew. Attempts of the writers in `passOver` are of other images. */
export async function planCells(
  store: Store,
  models: readonly ModelSpec[],
  images: readonly SampleImage[],
  again: readonly Outcome[],
  passOver?: ReadonlySet<string>,
): Promise<readonly PlannedCells[]> {
  const positions = positionsOf(images);
  const anew = again.length === 0 ? new Map() : await outcomesToAskAnew(store, models, images, again);
  const plans: PlannedCells[] = [];
  for (const model of models) {
    const settled = await settleCells(store, model, positions, passOver);
    plans.push(planModel(model, settled, anew.get(model.name) ?? new Map()));
  }
  return plans;
}

function planModel(
  model: ModelSpec,
  settled: SettledCells,
  asksAnew: ReadonlyMap<number, ParsedOutcome>,
): PlannedCells {
  const cells: QueuedCell[] = [];
  const tries = new Uint32Array(settled.length);
  const deaths = new Map<number, number>();
  let final = 0;
  for (const [position, cell] of settled.entries()) {
    const isMissing = cell.accepted === null && cell.failed === null;
    if (asksAnew.has(position)) {
      cells.push({ position, round: cell.round + 1 });
    } else if (isMissing) {
      cells.push({ position, round: cell.round });
      tries[position] = cell.tries;
      if (cell.deaths > 0) deaths.set(position, cell.deaths);
    } else {
      final += 1;
    }
  }
  return {
    model,
    cells,
    tries,
    deaths,
    final,
    asksAnew,
  };
}

/**
 * Another token budget is another question, as the cells' keys say. So only what `--again` asks is asked it; cells that
 * are missing are asked before, as the recipe says.
 */
export function splitByBudget(plan: PlannedCells, maxTokens: number | null): readonly PlannedCells[] {
  if (maxTokens === null) return [plan];
  const { model, asksAnew } = plan;
  const isAnew = ({ position }: QueuedCell) => asksAnew.has(position);
  return [
    { ...plan, cells: plan.cells.filter((cell) => !isAnew(cell)) },
    {
      ...plan,
      model: { ...model, sampling: { ...model.sampling, max_tokens: maxTokens } },
      cells: plan.cells.filter(isAnew),
    },
  ].filter(({ cells }) => cells.length > 0);
}

async function outcomesToAskAnew(
  store: Store,
  models: readonly ModelSpec[],
  images: readonly SampleImage[],
  again: readonly Outcome[],
): Promise<Map<string, Map<number, ParsedOutcome>>> {
  const wanted = new Set<Outcome>(again);
  const anew = new Map(models.map((model) => [model.name, new Map<number, ParsedOutcome>()]));
  let position = 0;
  for await (const cells of cellsByImage(store, models, images)) {
    for (const { pair } of cells) {
      if (pair.outcome !== "missing" && wanted.has(pair.outcome)) anew.get(pair.model)?.set(position, pair.outcome);
    }
    position += 1;
  }
  return anew;
}
