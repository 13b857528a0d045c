import type { Exporter, ExportOptions, ExportPair, ExportRow, ImageId } from "../../records/index.js";
import { partsOf } from "../outgoing-rows.js";
import type { ExperimentPart } from "./view.js";

/** The base arm as it was written. */
export interface WrittenBase {
  readonly exporter: Exporter;
  readonly folder: string;
  readonly options: ExportOptions;
  /** Places in the sample. */
  readonly positions: ReadonlyMap<ImageId, number>;
}

/**
 * The rows of another arm, cut from the files of the base arm: so its texts are those of the base arm, and the run, which
 * lies in the order of its replies, need not be put in sample order again.
 */
export async function* cutRows(
  { exporter, folder, options, positions }: WrittenBase,
  part: ExperimentPart,
): AsyncGenerator<ExportRow> {
  for await (const row of exporter.read(folder, options)) {
    const place = positions.get(row.image.id) ?? -1;
    const pairs = row.pairs.filter(({ teacher }) => part.has(place, options.teachers.indexOf(teacher)));
    if (pairs.length > 0) yield { ...row, pairs: pairs.map((pair) => cutPair(pair, part)) };
  }
}

function cutPair(pair: ExportPair, { parts }: ExperimentPart): ExportPair {
  return { ...pair, ...partsOf(pair, parts), tokens: partsOf(pair.tokens, parts) };
}
