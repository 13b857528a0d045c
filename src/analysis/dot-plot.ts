import { type Html, html, ownMarkup } from "./html.js";

export interface DotRow {
  /** Which series it belongs to: a colour and a shape. */
  readonly series: number;
  readonly label: string;
  readonly mean: number;
  /** Ends of its interval; null where it has none. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface DotGroup {
  readonly label: string;
  readonly rows: readonly DotRow[];
}

const WIDTH = 420;
const LEFT = 8;
const RIGHT = 412;
const ROW = 15;
const HEAD = 22;
const GAP = 10;
const SERIES = 6;

/** Means with their intervals, one line each, grouped; one scale for all. Drawn for light, dark, wide and narrow alike. */
export function dotPlot(title: string, groups: readonly DotGroup[]): Html {
  const ends = groups.flatMap(({ rows }) => rows.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]));
  const least = Math.min(0, Math.floor(4 * Math.min(...ends)) / 4);
  const most = Math.max(1, Math.ceil(4 * Math.max(...ends)) / 4);
  const x = (value: number) => LEFT + ((value - least) / (most - least)) * (RIGHT - LEFT);
  const ticks = Array.from({ length: 5 }, (_, at) => least + (at / 4) * (most - least));
  let top = 0;
  const drawn = groups.map((group) => {
    const markup = drawGroup(group, top, x);
    top += HEAD + group.rows.length * ROW + GAP;
    return markup;
  });
  const spoken = groups.map(({ label, rows }) => `${label}: ${rows.map(speak).join(", ")}`).join("; ");
  return html`<svg class="dots" viewBox="0 0 ${WIDTH} ${top + 18}" role="img" aria-label="${title}. ${spoken}">
${ticks.map(
  (tick, at) =>
    html`<line class="grid" x1="${fixed(x(tick))}" x2="${fixed(x(tick))}" y1="0" y2="${top}"/><text class="tick" x="${fixed(x(tick))}" y="${top + 14}" text-anchor="${at === 0 ? "start" : at === 4 ? "end" : "middle"}">${label(tick)}</text>`,
)}
${drawn}
</svg>`;
}

function drawGroup({ label: name, rows }: DotGroup, top: number, x: (value: number) => number): Html {
  return html`<text class="group" x="${LEFT}" y="${top + 15}">${name}</text>${rows.map((row, at) => {
    const y = top + HEAD + at * ROW + ROW / 2;
    const line =
      row.low === null || row.high === null
        ? null
        : html`<line class="interval" x1="${fixed(x(row.low))}" x2="${fixed(x(row.high))}" y1="${y}" y2="${y}"/>`;
    return html`<g class="series s${row.series % SERIES}"><title>${speak(row)}</title>${line}${mark(row.series, x(row.mean), y)}</g>`;
  })}`;
}

/** The mark of a series by itself, for a legend. */
export function seriesMark(series: number): Html {
  return html`<svg class="mark" viewBox="0 0 12 12" aria-hidden="true"><g class="series s${series % SERIES}">${mark(series, 6, 6)}</g></svg>`;
}

/** A shape of its own too, so that nothing rests on colour. */
function mark(series: number, x: number, y: number): Html {
  const at = `translate(${fixed(x)} ${fixed(y)})`;
  const shapes = [
    '<circle r="4.2"/>',
    '<rect x="-3.8" y="-3.8" width="7.6" height="7.6"/>',
    '<path d="M0 -4.8 4.6 3.6H-4.6Z"/>',
    '<path d="M0 -5.2 5.2 0 0 5.2-5.2 0Z"/>',
    '<path d="M0 4.8 4.6-3.6H-4.6Z"/>',
    '<circle class="hollow" r="3.8"/>',
  ];
  return html`<g transform="${at}">${ownMarkup(shapes[series % SERIES] ?? "")}</g>`;
}

function speak({ label: name, mean, low, high }: DotRow): string {
  const interval = low === null || high === null ? "" : `, ${low.toFixed(3)} to ${high.toFixed(3)}`;
  return `${name} ${mean.toFixed(3)}${interval}`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}

function label(tick: number): string {
  return String(Number(tick.toFixed(3)));
}

export const DOT_PLOT_STYLE = `
:root { --s0: #2f6ea5; --s1: #c06a1c; --s2: #2f8a5f; --s3: #a2457b; --s4: #6c5bb0; --s5: #6d747c; }
@media (prefers-color-scheme: dark) { :root { --s0: #7db4e6; --s1: #e8a05a; --s2: #6cc79b; --s3: #df8fbb; --s4: #b1a3ec; --s5: #a3aab2; } }
svg.dots { display: block; width: 100%; max-width: 34rem; height: auto; }
.dots .grid { stroke: var(--line); stroke-width: 1; }
.dots .tick { fill: var(--soft); font: 12px var(--sans); }
.dots .group { fill: var(--ink); font: 600 14px var(--sans); }
.dots .interval { stroke: currentColor; stroke-width: 2.2; stroke-linecap: round; opacity: .55; }
.series { fill: currentColor; } .series .hollow { fill: var(--paper); stroke: currentColor; stroke-width: 1.8; }
${[0, 1, 2, 3, 4, 5].map((at) => `.series.s${at} { color: var(--s${at}); }`).join(" ")}
svg.mark { width: .8em; height: .8em; margin-right: .4em; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem 3rem; margin: 1rem 0 1.8rem; }
.plots h3 { font-family: var(--sans); font-size: 1rem; text-transform: capitalize; }
.scores h3 { margin-top: 2rem; } .plots h3 { margin-top: 0; }
.scores summary { margin: 1.2rem 0 .6rem; }
.scores .signature { font-size: .78rem; overflow-wrap: anywhere; }
.scores .wide { overflow-x: auto; } .scores .wide p { margin: 1.6rem 0 .4rem; }
.scores ul { padding-left: 1.2rem; }`;
