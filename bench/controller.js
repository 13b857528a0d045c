// How near the adaptive limit comes to the best fixed one, on made-up servers. See --help.
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const HELP = `node bench/controller.js [--dist DIR] [--seeds 1,2,3] [--svg FILE]

Runs the adaptive limit against simulated servers on a virtual clock, from cold: slots with a queue, a smooth knee, one
that degrades past its knee, and a change of shape half way. The numbers of each server are drawn from the seed. Prints
tokens finished after the warm-up (three mean reply times) as a share of what the best fixed limit finishes, found by
trying them all. After the change it counts again once what was in flight may have ended, and three reply times; --svg also draws limit and throughput over time.`;

const { values } = parseArgs({
  options: {
    dist: { type: "string", default: "dist" },
    seeds: { type: "string", default: "1,2,3,4,5" },
    svg: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const load = (file) => import(pathToFileURL(resolve(values.dist, file)).href);
const { adaptiveLimit, fixedLimit } = await load("teachers/index.js");
const { drawShapes, simulateServer } = await load("testing/index.js");

const MEAN_TOKENS = 1500;
const SECONDS = 3600;
const CAP = 512;

/** Mean reply time at the best fixed limit decides the warm-up. */
function bestFixed(shapeAt, seconds, from, seed) {
  let best = { tokens: 0, limit: 0 };
  for (let limit = 4; limit <= CAP; limit = Math.max(limit + 1, Math.round(limit * 1.05))) {
    const { tokens } = simulateServer({
      shapeAt,
      seconds,
      warmUpSeconds: from,
      meanTokens: MEAN_TOKENS,
      seed,
      gauges: false,
      streams: false,
      openLimits: () => [fixedLimit(limit)],
    });
    if (tokens > best.tokens) best = { tokens, limit };
  }
  return best;
}

function warmUp(shape) {
  let rate = 0;
  let at = 1;
  for (let n = 1; n <= Math.min(shape.slots, CAP); n += 1) {
    if (shape.tokensPerSecond(n) > rate * 1.0001) [rate, at] = [shape.tokensPerSecond(n), n];
  }
  // The knee: the fewest that do nearly as much.
  for (let n = 1; n < at; n += 1) if (shape.tokensPerSecond(n) >= 0.97 * rate) at = n;
  return (3 * MEAN_TOKENS * at) / rate;
}

const rows = [];
const plots = [];
for (const seed of values.seeds.split(",").map(Number)) {
  const shapes = drawShapes(seed);
  const cases = shapes.map((shape) => ({ name: shape.name, shapeAt: () => shape, from: warmUp(shape) }));
  const [first, , last] = shapes;
  cases.push({
    name: `${first.name}, then ${last.name}`,
    // Counted again once what was in flight at the change may have ended, and three reply times of the new server.
    shapeAt: (seconds) => (seconds < SECONDS / 2 ? first : last),
    from:
      SECONDS / 2 +
      Math.min(SECONDS / 4, (MEAN_TOKENS * first.slots) / last.tokensPerSecond(first.slots)) +
      warmUp(last),
  });
  for (const { name, shapeAt, from } of cases) {
    const isChange = name.includes(", then ");
    const best = bestFixed(isChange ? () => last : shapeAt, SECONDS, from, seed);
    for (const gauges of [true, false]) {
      const { tokens, trace } = simulateServer({
        shapeAt,
        seconds: SECONDS,
        warmUpSeconds: from,
        meanTokens: MEAN_TOKENS,
        seed: seed + 1000,
        gauges,
        openLimits: (now) => [adaptiveLimit({ now, cap: CAP })],
      });
      const share = tokens / best.tokens;
      rows.push(share);
      const settled = trace.slice(-600).map(({ limits }) => limits[0]);
      const mean = settled.reduce((sum, one) => sum + one, 0) / settled.length;
      console.log(
        `seed ${seed}  ${name.padEnd(52)} ${gauges ? "gauges " : "streams"}  ${(share * 100).toFixed(1).padStart(6)} %  best fixed ${best.limit}, settled at ${mean.toFixed(0)}, warm-up ${from.toFixed(0)} s`,
      );
      if (gauges && seed === Number(values.seeds.split(",")[0])) plots.push({ name, trace, best, share });
    }
  }
}
console.log(
  `worst ${(100 * Math.min(...rows)).toFixed(1)} %, mean ${((100 * rows.reduce((a, b) => a + b, 0)) / rows.length).toFixed(1)} % of the best fixed limit`,
);
if (values.svg !== undefined) writeFileSync(values.svg, drawSvg(plots));

/** One panel a server: the limit (line), the best fixed limit (dashes) and the throughput (area), over time. */
function drawSvg(panels) {
  const width = 460;
  const height = 190;
  const body = panels.map(({ name, trace, best, share }, index) => {
    const x = 50 + (index % 2) * (width + 60);
    const y = 40 + Math.floor(index / 2) * (height + 70);
    const every = Math.max(1, Math.floor(trace.length / 300));
    const points = trace.filter((_, at) => at % every === 0);
    const most = 1.1 * Math.max(best.limit, ...trace.map(({ limits }) => limits[0]));
    const rates = points.map((_, at) => {
      const some = trace.slice(at * every, at * every + 30);
      return some.reduce((sum, { tokens }) => sum + tokens, 0) / some.length;
    });
    const mostRate = 1.1 * Math.max(...rates);
    const px = (at) => (x + (width * at) / points.length).toFixed(1);
    const py = (part) => (y + height * (1 - part)).toFixed(1);
    const line = points.map(({ limits }, at) => `${px(at)},${py(limits[0] / most)}`).join(" ");
    const area = rates.map((rate, at) => `${px(at)},${py(rate / mostRate)}`).join(" ");
    return `<text x="${x}" y="${y - 10}" font-weight="bold">${name}: ${(share * 100).toFixed(1)} % of the best fixed limit</text>
<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="#bbb"/>
<polygon points="${x},${y + height} ${area} ${x + width},${y + height}" fill="#cfe3f5"/>
<line x1="${x}" x2="${x + width}" y1="${py(best.limit / most)}" y2="${py(best.limit / most)}" stroke="#b00" stroke-dasharray="5 4"/>
<polyline points="${line}" fill="none" stroke="#124" stroke-width="1.5"/>
<text x="${x - 6}" y="${y + 10}" text-anchor="end">${Math.round(most)}</text><text x="${x - 6}" y="${y + height}" text-anchor="end">0</text>
<text x="${x}" y="${y + height + 16}">0 s</text><text x="${x + width}" y="${y + height + 16}" text-anchor="end">${SECONDS} s</text>`;
  });
  const rowsOfPanels = Math.ceil(panels.length / 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1050" height="${rowsOfPanels * (height + 70) + 60}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${body.join("\n")}
<text x="50" y="${rowsOfPanels * (height + 70) + 45}">line: requests the limit allows · dashes: best fixed limit, found by trying all · area: tokens finished a second</text>
</svg>
`;
}
