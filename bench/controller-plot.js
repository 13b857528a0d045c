// Draws what bench/controller.js saw of one seed.

const WIDTH = 460;
const HEIGHT = 190;

/** One panel a situation: the limit (line), the best fixed limit (dashes) and the output (area) over time. */
export function drawPlot(panels) {
  const rows = Math.ceil(panels.length / 2);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1050" height="${rows * (HEIGHT + 70) + 60}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${panels.map(drawPanel).join("\n")}
<text x="50" y="${rows * (HEIGHT + 70) + 45}">line: requests the limit allows · dashes: best fixed limit of each phase, found by search · area: tokens put out a second</text>
</svg>
`;
}

function drawPanel({ name, trace, best, share }, index) {
  const x = 50 + (index % 2) * (WIDTH + 60);
  const y = 40 + Math.floor(index / 2) * (HEIGHT + 70);
  const every = Math.max(1, Math.floor(trace.length / 300));
  const points = trace.filter((_, at) => at % every === 0);
  const most = 1.1 * Math.max(...best.map(({ limit }) => limit), ...trace.map(({ limits }) => limits[0]));
  const outputs = points.map((_, at) => {
    const some = trace.slice(at * every, (at + 1) * every);
    return some.reduce((sum, { output }) => sum + output, 0) / some.length;
  });
  const mostOutput = 1.1 * Math.max(...outputs);
  const px = (part) => (x + WIDTH * part).toFixed(1);
  const py = (part) => (y + HEIGHT * (1 - part)).toFixed(1);
  const along = (values, top) => values.map((value, at) => `${px(at / points.length)},${py(value / top)}`).join(" ");
  const dashes = best.map(({ limit, from }, at) => {
    const to = best[at + 1]?.from ?? trace.length;
    const height = py(limit / most);
    return `<line x1="${px(from / trace.length)}" x2="${px(to / trace.length)}" y1="${height}" y2="${height}" stroke="#b00" stroke-dasharray="5 4"/>`;
  });
  return `<text x="${x}" y="${y - 10}" font-weight="bold">${name}: ${(share * 100).toFixed(1)} % of the best fixed limit</text>
<rect x="${x}" y="${y}" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#bbb"/>
<polygon points="${x},${y + HEIGHT} ${along(outputs, mostOutput)} ${x + WIDTH},${y + HEIGHT}" fill="#cfe3f5"/>
${dashes.join("\n")}
<polyline points="${along(
    points.map(({ limits }) => limits[0]),
    most,
  )}" fill="none" stroke="#124" stroke-width="1.5"/>
<text x="${x - 6}" y="${y + 10}" text-anchor="end">${Math.round(most)}</text><text x="${x - 6}" y="${y + HEIGHT}" text-anchor="end">0</text>
<text x="${x}" y="${y + HEIGHT + 16}">0 s</text><text x="${x + WIDTH}" y="${y + HEIGHT + 16}" text-anchor="end">${trace.length} s</text>`;
}
