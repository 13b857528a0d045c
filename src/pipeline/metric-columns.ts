import type { MetricColumns } from "../analysis/index.js";
import type { MetricFacts } from "../records/index.js";
import { lexicalNames, type ScoreSummary } from "../scoring/index.js";
import type { ScoreTable, ScoreTableFacts } from "../store/index.js";
import type { PairMap, ScoreBoard } from "./score-plan.js";

/** A board as analysis takes it. */
export async function columnsOf(board: ScoreBoard, { comparisons }: PairMap): Promise<MetricColumns> {
  const facts: MetricFacts = (await board.table.readFacts()) ?? board.facts;
  return {
    part: board.part,
    metric: facts.name,
    signature: facts.signature,
    protocol: facts.protocol,
    range: rangeOf(facts, (facts as Partial<ScoreTableFacts>).imported === true),
    truncated: await truncatedOf(board.table),
    columns: comparisons.map(({ model, reference }, at) => ({
      model,
      reference,
      values: board.values[at] ?? new Float64Array(0),
    })),
  };
}

/** The least and the most a pair can get; a rescaled BERTScore and numbers from elsewhere have no known ends. */
function rangeOf({ name, protocol }: MetricFacts, imported: boolean) {
  if (imported) return null;
  if (lexicalNames.includes(name)) return { least: 0, most: 1 };
  const isRescaled = Object.entries(protocol).some(
    ([key, value]) => /baseline|rescal/i.test(key) && value !== null && value !== false,
  );
  return isRescaled ? null : { least: -1, most: 1 };
}

/** Share of the texts that an encoder did not see whole, over everything that was scored; null where nothing is cut off. */
async function truncatedOf(table: ScoreTable): Promise<MetricColumns["truncated"]> {
  const sum = { reference: { texts: 0, cut: 0 }, hypothesis: { texts: 0, cut: 0 } };
  for (const notes of await table.notes()) {
    const note = notes.get(TRUNCATED_NOTE);
    if (note === undefined) continue;
    const part = JSON.parse(note) as typeof sum;
    for (const side of ["reference", "hypothesis"] as const) {
      sum[side].texts += part[side].texts;
      sum[side].cut += part[side].cut;
    }
  }
  if (sum.reference.texts === 0 || sum.hypothesis.texts === 0) return null;
  return {
    reference: sum.reference.cut / sum.reference.texts,
    hypothesis: sum.hypothesis.cut / sum.hypothesis.texts,
  };
}

/** A key of each file's metadata: how many texts of either side an encoder was given, and how many it cut. */
const TRUNCATED_NOTE = "imagenet-think.truncated";

/** What a file of scores remembers of the texts it was made from. */
export function truncatedNotes(summary: ScoreSummary | null, metric: string): Readonly<Record<string, string>> {
  const truncated = summary?.metrics[metric]?.truncated ?? null;
  if (truncated === null) return {};
  const side = ({ texts, cut }: { readonly texts: number; readonly cut: number }) => ({ texts, cut });
  return {
    [TRUNCATED_NOTE]: JSON.stringify({ reference: side(truncated.reference), hypothesis: side(truncated.hypothesis) }),
  };
}
