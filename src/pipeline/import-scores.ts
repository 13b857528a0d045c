import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";
import { canonicalJson, type MetricFacts, type Score, UserError } from "../records/index.js";
import { type ScoreRow, type ScoreTableFacts, scoreTable } from "../store/index.js";
import type { OpenedRun } from "./open-run.js";
import type { PairMap } from "./score-plan.js";
import { PARTS, type PartName } from "./survey-texts.js";

const number = z.number().nullable();

/** One line of numbers computed elsewhere. `protocol` says everything that decides them; lines of equal protocol are one table. */
const ImportLine = z.strictObject({
  /** `<image>/<model>/<reference>/<part>`, as `score --pairs` writes it. */
  id: z.string(),
  metric: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,39}$/, "must be 1 to 40 of a-z, 0-9, . and -"),
  value: number.optional(),
  precision: number.optional(),
  recall: number.optional(),
  f1: number.optional(),
  protocol: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

interface Gathered {
  readonly facts: ScoreTableFacts;
  readonly rows: ScoreRow[];
}

/** Takes in numbers computed elsewhere and gives how many. Throws a `UserError` that names the line, and then takes none. */
export async function importScores(
  run: OpenedRun,
  path: string,
  pairs: PairMap,
  say: (sentence: string) => void,
): Promise<number> {
  const tables = new Map<string, Gathered>();
  const seen = new Set<string>();
  let line = 0;
  let unknown = 0;
  const file = createReadStream(path);
  const failed = new Promise<never>((_, reject) => {
    file.once("error", (error: NodeJS.ErrnoException) =>
      reject(new UserError(`${path} cannot be read (${error.code})`)),
    );
  });
  failed.catch(() => {});
  const lines = createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY });
  await Promise.race([failed, readAll()]);
  if (unknown > 0) say(`${unknown} lines are of pairs that this run does not have; they are left out`);
  let taken = 0;
  for (const { facts, rows } of tables.values()) {
    await scoreTable(run.store.path, facts.part, facts).append(facts, rows);
    taken += rows.length;
  }
  return taken;

  async function readAll() {
    for await (const text of lines) {
      line += 1;
      if (text.trim() === "") continue;
      const { id, metric, protocol, score } = readLine(text, `${path}, line ${line}`);
      const { part, row } = placeOf(id, `${path}, line ${line}`);
      const key = `${metric} ${part} ${canonicalJson(protocol)}`;
      if (seen.has(`${id} ${key}`)) throw new UserError(`${path}, line ${line} repeats the id ${id} for ${metric}`);
      seen.add(`${id} ${key}`);
      const texts = textsOf(pairs, part, row);
      if (texts === null) unknown += 1;
      else {
        const shape = score.shape;
        const table = tables.get(key) ?? { facts: factsOf(metric, part, protocol, shape), rows: [] };
        if (table.facts.shape !== shape) {
          throw new UserError(`${path}, line ${line} gives ${metric} another kind of number than the lines before`);
        }
        tables.set(key, table);
        table.rows.push({ ...row, score: score.value, texts });
      }
    }
  }
}

function readLine(text: string, at: string) {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`${at} is not JSON`);
  }
  const parsed = ImportLine.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${at}: ${issue?.path.join(".") || "the line"}: ${issue?.message ?? "cannot be read"}`);
  }
  const { value, precision, recall, f1, ...rest } = parsed.data;
  const isWhole = precision !== undefined && recall !== undefined && f1 !== undefined;
  if ((value === undefined) !== isWhole) throw new UserError(`${at} needs either value, or precision, recall and f1`);
  if (value !== undefined) return { ...rest, score: { shape: "one" as const, value } };
  return { ...rest, score: { shape: "prf" as const, value: wholeScore(precision, recall, f1) } };
}

function wholeScore(precision?: number | null, recall?: number | null, f1?: number | null): Score {
  if (precision == null || recall == null || f1 == null) return null;
  return { precision, recall, f1 };
}

function placeOf(id: string, at: string): { part: PartName; row: Pick<ScoreRow, "image" | "model" | "reference"> } {
  const [image, model, reference, last, ...rest] = id.split("/");
  const part = PARTS.find((name) => name === last);
  if (image === undefined || model === undefined || reference === undefined || part === undefined || rest.length > 0) {
    throw new UserError(`${at}: the id "${id.slice(0, 200)}" is not <image>/<model>/<reference>/<thinking or answer>`);
  }
  return { part, row: { image, model, reference } };
}

function textsOf(pairs: PairMap, part: PartName, { image, model, reference }: Omit<ScoreRow, "score" | "texts">) {
  const position = pairs.positions.get(image);
  const at = pairs.comparisons.findIndex((pair) => pair.model === model && pair.reference === reference);
  return position === undefined || at < 0 ? null : pairs.texts(part, at, position);
}

function factsOf(
  name: string,
  part: PartName,
  protocol: MetricFacts["protocol"],
  shape: MetricFacts["shape"],
): ScoreTableFacts {
  const words = Object.entries(protocol).map(([key, value]) => `${key}:${value}`);
  const signature = [name, "imported", ...words].join("|");
  return { formatVersion: 1, part, name, shape, protocol, signature, fitted: false, imported: true };
}
