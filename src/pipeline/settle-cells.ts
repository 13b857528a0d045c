import {
  addEnding,
  type CellState,
  EMPTY_CELL,
  type EndingRow,
  type ModelSpec,
  type SampleImage,
  type Store,
} from "../records/index.js";

/** A settled cell keeps of its deciding attempt only what later steps ask for. */
export interface SettledEnding {
  readonly attempt: string;
  readonly round: number;
  readonly countsAsTry: boolean;
  readonly finishReason: string | null;
  readonly faultKind: string | null;
}

/** The cells of one model by place in the sample. Reads no text. */
export type SettledCells = readonly CellState<SettledEnding>[];

/** Settles every cell of a model from the attempts that ended; attempts of other images, or of the writers in `passOver`, are left out. */
export async function settleCells(
  store: Store,
  model: ModelSpec,
  positions: ReadonlyMap<string, number>,
  passOver?: ReadonlySet<string>,
): Promise<SettledCells> {
  const cells: CellState<SettledEnding>[] = new Array(positions.size).fill(EMPTY_CELL);
  for await (const rows of store.endings(model.name, passOver)) {
    for (const row of rows) {
      const position = positions.get(row.image);
      if (position === undefined) continue;
      cells[position] = addEnding(cells[position] ?? EMPTY_CELL, keep(row), model.tries);
    }
  }
  return cells;
}

/** Where each image stands in the sample. */
export function positionsOf(images: readonly SampleImage[]): ReadonlyMap<string, number> {
  return new Map(images.map((image, position) => [image.id, position]));
}

function keep(row: EndingRow): SettledEnding {
  const { attempt, round, countsAsTry, finishReason, faultKind } = row;
  return { attempt, round, countsAsTry, finishReason, faultKind };
}
