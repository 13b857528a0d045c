import type { RunStatus } from "../pipeline/index.js";
import { OUTCOMES } from "../records/index.js";
import { printable, table, thousands } from "./print.js";

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
    const left = describeLeft(status);
    lines.push(
      `now: ${status.perSecond.cells.toFixed(1)} cells/s, ${thousands(status.perSecond.tokens)} tokens/s${left}`,
    );
  }
  for (const endpoint of status.endpoints) lines.push(describeEndpoint(endpoint));
  for (const note of status.notes) lines.push(note);
  return lines.join("\n");
}

function describeLeft({ secondsLeft, secondsLeftRange: range }: RunStatus): string {
  if (secondsLeft === null) return "";
  const minutes = (seconds: number) => Math.ceil(seconds / 60).toLocaleString("en-US");
  const between = range === null ? ", a guess from few cells" : ` (${minutes(range[0])} to ${minutes(range[1])})`;
  return `, about ${minutes(secondsLeft)} min left${between}`;
}

function describeEndpoint(state: RunStatus["endpoints"][number]): string {
  const faults = Object.entries(state.faults).map(([kind, count]) => `${kind} ${thousands(count)}`);
  const pace = `${thousands(state.inFlight)} of ${thousands(state.limit)} in flight, ${thousands(state.tokensPerSecond)} tokens/s`;
  const errors = faults.length === 0 ? "" : `; ${faults.join(", ")}`;
  return printable(`${state.model} at ${state.endpoint}: ${state.isOut ? "out" : pace}: ${state.why}${errors}`);
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
