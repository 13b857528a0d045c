import type { RunStatus } from "../pipeline/index.js";
import { OUTCOMES } from "../records/index.js";
import { duration, printable, table, thousands } from "./print.js";

/** The arithmetic of a run as a table of at most 80 columns. */
export function describeStatus(status: RunStatus): string {
  const models = Object.entries(status.models);
  const rows: (string | number)[][] = [
    ["", ...models.map(([name]) => name)],
    ...OUTCOMES.map((outcome) => [outcome, ...models.map(([, model]) => model[outcome])]),
    ["= images", ...models.map(() => status.images)],
    ["attempts", ...models.map(([, model]) => model.attempts)],
    ["prompt tokens", ...models.map(([, model]) => stated(model.promptTokens, model))],
    ["completion tokens", ...models.map(([, model]) => stated(model.completionTokens, model))],
  ];
  const lines = [
    `${status.name}: ${thousands(status.images)} images × ${models.length} models = ${thousands(status.cells)} cells`,
    "",
    table(rows),
    "",
    fold(`rejected: ${counts(status.rejected) || "none"}; not drawn: ${thousands(status.notDrawn)}`),
    ...models.flatMap(([name, model]) => describeWaste(name, model)),
  ];
  if (status.perSecond !== null) {
    const { cells, tokens } = status.perSecond;
    lines.push(fold(`now: ${cells.toFixed(1)} cells/s, ${thousands(tokens)} tokens/s; ${describeLeft(status)}`));
  }
  lines.push(...describeGone(status.gone));
  lines.push(...describeEndpoints(status.endpoints));
  lines.push(...status.notes.map((note) => fold(note)));
  return lines.join("\n");
}

/** A server that counts nothing, and an imported set, state no tokens; a pair of none there is not. */
function stated(tokens: number, model: RunStatus["models"][string]): string | number {
  return tokens === 0 && model.answered > 0 ? "not stated" : tokens;
}

/** What was asked and brought no pair: each such request was followed by another, or its cell failed. */
function describeWaste(name: string, model: RunStatus["models"][string]): string[] {
  const reasons = { ...model.faults, "cut by a kill": model.cut, "asked anew": model.replaced };
  const wasted = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  if (wasted === 0) return [];
  const asked = thousands(model.attempts + model.cut);
  return [fold(`requests without a pair: ${name} ${thousands(wasted)} of ${asked} (${counts(reasons)})`)];
}

function describeLeft({ complete, secondsLeft, secondsLeftRange: range }: RunStatus): string {
  if (complete) return "all is done but sealing";
  if (secondsLeft === null) return "time left is not known before every model has ended a cell";
  const between =
    range === null ? "a guess from few cells" : `${duration(range[0] * 1000)} to ${duration(range[1] * 1000)}`;
  return `about ${duration(secondsLeft * 1000)} left (${between})`;
}

function describeGone(gone: RunStatus["gone"]): string[] {
  const [last] = [...gone].sort((a, b) => (a.lastSeenAt < b.lastSeenAt ? 1 : -1));
  if (last === undefined) return [];
  const who =
    gone.length === 1
      ? `the writer (process ${last.pid} on ${last.host}) is gone without closing, last seen`
      : `${thousands(gone.length)} writers are gone without closing, the latest seen`;
  const ago = duration(Math.max(0, Date.now() - Date.parse(last.lastSeenAt)));
  const cells = gone.reduce((sum, writer) => sum + writer.cellsPerSecond, 0);
  const tokens = gone.reduce((sum, writer) => sum + writer.lastTokensPerSecond, 0);
  const pace = `${cells.toFixed(1)} cells/s in the mean, ${thousands(tokens)} tokens/s at the end`;
  return [fold(`${who} ${last.lastSeenAt.slice(0, 19).replace("T", " ")} UTC, ${ago} ago; until then ${pace}`)];
}

type Endpoint = RunStatus["endpoints"][number];

/** More endpoints than this are summed up by model; `--json` has them all. */
const MOST_ENDPOINTS = 12;

function describeEndpoints(endpoints: readonly Endpoint[]): string[] {
  if (endpoints.length <= MOST_ENDPOINTS) return endpoints.map(describeEndpoint);
  const models = [...new Set(endpoints.map(({ model }) => model))];
  const sums = models.map((model) => {
    const own = endpoints.filter((endpoint) => endpoint.model === model);
    const all = own.reduce(addEndpoint);
    return [`${model}, endpoints: ${thousands(own.length)}, ${describePace(all)}`, ...describeErrors(all.faults)];
  });
  return [...sums.flat(), ...endpoints.filter(({ isOut }) => isOut).map(describeEndpoint)];
}

function addEndpoint(a: Endpoint, b: Endpoint): Endpoint {
  const faults: Record<string, number> = { ...a.faults };
  for (const [kind, count] of Object.entries(b.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  return {
    ...a,
    inFlight: a.inFlight + b.inFlight,
    limit: a.limit + b.limit,
    tokensPerSecond: a.tokensPerSecond + b.tokensPerSecond,
    faults,
  };
}

function describeEndpoint(state: Endpoint): string {
  const head = `${state.model} at ${state.endpoint}: ${state.isOut ? "out" : describePace(state)}`;
  return [head, fold(state.why, "  "), ...describeErrors(state.faults)].map(printable).join("\n");
}

function describePace({ inFlight, limit, tokensPerSecond }: Endpoint): string {
  return `${thousands(inFlight)} in flight, limit ${thousands(limit)}, ${thousands(tokensPerSecond)} tokens/s`;
}

function describeErrors(faults: Readonly<Record<string, number>>): string[] {
  const said = counts(faults);
  return said === "" ? [] : [fold(`errors: ${said}`, "  ")];
}

/** `busy 12, timed-out 3`, most first; nothing where all are 0. */
function counts(numbers: Readonly<Record<string, number>>): string {
  return Object.entries(numbers)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${thousands(count)}`)
    .join(", ");
}

const COLUMNS = 80;

/** Breaks a long sentence between words; what follows its first line stands indented. */
function fold(sentence: string, indent = ""): string {
  const lines: string[] = [];
  let line = indent;
  for (const word of sentence.split(" ")) {
    const longer = line.trim() === "" ? `${line}${word}` : `${line} ${word}`;
    if (longer.length <= COLUMNS || line.trim() === "") line = longer;
    else {
      lines.push(line);
      line = `${indent}  ${word}`;
    }
  }
  return [...lines, line].join("\n");
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
