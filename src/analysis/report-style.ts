import { DOT_PLOT_STYLE } from "./dot-plot.js";

const COLOURS = `
:root {
  color-scheme: light dark;
  --paper: #faf8f4; --card: #ffffff; --ink: #22262b; --soft: #626a73; --line: #e5e0d6; --wash: #f3efe7; --link: #2f5d85;
  --answered: #3b8a64; --truncated: #c8892b; --unparsed: #8166ad; --refused: #b45a7c; --failed: #bf4a3f; --missing: #b9bcc0;
  --observer-ink: #6b4a00; --observer-wash: #fbefcf; --observer-line: #e6cd8b;
  --serif: "Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", Georgia, serif;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1b1f23; --ink: #e4e2dd; --soft: #9ba2aa; --line: #2d3238; --wash: #20252a; --link: #93bbe0;
    --answered: #5bb48a; --truncated: #dba54e; --unparsed: #a78fd3; --refused: #d583a3; --failed: #df7468; --missing: #595f66;
    --observer-ink: #f0d48c; --observer-wash: #2e2817; --observer-line: #5a4b22;
  }
}`;

const PAGE = `
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 80rem; padding: 3rem clamp(1rem, 4vw, 3rem) 5rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 var(--sans); overflow-wrap: anywhere; }
h1, h2, h3 { font-family: var(--serif); font-weight: 600; line-height: 1.2; text-wrap: balance; }
h1 { font-size: clamp(2rem, 5vw, 3rem); margin: 0 0 .5rem; letter-spacing: -.01em; }
h2 { font-size: 1.6rem; margin: 0 0 1rem; }
h3 { font-size: 1.2rem; margin: 0 0 .3rem; }
h4 { font-size: 1rem; margin: 0; font-weight: 400; }
p { margin: 0 0 .8rem; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
b { font-weight: 650; }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
body > section, main > section { margin-top: 3.5rem; }
.soft { color: var(--soft); }
.small { font-size: .82rem; margin: .8rem 0 0; }
.mono { font-family: var(--mono); font-size: .86em; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal; }
.kicker { font-size: .8rem; letter-spacing: .12em; text-transform: uppercase; color: var(--soft); margin: 0 0 .6rem; }
.state, .notice { border-left: 4px solid var(--missing); background: var(--wash); padding: .7rem 1rem; border-radius: 0 6px 6px 0; max-width: 62rem; }
.state { margin-top: 1.4rem; }
.state.done { border-color: var(--answered); }
.state.open { border-color: var(--truncated); }
.notice.alarm { border-color: var(--failed); }
.observer-notice { border-color: var(--observer-line); background: var(--observer-wash); color: var(--observer-ink); }
.tag { display: inline-block; font-size: .74rem; line-height: 1.5; padding: 0 .5em; border: 1px solid var(--line); border-radius: .75em; color: var(--soft); max-width: 100%; }
.tag.observer { background: var(--observer-wash); color: var(--observer-ink); border-color: var(--observer-line); font-weight: 600; }
.tag.review { color: var(--refused); border-color: currentColor; }
.dot { display: inline-block; width: .6em; height: .6em; border-radius: 50%; margin-right: .45em; background: currentColor; }
.prompt { margin: 0 0 .8rem; padding: 0 0 0 1.2rem; border-left: 4px solid var(--line); font: italic 1.15rem/1.6 var(--serif); max-width: 48rem; }`;

const OUTCOME_COLOURS = ["answered", "truncated", "unparsed", "refused", "failed", "missing"]
  .map((outcome) => `.dot.${outcome} { color: var(--${outcome}); } rect.${outcome} { fill: var(--${outcome}); }`)
  .join("\n");

const TABLES = `
.equation { font-size: 1.1rem; line-height: 1.9; }
.equation .term { white-space: nowrap; }
.bars { display: grid; gap: 1rem; margin: 1.4rem 0 1.8rem; }
.bar p { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; margin: 0 0 .3rem; }
.bar svg { display: block; width: 100%; height: 14px; border-radius: 7px; background: var(--wash); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .5rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-size: .82rem; color: var(--soft); vertical-align: bottom; }
th.number, td.number { text-align: right; }
table.plain th { padding-left: 0; } table.plain td { padding-right: 0; width: 7rem; }
tr.strong { font-weight: 650; } tr.strong th { font-weight: inherit; } tr.inner th { padding-left: 1.4rem !important; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem 3.5rem; }
.columns h3 { font-size: 1rem; font-family: var(--sans); padding-top: .45rem; }
.columns p { margin-top: .8rem; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.6rem; margin: 1.2rem 0 0; font-size: .85rem; }
.legend div { display: flex; gap: .4rem; } .legend dd { margin: 0; color: var(--soft); }
@media (max-width: 72rem) {
  table.stacking thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table.stacking, table.stacking tbody, table.stacking tr, table.stacking th, table.stacking td { display: block; width: 100%; }
  table.stacking tbody { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: .8rem; }
  table.stacking tr { border: 1px solid var(--line); border-radius: 8px; padding: .4rem .9rem; background: var(--card); }
  table.stacking tr > * { border: 0; padding: .2rem 0; }
  table.stacking td { display: flex; justify-content: space-between; gap: 1rem; }
  table.stacking td::before { content: attr(data-label); color: var(--soft); }
}`;

const CARDS = `
.filters { display: flex; flex-wrap: wrap; align-items: end; gap: .7rem 1rem; padding: .9rem 0; margin-bottom: 1.2rem; border-block: 1px solid var(--line); background: var(--paper); }
.filters label { display: grid; gap: .2rem; font-size: .8rem; color: var(--soft); min-width: 0; }
.filters .search { flex: 1 1 14rem; }
.filters p { margin: 0 0 .35rem auto; font-size: .9rem; font-variant-numeric: tabular-nums; }
input, select, button { font: inherit; font-size: .95rem; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .4rem .6rem; min-width: 0; max-width: 100%; }
select { max-width: 15rem; text-overflow: ellipsis; }
button { cursor: pointer; padding: .15rem .6rem; font-size: .85rem; }
@media (min-width: 60rem) { .filters { position: sticky; top: 0; z-index: 1; } article.picture { scroll-margin-top: 6rem; } }
article.picture { display: grid; grid-template-columns: minmax(0, 17rem) minmax(0, 1fr); gap: 1.4rem 2.2rem; padding: 2rem 0; border-bottom: 1px solid var(--line); }
article.picture:target h3 { text-decoration: underline; text-decoration-color: var(--truncated); text-underline-offset: .2em; }
.about img, .no-picture { display: block; width: 100%; border-radius: 8px; background: var(--wash); margin-bottom: .9rem; }
.about img { height: auto; max-height: 24rem; object-fit: contain; }
.no-picture { display: grid; place-items: center; aspect-ratio: 4 / 3; color: var(--soft); font-size: .85rem; text-align: center; padding: 1rem; border: 1px dashed var(--line); }
.gloss { font: italic 1rem/1.45 var(--serif); color: var(--soft); }
.facts { font-size: .82rem; line-height: 1.7; }
.cells { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 1.2rem; align-items: start; }
.cell { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; min-width: 0; }
.cell > header { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; gap: .1rem 1rem; padding-bottom: .6rem; margin-bottom: .8rem; border-bottom: 1px solid var(--line); }
.outcome { margin: 0; font-size: .9rem; }
.reason { color: var(--soft); } .reason::before { content: " · "; }
.flags { margin: 0 0 .7rem; line-height: 1.9; }
summary { cursor: pointer; font-size: .9rem; color: var(--link); padding: .1rem 0; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext; max-width: 75ch; }
.text.long { max-height: 30rem; overflow: auto; padding-right: .5rem; }
.thinking { margin-bottom: .9rem; }
.thinking .text { margin-top: .6rem; padding: .1rem 0 .1rem 1rem; border-left: 3px solid var(--line); font-size: .92rem; color: var(--soft); }
.nothing { color: var(--soft); font-style: italic; }
@media (max-width: 48rem) {
  body { padding-top: 1.6rem; }
  body > section, main > section { margin-top: 2.6rem; }
  article.picture { grid-template-columns: minmax(0, 1fr); }
  .filters label { flex: 1 1 8rem; } .filters .search { flex-basis: 100%; } .filters p { margin-left: 0; flex-basis: 100%; } select { max-width: none; width: 100%; }
}
footer { margin-top: 3rem; font-size: .85rem; color: var(--soft); }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; background: none; }
  .filters { display: none; }
  article.picture, .cell { break-inside: auto; } .about { break-inside: avoid; }
  .text.long { max-height: none; overflow: visible; }
}`;

/** The page's own style: calm in light and dark, narrow and wide, and on paper. It loads nothing. */
export const REPORT_STYLE = [COLOURS, PAGE, OUTCOME_COLOURS, TABLES, DOT_PLOT_STYLE, CARDS].join("\n");
