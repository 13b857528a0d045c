import type { RunStatus } from "../pipeline/index.js";
import { OUTCOMES } from "../records/index.js";
import { table, thousands } from "./print.js";

/** The arithmetic of a run as a table of at most 80 columns. */
export function describeStatus(status: RunStatus): string {
  const models = Object.entries(status.models);
  const rows: (string | number)[][] = [
    ["", ...models.map(([name]) => name)],
    ...OUTCOMES.map((outcome) => [outcome, ...models.map(([, model]) => model[outcome])]),
    ["= images", ...models.map(() => status.images)],
    ["attempts", ...models.map(([, model]) => model.attempts)],
    ["prompt tokens", ...models.map(([, model]) => model.promptTokens)],
    ["completion tokens", ...models.map(([, model]) => model.completionTokens)],
  ];
  const rejected = Object.entries(status.rejected);
  const lines = [
    `${status.name}: ${thousands(status.images)} images × ${models.length} models = ${thousands(status.cells)} cells`,
    "",
    table(rows),
    "",
    `rejected: ${rejected.length === 0 ? "none" : rejected.map(([reason, count]) => `${reason} ${thousands(count)}`).join(", ")}; not drawn: ${thousands(status.notDrawn)}`,
  ];
  if (status.perSecond !== null) {
    const left = status.secondsLeft === null ? "" : `, about ${Math.ceil(status.secondsLeft / 60)} min left`;
    lines.push(
      `now: ${status.perSecond.cells.toFixed(1)} cells/s, ${thousands(status.perSecond.tokens)} tokens/s${left}`,
    );
  }
  for (const note of status.notes) lines.push(note);
  return lines.join("\n");
}

/** The last line of a run: less than all never reads as all. */
export function summaryLine(status: RunStatus): string {
  const models = Object.values(status.models);
  const total = (pick: (model: (typeof models)[number]) => number) =>
    models.reduce((sum, model) => sum + pick(model), 0);
  const answered = total((model) => model.answered);
  const missing = total((model) => model.missing);
  const others = (["truncated", "unparsed", "refused", "failed"] as const)
    .map((outcome) => `${thousands(total((model) => model[outcome]))} ${outcome}`)
    .join(", ");
  const state = status.complete
    ? "complete"
    : `not complete: ${thousands(missing)} of ${thousands(status.cells)} missing`;
  return `${state}; ${thousands(answered)} answered, ${others}`;
}
