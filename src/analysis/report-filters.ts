import { OUTCOMES } from "../records/index.js";
import { type Html, html } from "./html.js";
import { pictureCard } from "./report-cards.js";
import type { ReportData } from "./report-data.js";
import { count, counted } from "./report-words.js";

export function picturesSection(data: ReportData): Html {
  return html`<section aria-labelledby="pictures">
<h2 id="pictures">The pictures</h2>
<p class="soft">${shown(data)} ${
    data.withPictures
      ? "They are small copies for the eyes of this page's reader only; the terms of the pictures do not change by being shown here."
      : "The pictures themselves were left out of this page."
  }</p>
${data.pictures.length === 0 ? null : filters(data)}
<div id="cards">${data.pictures.map((picture) => pictureCard(picture, data))}</div>
<p class="nothing" id="none" hidden>No picture on this page matches.</p>
</section>`;
}

/** The number on the page out of the run's, and how they were chosen. */
function shown({ pictures, images, selection }: ReportData): Html {
  if (pictures.length === images) return html`<b>All ${counted(images, "picture")}</b>.`;
  const how = selection.seed === null ? "a selection" : `a seeded selection (seed ${selection.seed})`;
  return html`<b>${count(pictures.length)} of ${counted(images, "picture")}</b>, ${how}.`;
}

function filters({ pictures, models }: ReportData): Html {
  const outcomes = OUTCOMES.filter((outcome) =>
    pictures.some((picture) => picture.cells.some((cell) => cell.outcome === outcome)),
  );
  return html`<form class="filters" id="filters" hidden>
<label class="search">Text <input type="search" name="text" placeholder="in names, thinking and answers" autocomplete="off" spellcheck="false"></label>
<label>Outcome <select name="outcome"><option value="">any</option>${outcomes.map((outcome) => html`<option>${outcome}</option>`)}</select></label>
<label>Class <select name="class"><option value="">any</option>${classOptions(pictures)}</select></label>
<label>Model <select name="model"><option value="">all</option>${models.map((model) => html`<option>${model.name}</option>`)}</select></label>
<p class="soft"><output id="shown" aria-live="polite">${count(pictures.length)} of ${count(pictures.length)} shown</output> <button type="reset">clear</button></p>
</form>`;
}

function classOptions(pictures: ReportData["pictures"]): Html[] {
  const names = new Map<string, string>();
  for (const { class: wnid, lemma } of pictures) {
    if (wnid !== null) names.set(wnid, lemma === null ? wnid : `${lemma} (${wnid})`);
  }
  return [...names]
    .sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([wnid, name]) => html`<option value="${wnid}">${name}</option>`);
}
