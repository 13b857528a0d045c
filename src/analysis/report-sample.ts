import { type Html, html } from "./html.js";
import type { ReportData } from "./report-data.js";
import { count, counted } from "./report-words.js";

/** Short classes that are named one by one. */
const NAMED_CLASSES = 40;

export function sampleSection({ images, sample }: ReportData): Html | null {
  if (sample === null) return null;
  const reasons = Object.entries(sample.rejected).filter(([, pictures]) => pictures > 0);
  const rejected = reasons.reduce((sum, [, pictures]) => sum + pictures, 0);
  return html`<section aria-labelledby="sample">
<h2 id="sample">The sample</h2>
<div class="columns">
<table class="plain">
<tbody>
${line("listed in the classes asked for", sample.catalog)}
${line("not drawn", sample.notDrawn)}
${line("drawn", images + rejected, "strong")}
${line("in the sample", images, "inner strong")}
${line("turned away", rejected, "inner")}
</tbody>
</table>
<div>
<h3>Turned away</h3>
${
  reasons.length === 0
    ? html`<p class="soft">No drawn picture was turned away.</p>`
    : html`<table class="plain"><tbody>${reasons.map(([reason, pictures]) => line(reason, pictures))}</tbody></table>`
}
${sample.outsideClasses === 0 ? null : html`<p class="soft">${counted(sample.outsideClasses, "picture")} in other classes were not looked at.</p>`}
${shortClasses(sample.shortClasses)}
</div>
</div>
</section>`;
}

function line(label: string, pictures: number, kind = ""): Html {
  return html`<tr class="${kind}"><th scope="row">${label}</th><td class="number">${count(pictures)}</td></tr>`;
}

function shortClasses(classes: NonNullable<ReportData["sample"]>["shortClasses"]): Html | null {
  if (classes.length === 0) return null;
  const named = classes.slice(0, NAMED_CLASSES);
  const rest = classes.length - named.length;
  return html`<details><summary>${classes.length === 1 ? "1 class gave" : `${count(classes.length)} classes gave`} fewer than their share</summary>
<table class="plain"><tbody>${named.map(
    (short) =>
      html`<tr><th scope="row" class="mono"><bdi>${short.class ?? "no class"}</bdi></th><td class="number">${count(short.given)} of ${count(short.wanted)}</td></tr>`,
  )}</tbody></table>
${rest === 0 ? null : html`<p class="soft">and ${count(rest)} more</p>`}</details>`;
}
