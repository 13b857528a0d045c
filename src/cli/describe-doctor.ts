import type { DoctorReport } from "../pipeline/index.js";

const WIDTH = 80;
const MARKS = { ok: "ok", note: "note", wrong: "WRONG" } as const;
const INDENT = 18;

/** The findings as a table of 80 columns, each fix below what it mends. */
export function describeDoctor(report: DoctorReport): string {
  const parts = [[report.name, ...report.place.map(describeCheck)]];
  for (const { name, model, endpoint, checks } of report.endpoints) {
    parts.push([fold(`${name}: ${model} at ${endpoint}`, "", 2), ...checks.map(describeCheck)]);
  }
  return parts.map((lines) => lines.join("\n")).join("\n\n");
}

function describeCheck({ about, state, seen, fix }: DoctorReport["place"][number]): string {
  const line = fold(seen, `  ${MARKS[state].padEnd(5)}  ${about.padEnd(INDENT - 9)}`, INDENT);
  return fix === null ? line : `${line}\n${fold(fix, `${" ".repeat(INDENT)}→ `, INDENT + 2)}`;
}

/** `text` after `start`, broken between words; a word longer than a line stays whole. */
function fold(text: string, start: string, indent: number): string {
  const lines: string[] = [];
  let line = start;
  let isFresh = true;
  for (const word of text.split(/\s+/)) {
    if (!isFresh && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(indent);
      isFresh = true;
    }
    line += isFresh ? word : ` ${word}`;
    isFresh = false;
  }
  return [...lines, line].join("\n");
}
