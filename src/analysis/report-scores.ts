import { OUTCOMES } from "../records/index.js";
import { type DotGroup, dotPlot, seriesMark } from "./dot-plot.js";
import { type Html, html } from "./html.js";
import { type MetricTable, type ModelRow, type ModelTable, PARTS, type PartName } from "./model-scores.js";
import { figure, signatureSentence } from "./model-table-text.js";
import type { ReportData } from "./report-data.js";
import { count } from "./report-words.js";

/** The series of what the teachers say of each other. */
const AMONG_TEACHERS = 5;

/** What `score` measured, as it stood then; nothing where nothing was scored. */
export function scoresSection(data: ReportData): Html | null {
  const { scores } = data;
  if (scores === undefined || scores === null || scores.metrics.length === 0) return null;
  const candidates = scores.models.filter(({ role }) => role === "candidate").map(({ name }) => name);
  return html`<section class="scores" aria-labelledby="scores">
<h2 id="scores">Measured against the teachers</h2>
${isOlder(data, scores) ? html`<p class="notice">The run has changed since it was scored; <span class="mono">imagenet-think score</span> brings this section up to date.</p>` : null}
<p>${against(scores)} Bars are ${100 * scores.bootstrap.confidence} % intervals from a bootstrap over ${count(scores.clusters.count)} ${scores.clusters.by === "class" ? "classes" : "pictures"}${scores.clusters.count < 30 ? html` <b>(fewer than 30: too narrow)</b>` : ""}.</p>
${scores.models.filter(({ caveat }) => caveat !== null).map(({ name, caveat }) => html`<p class="notice"><b>${name}</b>: ${caveat ?? ""}.</p>`)}
<dl class="legend">${candidates.map(
    (name, at) => html`<div><dt>${seriesMark(seriesOf(at))}${name}</dt></div>`,
  )}<div><dt>${seriesMark(AMONG_TEACHERS)}teacher against teacher</dt></div></dl>
<div class="plots">${PARTS.map((part) => plot(scores, part, candidates))}</div>
${PARTS.map((part) => meansTable(scores, part, candidates))}
${signatures(scores)}
${leftOut(scores)}
<details><summary>Every number</summary><div class="wide">${scores.metrics.map(everyRow)}</div></details>
</section>`;
}

function seriesOf(at: number): number {
  return at % AMONG_TEACHERS;
}

function isOlder({ images, models }: ReportData, scores: ModelTable): boolean {
  return (
    images !== scores.images ||
    models.some(({ name, outcomes }) => {
      const then = scores.models.find((model) => model.name === name)?.outcomes;
      return then === undefined || OUTCOMES.some((outcome) => then[outcome] !== outcomes[outcome]);
    })
  );
}

function against({ against: name }: ModelTable): string {
  if (name === "mean") return "Each candidate against all teachers, by the mean over them.";
  if (name === "max") return "Each candidate against all teachers, by the best of them on each picture.";
  return `Each candidate against ${name}.`;
}

function chosen({ rows }: MetricTable, scores: ModelTable): readonly ModelRow[] {
  return rows.filter((row) => row.role === "teacher" || row.against === scores.against);
}

/** The metric's name; where it was scored under several protocols, with what sets this one apart. */
function labelOf({ part, metric, signature }: MetricTable, { metrics }: ModelTable): string {
  const others = metrics.filter((one) => one.part === part && one.metric === metric && one.signature !== signature);
  const own = signature.split("|").filter((word) => others.some((other) => !other.signature.split("|").includes(word)));
  return [metric, ...own].join(" · ");
}

function plot(scores: ModelTable, part: PartName, candidates: readonly string[]): Html | null {
  const groups = scores.metrics
    .filter((metric) => metric.part === part)
    .map(
      (metric): DotGroup => ({
        label: labelOf(metric, scores),
        rows: chosen(metric, scores).flatMap((row) =>
          row.mean === null
            ? []
            : [
                {
                  series: row.role === "teacher" ? AMONG_TEACHERS : seriesOf(candidates.indexOf(row.model)),
                  label: row.role === "teacher" ? `${row.model} against ${row.against}` : row.model,
                  mean: row.mean,
                  low: row.low,
                  high: row.high,
                },
              ],
        ),
      }),
    )
    .filter(({ rows }) => rows.length > 0);
  if (groups.length === 0) return null;
  return html`<div><h3>${part}</h3>${dotPlot(part, groups)}</div>`;
}

/** Means on the pictures that all candidates share, with their ranks; own means are in the long table. */
function meansTable(scores: ModelTable, part: PartName, candidates: readonly string[]): Html | null {
  const metrics = scores.metrics.filter((metric) => metric.part === part);
  if (metrics.length === 0 || candidates.length === 0) return null;
  const shared = metrics[0]?.rows.find((row) => row.common !== null)?.common?.n ?? 0;
  return html`<h3>${part === "thinking" ? "Thinking" : "Answer"}</h3>
<p class="soft">On the ${count(shared)} pictures that every candidate and every teacher answered; rank 1 is closest to the teachers.</p>
<table class="stacking"><thead><tr><th scope="col">metric</th>${candidates.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${metrics.map(
    (metric) =>
      html`<tr><th scope="row"><b>${metric.metric}</b><br><span class="soft signature mono">${metric.signature}</span></th>${candidates.map(
        (name) => {
          const row = metric.rows.find(({ model, against }) => model === name && against === scores.against);
          return html`<td class="number" data-label="${name}">${commonCell(row)}</td>`;
        },
      )}</tr>`,
  )}</tbody></table>`;
}

function commonCell(row: ModelRow | undefined): Html {
  const common = row?.common ?? null;
  if (common === null || common.mean === null) return html`<span class="soft">not scored</span>`;
  const interval = common.low === null || common.high === null ? "" : `${figure(common.low)} – ${figure(common.high)}`;
  return html`<span><b>${figure(common.mean)}</b> <span class="soft">rank ${common.rank ?? "-"}<br>${interval}</span></span>`;
}

function signatures({ signatures: found }: ModelTable): Html {
  const list = (claimed: boolean) =>
    found.filter((one) => one.claimed === claimed).map((one) => html`<li>${signatureSentence(one)}</li>`);
  const claimed = list(true);
  const seen = list(false);
  return html`<h3>The paper's patterns</h3>
<p class="soft">Thinking above the answer or below it, a high BERTScore beside a low Sentence-BERT, a model last in all. Claimed only where the interval of the paired difference excludes zero.</p>
${claimed.length === 0 ? html`<p>None is claimed.</p>` : html`<ul>${claimed}</ul>`}
${seen.length === 0 ? null : html`<p class="soft">Seen in the means, not claimed:</p><ul class="soft">${seen}</ul>`}`;
}

function leftOut(scores: ModelTable): Html {
  const rows = scores.models.map(
    ({ name, outcomes }) =>
      html`<tr><th scope="row">${name}</th>${OUTCOMES.map((outcome) => html`<td class="number" data-label="${outcome}">${count(outcomes[outcome])}</td>`)}</tr>`,
  );
  return html`<h3>What was left out</h3>
<p class="soft">Only answered pictures are scored; the others are counted, never taken as 0.</p>
<table class="stacking"><thead><tr><th scope="col">model</th>${OUTCOMES.map((outcome) => html`<th scope="col" class="number">${outcome}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`;
}

function everyRow({ part, metric, signature, truncated, rows }: MetricTable): Html {
  const cut =
    truncated === null
      ? null
      : html`<br>The encoder cut ${figure(100 * truncated.hypothesis)} % of the texts and ${figure(100 * truncated.reference)} % of the references.`;
  return html`<p><b>${part} · ${metric}</b><br><span class="soft signature mono">${signature}</span>${cut}</p>
<table><thead><tr><th scope="col">model</th><th scope="col">against</th>${["mean", "interval", "n", "unscored", "worst", "best"].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr><th scope="row">${row.model}</th><td>${row.against}</td>${[
        figure(row.mean),
        row.low === null || row.high === null ? "-" : `${figure(row.low)} – ${figure(row.high)}`,
        count(row.n),
        count(row.leftOut.unscored),
        figure(row.worst),
        figure(row.best),
      ].map((text) => html`<td class="number">${text}</td>`)}</tr>`,
  )}</tbody></table>`;
}
