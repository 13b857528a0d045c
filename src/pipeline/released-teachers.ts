import { dialectNamed } from "../parsing/index.js";
import type { DialectName, ModelSpec } from "../records/index.js";
import type { ReleasedSet } from "./released-set.js";

type Family = "kimi" | "glm";

/** Which columns hold whose texts, found by the tags inside them, since nothing in the set says it. */
export interface ReleasedTeachers {
  /** One a column, in the order of the columns. */
  readonly models: readonly ModelSpec[];
  /** The texts of a row by model; those of two columns change places where both carry the other's tags. */
  assign(answers: readonly (string | null)[]): {
    readonly texts: readonly (string | null)[];
    readonly swapped: boolean;
  };
  /** What was found, a sentence a column. */
  readonly findings: readonly string[];
}

/** Looks at every text once and settles by majority which family wrote a column. */
export async function detectTeachers(set: ReleasedSet): Promise<ReleasedTeachers> {
  const counts = set.answerColumns.map(() => ({ kimi: 0, glm: 0, untagged: 0, absent: 0 }));
  for await (const { answers } of set.read()) {
    for (const [index, text] of answers.entries()) {
      const count = counts[index];
      if (count !== undefined) count[text === null ? "absent" : (familyOf(text) ?? "untagged")] += 1;
    }
  }
  const families = counts.map(({ kimi, glm }): Family | null =>
    kimi + glm === 0 ? null : kimi > glm ? "kimi" : "glm",
  );
  const models = families.map((family, index) =>
    modelOf(set.answerColumns[index] ?? "", family, families.indexOf(family) < index),
  );
  const [first = null, second = null] = families;
  const canSwap = families.length === 2 && first !== null && second !== null && first !== second;
  return {
    models,
    assign(answers) {
      const [one = null, two = null] = answers;
      const swapped = canSwap && belongsTo(one, second) && belongsTo(two, first) && (isTagged(one) || isTagged(two));
      return { texts: swapped ? [two, one] : answers, swapped };
    },
    findings: counts.map(({ kimi, glm, untagged, absent }, index) => {
      const name = models[index]?.name ?? "";
      return `${set.answerColumns[index]} is read as ${name}: ${glm} texts with <think>, ${kimi} with ◁think▷, ${untagged} without tags, ${absent} absent`;
    }),
  };
}

function familyOf(text: string): Family | null {
  if (text.includes("◁think▷") || text.includes("◁/think▷")) return "kimi";
  return /<\/?(?:think|answer)>/i.test(text) ? "glm" : null;
}

function isTagged(text: string | null): boolean {
  return text !== null && familyOf(text) !== null;
}

/** Whether nothing speaks against this family having written the text. */
function belongsTo(text: string | null, family: Family | null): boolean {
  const own = text === null ? null : familyOf(text);
  return own === null || own === family;
}

function modelOf(column: string, family: Family | null, isSecond: boolean): ModelSpec {
  const own = column.replace("_", "-");
  // Without any tag nothing says whether there was thinking, so the text is taken for the answer.
  const dialect: DialectName = family ?? "auto";
  return {
    name: family === null || isSecond ? own : family,
    role: "teacher",
    model: `imported:${column}`,
    revision: null,
    endpoints: [],
    dialect: dialectNamed(dialect),
    apiKeyEnv: null,
    system: null,
    sampling: {},
    concurrency: null,
    timeouts: { connectMs: 10_000, firstByteMs: 900_000, idleMs: 300_000, totalMs: 7_200_000 },
    tries: 1,
  };
}
