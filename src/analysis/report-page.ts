import { createHash } from "node:crypto";
import { html, markupOf, ownMarkup } from "./html.js";
import { arithmeticSection } from "./report-arithmetic.js";
import type { ReportData } from "./report-data.js";
import { picturesSection } from "./report-filters.js";
import { askedSection, headerSection } from "./report-header.js";
import { sampleSection } from "./report-sample.js";
import { scoresSection } from "./report-scores.js";
import { REPORT_SCRIPT } from "./report-script.js";
import { REPORT_STYLE } from "./report-style.js";

/**
 * The report of a run as one HTML file that works from disk and asks nobody for anything: its policy allows its own
 * style, its own script and inline pictures, nothing else. Text from outside is shown as text. The same data gives
 * the same page.
 */
export function renderReport(data: ReportData): string {
  const policy = `default-src 'none'; img-src data:; style-src '${hashOf(REPORT_STYLE)}'; script-src '${hashOf(REPORT_SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  return markupOf(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${ownMarkup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${data.name} · imagenet-think</title>
<style>${ownMarkup(REPORT_STYLE)}</style>
</head>
<body>
${headerSection(data)}
<main>
${arithmeticSection(data)}
${askedSection(data)}
${scoresSection(data)}
${sampleSection(data)}
${picturesSection(data)}
</main>
<footer><p>Written from run ${data.run8} by imagenet-think ${data.toolVersion}. This page is one file; it loads nothing and sends nothing.</p></footer>
<script>${ownMarkup(REPORT_SCRIPT)}</script>
</body>
</html>
`);
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
