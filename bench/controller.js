// How near the adaptive limit comes to the best fixed one, on made-up servers. See --help.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { drawPlot } from "./controller-plot.js";
import {
  CAP,
  counts,
  countTokens,
  KINDS,
  MEAN_TOKENS,
  openReference,
  replySeconds,
  SECONDS,
  shapeAt,
  situationsOf,
} from "./controller-situations.js";

const HELP = `node bench/controller.js [--dist DIR] [--seeds 1-60] [--wander SHARE] [--signals gauges,streams]
       [--each] [--svg FILE]

Runs the adaptive limit from cold against simulated servers on a virtual clock, one hour each. A seed that the limit never
sees draws the numbers of three servers (slots with a queue, a smooth knee, one that degrades past its knee) and which of
them turns into which half way.

The rule: tokens of replies that finished after the warm-up, three mean reply times at the knee, as a share of what the
best fixed limit finishes in the same seconds, found by search. After a change of server three mean reply times of the
new one are left out again, no more; it is compared with a client that knows the best fixed limit of both servers and
goes over at the very second. Both are measured with another draw of reply lengths than the reference.

"gauges": the server shows running, waiting and generated tokens once a second; "streams": its output is all there is;
"whole": no gauges, and every reply comes in one piece at its end.
Then: mean reply times from cold until the output stays within 5 % of the best fixed limit's for one mean reply time;
and two or three clients of one server, the last of them an eighth of an hour late, over the second half hour: the best
fixed limit of one client is what their output together is compared with, and their mean limits are compared too.
"shards" know each other by what each told in the run folder, up to 15 s ago; where they have no gauges, by that alone.

--wander 0.1 lets every server's speed wander by itself, by a tenth (standard deviation) and forgotten over ten seconds, the same
for the limit and for what it is compared with.

The limit was tuned on seeds 1 to 60. --each prints every situation, --svg draws the first seed.`;

const { values } = parseArgs({
  options: {
    dist: { type: "string", default: "dist" },
    seeds: { type: "string", default: "1-60" },
    wander: { type: "string", default: "0" },
    signals: { type: "string", default: "gauges,streams" },
    each: { type: "boolean", default: false },
    svg: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const load = (file) => import(pathToFileURL(resolve(values.dist, file)).href);
const { adaptiveLimit } = await load("teachers/index.js");
const { drawShapes, sharingLimits, simulateServer: simulateSteady } = await load("testing/index.js");

const JOINS_AT = 450;
/** Slower than it is: a network disk shows late what was written. */
const SHARING = { beatMs: 10_000, lookMs: 5_000 };
const TOGETHER = [
  { clients: 3, signal: "gauges" },
  { clients: 2, signal: "streams" },
  { clients: 3, signal: "streams" },
  { clients: 2, signal: "shards" },
  { clients: 3, signal: "shards" },
  { clients: 2, signal: "shards with gauges" },
  { clients: 3, signal: "shards with gauges" },
];
const SIGNALS = values.signals.split(",");
const [first, last = first] = values.seeds.split("-").map(Number);
const seeds = Array.from({ length: last - first + 1 }, (_, at) => first + at);

/** Every run of a seed meets the same server, however many requests it has. */
const simulateWandering = (seed) => (options) =>
  simulateSteady({ ...options, wander: { share: Number(values.wander), seconds: 10, seed: seed + 2000 } });

const shares = [];
const colds = [];
const together = [];
const panels = [];
for (const seed of seeds) {
  const shapes = drawShapes(seed);
  const reference = openReference(seed, simulateWandering(seed));
  for (const [at, situation] of situationsOf(shapes, seed).entries()) {
    const best = reference(situation);
    for (const signal of SIGNALS) {
      const { trace } = run(situation, seed, signal, (now) => [adaptiveLimit({ now, cap: CAP })]);
      const share = countTokens(trace, counts(situation)) / best.tokens;
      const row = { seed, kind: KINDS[at], signal, name: situation.name, share };
      shares.push(row);
      if (situation.phases.length === 1) colds.push({ ...row, replies: repliesToKnee(trace, situation, best) });
      if (signal === "gauges" && seed === first) panels.push({ ...row, trace, best: best.phases });
    }
    if (situation.phases.length > 1 || values.signals === "whole") continue;
    for (const group of TOGETHER)
      together.push({ ...group, kind: KINDS[at], ...shareOneServer(situation, seed, best, group) });
  }
}
printAll();
if (values.svg !== undefined) writeFileSync(values.svg, drawPlot(panels));

function run(situation, seed, signal, openLimits) {
  return simulateWandering(seed)({
    shapeAt: shapeAt(situation),
    seconds: SECONDS,
    warmUpSeconds: 0,
    meanTokens: MEAN_TOKENS,
    seed: seed + 1000,
    gauges: signal.includes("gauges"),
    streams: signal !== "whole",
    openLimits,
  });
}

function repliesToKnee(trace, { phases: [{ shape }] }, best) {
  const seconds = replySeconds(shape);
  const needed = (0.95 * best.tokens) / (SECONDS - 3 * seconds);
  const span = Math.ceil(seconds);
  for (let from = 0; from + span <= trace.length; from += 1) {
    const output = trace.slice(from, from + span).reduce((sum, one) => sum + one.output, 0);
    if (output >= needed * span) return from / seconds;
  }
  return Number.POSITIVE_INFINITY;
}

function shareOneServer(situation, seed, best, { clients, signal }) {
  const { trace } = run(situation, seed, signal, (now) => {
    const limits = [...Array.from({ length: clients - 1 }, () => adaptiveLimit({ now, cap: CAP })), joiningLate(now)];
    return signal.includes("shards") ? sharingLimits(limits, now, SHARING) : limits;
  });
  const half = trace.slice(SECONDS / 2);
  const meanOf = (client) => half.reduce((sum, { limits }) => sum + limits[client], 0) / half.length;
  const means = Array.from({ length: clients }, (_, client) => meanOf(client));
  const tokens = countTokens(trace, (second) => second >= SECONDS / 2);
  const bestTokens = (best.tokens * half.length) / (SECONDS - 3 * replySeconds(situation.phases[0].shape));
  return { share: tokens / bestTokens, evenness: Math.min(...means) / Math.max(...means) };
}

/** A client that has nothing to ask before its time. */
function joiningLate(now) {
  let limit = null;
  const own = () => {
    limit ??= adaptiveLimit({ now, cap: CAP });
    return limit;
  };
  const isThere = () => now() >= JOINS_AT * 1000;
  return {
    get limit() {
      return isThere() ? own().limit : 0;
    },
    begin: () => own().begin(),
    observe: (load) => isThere() && own().observe(load),
    share: (sharing) => isThere() && own().share(sharing),
  };
}

function printAll() {
  const percent = (share) => `${(100 * share).toFixed(1)} %`.padStart(8);
  const sorted = (numbers) => numbers.toSorted((a, b) => a - b);
  const at = (numbers, part) => sorted(numbers)[Math.min(numbers.length - 1, Math.floor(part * numbers.length))];
  if (values.each) {
    for (const { seed, name, signal, share } of shares)
      console.log(`seed ${seed}  ${name.padEnd(52)} ${signal.padEnd(8)} ${percent(share)}`);
  }
  console.log(`seeds ${values.seeds}: tokens finished, as a share of the best fixed limit's`);
  console.log("                                     n    worst  1 in 20     half  below 95 %");
  for (const signal of SIGNALS) {
    for (const kind of KINDS) {
      const all = shares.filter((row) => row.signal === signal && row.kind === kind).map(({ share }) => share);
      const figures = [at(all, 0), at(all, 0.05), at(all, 0.5)].map(percent).join(" ");
      const below = all.filter((share) => share < 0.95).length;
      console.log(`${signal.padEnd(8)} ${kind.padEnd(24)} ${String(all.length).padStart(4)} ${figures} ${below}`);
    }
  }
  for (const { seed, name, signal, share } of shares.toSorted((a, b) => a.share - b.share).slice(0, 5))
    console.log(`lowest: seed ${seed}, ${name}, ${signal}: ${percent(share).trim()}`);
  console.log("\nfrom cold to the knee, in mean reply times: 1 in 2, 19 in 20, the longest; over three");
  for (const signal of SIGNALS) {
    for (const kind of KINDS.slice(0, 3)) {
      const all = colds.filter((row) => row.signal === signal && row.kind === kind).map(({ replies }) => replies);
      const figures = [0.5, 0.95, 1].map((part) => at(all, part).toFixed(1).padStart(5)).join(" ");
      console.log(
        `${signal.padEnd(8)} ${kind.padEnd(24)} ${figures}  ${all.filter((one) => one > 3).length} of ${all.length}`,
      );
    }
  }
  if (together.length === 0) return;
  console.log("\nclients of one server: output (worst, half, below 95 %), and smallest limit by largest (worst, half)");
  for (const { clients, signal } of TOGETHER) {
    for (const kind of KINDS.slice(0, 3)) {
      const rows = together.filter((row) => row.clients === clients && row.signal === signal && row.kind === kind);
      const outputs = rows.map(({ share }) => share);
      const evenness = rows.map((row) => row.evenness);
      const shown = [at(evenness, 0), at(evenness, 0.5)].map((one) => one.toFixed(2)).join("  ");
      const below = outputs.filter((share) => share < 0.95).length;
      console.log(
        `${clients} ${signal.padEnd(8)} ${kind.padEnd(24)} ${percent(at(outputs, 0))} ${percent(at(outputs, 0.5))} ${String(below).padStart(3)}   ${shown}`,
      );
    }
  }
}
