import { OUTCOMES, type Outcome } from "../records/index.js";
import { type Html, html } from "./html.js";
import type { ReportData, ReportModel } from "./report-data.js";
import { count, counted, OUTCOME_WORDS, percent } from "./report-words.js";

export function arithmeticSection(data: ReportData): Html {
  const { images, models } = data;
  const totals = OUTCOMES.map((outcome) => ({ outcome, cells: totalOf(models, outcome) }));
  return html`<section aria-labelledby="arithmetic">
<h2 id="arithmetic">The arithmetic</h2>
<p class="equation">${equation(images, models.length)} = ${totals.map(
    ({ outcome, cells }, index) =>
      html`${index === 0 ? "" : " + "}<span class="term"><b>${count(cells)}</b> ${outcome}</span>`,
  )}</p>
${sumsThatFail(data)}
<div class="bars">${models.map((model) => bar(model, images))}</div>
<table class="stacking">
<thead><tr><th scope="col">model</th>${OUTCOMES.map(
    (outcome) => html`<th scope="col" class="number"><span class="dot ${outcome}"></span>${outcome}</th>`,
  )}<th scope="col" class="number">attempts</th><th scope="col" class="number">prompt tokens</th><th scope="col" class="number">reply tokens</th></tr></thead>
<tbody>${models.map(row)}</tbody>
</table>
<dl class="legend">${OUTCOMES.map(
    (outcome) =>
      html`<div><dt><span class="dot ${outcome}"></span>${outcome}</dt><dd>${OUTCOME_WORDS[outcome]}</dd></div>`,
  )}</dl>
</section>`;
}

function equation(images: number, models: number): Html {
  const cells = images * models;
  return html`<span class="term">${counted(images, "picture")} × ${counted(models, "model")}</span> = <span class="term"><b>${count(cells)}</b> ${cells === 1 ? "cell" : "cells"}</span>`;
}

/** Per cent of the bar below which a slice could not be seen; a run with one cell missing must not look whole. */
const LEAST_SLICE = 0.6;

function bar(model: ReportModel, images: number): Html {
  const parts = OUTCOMES.filter((outcome) => model.outcomes[outcome] > 0).map((outcome) => ({
    outcome,
    width: Math.max(LEAST_SLICE, (100 * model.outcomes[outcome]) / Math.max(1, images)),
  }));
  const drawn = parts.reduce((sum, part) => sum + part.width, 0);
  let start = 0;
  const slices = parts.map(({ outcome, width }) => {
    const share = (100 * width) / drawn;
    const slice = html`<rect class="${outcome}" x="${start.toFixed(3)}%" y="0" width="${share.toFixed(3)}%" height="100%"><title>${outcome}: ${count(model.outcomes[outcome])}</title></rect>`;
    start += share;
    return slice;
  });
  const asked = images - model.outcomes.missing;
  const spoken = OUTCOMES.map((outcome) => `${outcome} ${count(model.outcomes[outcome])}`).join(", ");
  return html`<div class="bar"><p><span>${modelName(model)}</span><span class="soft">${percent(asked, images)} asked, ${percent(model.outcomes.answered, images)} answered</span></p><svg role="img" aria-label="${model.name}: ${spoken}">${slices}</svg></div>`;
}

function row(model: ReportModel): Html {
  const cell = (label: string, value: number | null) =>
    html`<td class="number" data-label="${label}">${value === null ? html`<span class="soft">unknown</span>` : count(value)}</td>`;
  return html`<tr><th scope="row">${modelName(model)}<br><span class="soft mono"><bdi>${model.model}</bdi>${model.revision === null ? "" : ` @ ${model.revision}`}</span></th>${OUTCOMES.map(
    (outcome) => cell(outcome, model.outcomes[outcome]),
  )}${cell("attempts", model.attempts)}${cell("prompt tokens", model.promptTokens)}${cell("reply tokens", model.completionTokens)}</tr>`;
}

/** A model's name, with the mark of the built-in observer where it is not a model. */
export function modelName(model: Pick<ReportModel, "name" | "observer" | "role">): Html {
  const role = model.role === "candidate" ? html` <span class="tag">candidate</span>` : null;
  return html`<b>${model.name}</b>${role}${model.observer ? html` <span class="tag observer">observer</span>` : null}`;
}

function sumsThatFail({ images, models }: ReportData): Html[] {
  return models
    .map((model) => ({ model, sum: OUTCOMES.reduce((total, outcome) => total + model.outcomes[outcome], 0) }))
    .filter(({ sum }) => sum !== images)
    .map(
      ({ model, sum }) =>
        html`<p class="notice alarm">The outcomes of ${model.name} add up to ${count(sum)}, not to the ${counted(images, "picture")}: these numbers are wrong.</p>`,
    );
}

function totalOf(models: readonly ReportModel[], outcome: Outcome): number {
  return models.reduce((sum, model) => sum + model.outcomes[outcome], 0);
}
