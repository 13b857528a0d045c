import { type Html, html } from "./html.js";
import type { ReportData } from "./report-data.js";
import { textBlock } from "./report-text.js";
import { count, counted, minute, percent } from "./report-words.js";

export function headerSection(data: ReportData): Html {
  const observed = data.models.filter((model) => model.observer);
  return html`<header class="masthead">
<p class="kicker">imagenet-think report</p>
<h1><bdi>${data.name}</bdi></h1>
<p class="soft">run <span class="mono">${data.run8}</span> · begun <time datetime="${data.createdAt}">${minute(data.createdAt)}</time> · imagenet-think ${data.toolVersion}</p>
${state(data)}
${
  observed.length === 0
    ? null
    : html`<p class="notice observer-notice"><b>Not written by a model.</b> The text under ${observed.map(
        ({ name }, index) => html`${index === 0 ? "" : index === observed.length - 1 ? " and " : ", "}<b>${name}</b>`,
      )} comes from the built-in <span class="tag observer">observer</span>, a small program that measures the picture and puts the measurements into words.</p>`
}
</header>`;
}

/** Finished only where there are cells and none is missing. */
function state({ images, models, sample }: ReportData): Html {
  const cells = images * models.length;
  const missing = models.reduce((sum, model) => sum + model.outcomes.missing, 0);
  if (sample === null) return html`<p class="state open"><b>Not begun.</b> The sample is not drawn yet.</p>`;
  if (images === 0) return html`<p class="state open"><b>Empty.</b> No picture was accepted, so nothing was asked.</p>`;
  if (missing > 0) {
    return html`<p class="state open"><b>Not finished: ${percent(cells - missing, cells)}.</b> ${count(missing)} of ${counted(cells, "cell")} ${missing === 1 ? "is" : "are"} missing; the same command goes on where it stopped.</p>`;
  }
  return html`<p class="state done"><b>Finished.</b> All ${counted(cells, "cell")} are accounted for; none is missing.</p>`;
}

export function askedSection({ prompt, models }: ReportData): Html {
  const order = prompt.imageFirst ? "The picture first, then this text" : "This text first, then the picture";
  const names = models.map((model) => model.name).join(", ");
  return html`<section aria-labelledby="asked">
<h2 id="asked">What was asked</h2>
<blockquote class="prompt">${textBlock(prompt.text, "prompt")}</blockquote>
<p class="soft">${order}, to ${names === "" ? "no model" : names}. Prompt <span class="mono">${prompt.name}</span>, version ${prompt.version}.</p>
${prompt.system === null ? null : html`<p class="soft">System message:</p><blockquote class="prompt">${textBlock(prompt.system, "system message")}</blockquote>`}
</section>`;
}
