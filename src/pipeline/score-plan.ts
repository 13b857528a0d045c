import type { MetricFacts, ModelSpec, SampleImage, Score } from "../records/index.js";
import { UserError } from "../records/index.js";
import type { ScoreTable } from "../store/index.js";
import type { PartName, SurveyedModel } from "./survey-texts.js";

/** One model whose text is measured against another's. */
export interface Comparison {
  readonly model: string;
  readonly reference: string;
}

/** Every candidate against every teacher, then the teachers against each other, the earlier one as the reference. */
export function planComparisons(models: readonly Pick<ModelSpec, "name" | "role">[]): readonly Comparison[] {
  const teachers = models.filter(({ role }) => role === "teacher").map(({ name }) => name);
  const candidates = models.filter(({ role }) => role === "candidate").map(({ name }) => name);
  const measured = candidates.flatMap((model) => teachers.map((reference) => ({ model, reference })));
  const among = teachers.flatMap((reference, at) => teachers.slice(at + 1).map((model) => ({ model, reference })));
  const all = [...measured, ...among];
  if (all.length === 0) {
    throw new UserError(
      "the run has one teacher and no candidates, so there is nothing to compare; add some to its recipe",
    );
  }
  return all;
}

/** A metric over one part: what is known of it, and the scores there are so far. */
export interface ScoreBoard {
  readonly part: PartName;
  readonly facts: MetricFacts;
  readonly table: ScoreTable;
  /** One column a comparison, one entry a picture: F1 or the one number; NaN where there is none. */
  readonly values: readonly Float64Array[];
  /** 1 where the pair was scored, also where the metric gave no number. */
  readonly done: readonly Uint8Array[];
  /** Pairs of both texts without a score. */
  missing: number;
  /** Rows of texts that have changed since, or of models that are gone. */
  stale: number;
}

/** The pairs of a part: which pictures both sides have a text for. */
export interface PairMap {
  readonly comparisons: readonly Comparison[];
  /** As the tables have them, null where a side has no text. */
  texts(part: PartName, comparison: number, position: number): string | null;
  readonly positions: ReadonlyMap<string, number>;
}

export function mapPairs(
  comparisons: readonly Comparison[],
  models: readonly SurveyedModel[],
  images: readonly SampleImage[],
): PairMap {
  const columns = comparisons.map(({ model, reference }) => ({
    model: models.find(({ name }) => name === model),
    reference: models.find(({ name }) => name === reference),
  }));
  return {
    comparisons,
    positions: new Map(images.map((image, position) => [image.id, position])),
    texts(part, comparison, position) {
      const column = columns[comparison];
      const hypothesis = column?.model?.texts[part][position] ?? 0;
      const reference = column?.reference?.texts[part][position] ?? 0;
      return hypothesis === 0 || reference === 0 ? null : `${hex(reference)}${hex(hypothesis)}`;
    },
  };
}

function hex(bits: number): string {
  return bits.toString(16).padStart(8, "0");
}

/** Reads what a table has of today's pairs; the newest row of a pair counts. */
export async function openBoard(
  part: PartName,
  facts: MetricFacts,
  table: ScoreTable,
  pairs: PairMap,
): Promise<ScoreBoard> {
  const size = pairs.positions.size;
  const values = pairs.comparisons.map(() => new Float64Array(size).fill(Number.NaN));
  const done = pairs.comparisons.map(() => new Uint8Array(size));
  const columns = new Map(pairs.comparisons.map(({ model, reference }, at) => [`${model}/${reference}`, at]));
  let stale = 0;
  for await (const row of table.rows()) {
    const at = columns.get(`${row.model}/${row.reference}`);
    const position = pairs.positions.get(row.image);
    if (at === undefined || position === undefined || pairs.texts(part, at, position) !== row.texts) stale += 1;
    else enterScore({ values, done }, at, position, row.score);
  }
  let missing = 0;
  for (const [at, column] of done.entries()) {
    for (let position = 0; position < size; position++) {
      if (column[position] === 0 && pairs.texts(part, at, position) !== null) missing += 1;
    }
  }
  return { part, facts, table, values, done, missing, stale };
}

export function enterScore(
  board: Pick<ScoreBoard, "values" | "done">,
  comparison: number,
  position: number,
  score: Score,
): void {
  const values = board.values[comparison];
  const done = board.done[comparison];
  if (values === undefined || done === undefined) return;
  done[position] = 1;
  values[position] = score === null ? Number.NaN : typeof score === "number" ? score : score.f1;
}
