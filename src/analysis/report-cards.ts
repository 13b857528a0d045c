import { type Html, html } from "./html.js";
import { modelName } from "./report-arithmetic.js";
import type { ReportCell, ReportData, ReportModel, ReportPicture } from "./report-data.js";
import { textBlock } from "./report-text.js";
import { byteSize, count, counted } from "./report-words.js";

const SMALL_COPY = /^data:image\/(?:jpeg|png|webp|gif|avif);base64,[A-Za-z0-9+/]+={0,2}$/;

/** One picture with what every model thought and answered, side by side. */
export function pictureCard(picture: ReportPicture, data: ReportData): Html {
  const models = new Map(data.models.map((model) => [model.name, model]));
  return html`<article class="picture" id="${picture.id}" data-class="${picture.class ?? ""}" aria-labelledby="title-${picture.id}">
<div class="about">
${smallCopy(picture, data.withPictures)}
<h3 id="title-${picture.id}"><bdi>${picture.lemma ?? picture.class ?? "no class"}</bdi></h3>
${picture.gloss === null ? null : html`<p class="gloss"><bdi>${picture.gloss}</bdi></p>`}
<p class="facts soft"><a class="mono" href="#${picture.id}">${picture.id}</a>${picture.class === null ? null : html` · <span class="mono"><bdi>${picture.class}</bdi></span>`}<br>
<bdi>${picture.fileName}</bdi><br>
${count(picture.width)} × ${count(picture.height)} · ${picture.format.toUpperCase()} · ${byteSize(picture.bytes)}<br>
${picture.made.length === 0 ? "sent as it is" : `made plain for sending: ${picture.made.join(", ")}`}</p>
${picture.review ? html`<p><span class="tag review">review</span> <span class="soft">a person class</span></p>` : null}
</div>
<div class="cells">${picture.cells.map((cell) => cellCard(cell, models.get(cell.model)))}</div>
</article>`;
}

function smallCopy(picture: ReportPicture, withPictures: boolean): Html {
  if (picture.thumbnail !== null && SMALL_COPY.test(picture.thumbnail)) {
    return html`<img src="${picture.thumbnail}" alt="small copy of ${picture.id}" width="${picture.width}" height="${picture.height}" decoding="async">`;
  }
  return html`<p class="no-picture">${withPictures ? "no small copy could be made" : "pictures were left out of this page"}</p>`;
}

function cellCard(cell: ReportCell, model: ReportModel | undefined): Html {
  const named = model ?? { name: cell.model, observer: false, role: "teacher" as const };
  return html`<section class="cell" data-model="${cell.model}" data-outcome="${cell.outcome}" aria-label="${cell.model}, ${cell.outcome}">
<header><h4>${modelName(named)}</h4><p class="outcome"><span class="dot ${cell.outcome}"></span>${cell.outcome}${cell.reason === null ? null : html`<span class="reason">${cell.reason}</span>`}</p></header>
${cell.flags.length === 0 ? null : html`<p class="flags">${cell.flags.map((flag) => html`<span class="tag">${flag}</span> `)}</p>`}
${thinking(cell)}
${answer(cell)}
<p class="small soft">${cell.finishReason === null ? "no finish reason" : `finish reason ${cell.finishReason}`} · ${cell.attempts === 0 ? "not asked" : counted(cell.attempts, "attempt")}</p>
</section>`;
}

function thinking({ thinking, outcome }: ReportCell): Html | null {
  if (thinking === null) return outcome === "missing" ? null : html`<p class="small soft">No thinking.</p>`;
  return html`<details class="thinking"><summary>Thinking <span class="soft">${counted(thinking.length, "character")}</span></summary>${textBlock(thinking, "thinking")}</details>`;
}

function answer({ answer, outcome }: ReportCell): Html {
  if (answer !== null) return html`<div class="answer">${textBlock(answer, "answer")}</div>`;
  return html`<p class="nothing">${outcome === "missing" ? "Not asked to the end yet." : "No answer."}</p>`;
}
