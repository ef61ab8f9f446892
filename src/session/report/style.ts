import { Markup } from './html.ts';

/** Ink on paper; by night, and not on paper, the other way round. */
const css = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf6; --sunk: #f1f0e9; --ink: #1c221e; --soft: #565f57; --line: #dbd9ce; --edge: #8b9187;
  --accent: #46611a; --front: #00629b; --chosen: #b83a06; --chosen-wash: #f7e4d9; --crowd: #98a098;
  --reference: #7a4a86; --bad: #a3230f; --gene: #b9d3e4;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #161a17; --sunk: #1f2420; --ink: #e6e9e0; --soft: #a2ab9f; --line: #2f3630; --edge: #6e776c;
    --accent: #b7d36c; --front: #6db9ee; --chosen: #ff9c66; --chosen-wash: #3f2417; --crowd: #656e66;
    --reference: #d0a1dc; --bad: #ff9f8a; --gene: #24506d;
  }
}
* { box-sizing: border-box; }
body {
  max-width: 1000px; margin: 0 auto; padding: 32px 24px 48px; color: var(--ink); background: var(--paper);
  font: 15px/1.5 'Inter', system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
h1, h2, h3, p, ul, dl, dd, figure, pre { margin: 0; padding: 0; }
ul { list-style: none; }
h1 { font-size: 27px; line-height: 1.2; letter-spacing: -0.02em; }
h2 { margin: 40px 0 8px; padding-top: 12px; font-size: 19px; letter-spacing: -0.01em; border-top: 1px solid var(--line); }
h3 { margin: 16px 0 4px; font-size: 15px; }
a { color: var(--front); }
:focus-visible { outline: 2px solid var(--front); outline-offset: 2px; }
.brand { margin-bottom: 6px; font-size: 13px; font-weight: 600; color: var(--accent); }
.soft, footer, small { color: var(--soft); }
footer { margin-top: 40px; padding-top: 12px; font-size: 13px; border-top: 1px solid var(--line); }
section > p { max-width: 72ch; }
.dials { display: flex; flex-wrap: wrap; gap: 1px; margin-top: 24px; padding: 1px; }
.dials li { display: flex; flex: 1 1 148px; flex-direction: column; padding: 12px 14px; box-shadow: 0 0 0 1px var(--line); }
.dials span { font-size: 13px; color: var(--soft); }
.dials strong { font-size: 25px; font-weight: 650; line-height: 1.25; letter-spacing: -0.02em; white-space: nowrap; }
.dials small { font-size: 12px; line-height: 1.35; }
.beside { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); gap: 8px 28px; align-items: start; }
figure { margin-top: 16px; break-inside: avoid; }
figcaption { font-weight: 600; }
details { margin-top: 2px; font-size: 13px; }
summary { color: var(--soft); cursor: pointer; }
details .scroll { max-height: 320px; }
.drawing { margin-top: 4px; overflow-x: auto; }
.drawing > svg { display: block; width: 100%; min-width: 560px; height: auto; }
.beside .drawing > svg { min-width: 0; }
.scroll { margin-top: 8px; overflow: auto; }
table { width: 100%; font-size: 13px; border-collapse: collapse; }
th, td { padding: 4px 12px 4px 0; font-weight: 400; text-align: right; vertical-align: top; white-space: nowrap; }
.long { min-width: 220px; max-width: 360px; text-align: left; white-space: normal; }
thead th { color: var(--soft); vertical-align: bottom; box-shadow: inset 0 -1px var(--edge); }
th:first-child { text-align: left; }
tbody th { font-weight: 500; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
abbr { text-decoration: none; }
tr.chosen > * { background: var(--chosen-wash); }
tr.chosen > th { padding-left: 8px; box-shadow: inset 3px 0 var(--chosen); }
tr.total > * { font-weight: 600; }
.recipe thead { display: none; }
.recipe h3 { margin-top: 8px; }
.recipe .changed td:last-child::before { content: 'preset: '; font-weight: 400; color: var(--soft); }
tr.changed > * { font-weight: 600; background: var(--chosen-wash); }
tr.changed > th { padding-left: 8px; box-shadow: inset 3px 0 var(--chosen); }
code, pre { font: 12.5px/1.5 ui-monospace, 'SF Mono', 'Cascadia Mono', 'Liberation Mono', monospace; }
pre { margin-top: 8px; padding: 8px 12px; white-space: pre-wrap; overflow-wrap: anywhere; background: var(--sunk); border-radius: 6px; }
.sha { font-size: 11px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr)); gap: 10px 28px; }
.facts dt { font-size: 12.5px; color: var(--soft); }
.proof { margin-top: 12px; padding: 8px 12px; background: var(--sunk); border-radius: 6px; }
.proof b { color: var(--accent); }
.proof.failed, .proof.failed b { color: var(--bad); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 4px 0; font-size: 12.5px; color: var(--soft); }
.legend li { display: flex; gap: 4px; align-items: center; }
.tick, .gene-text { font-size: 12px; fill: var(--soft); }
.grid { fill: none; stroke: var(--line); }
.axis { fill: none; stroke: var(--edge); }
.curve, .front-line { fill: none; stroke: var(--front); stroke-width: 2; stroke-linejoin: round; }
.earlier-1, .earlier-2, .earlier-3 { stroke-width: 1.25; }
.earlier-1 { opacity: 0.3; }
.earlier-2 { opacity: 0.45; }
.earlier-3 { opacity: 0.65; }
.heuristic { fill: none; stroke: var(--reference); stroke-dasharray: 6 4; }
.mark { fill: var(--reference); stroke: var(--paper); }
.mark.front { fill: var(--front); }
.mark.dominated { fill: var(--crowd); fill-opacity: 0.55; stroke: none; }
.mark.unfinished { fill: none; stroke: var(--crowd); opacity: 0.8; }
.mark.infeasible { fill: none; stroke: var(--bad); opacity: 0.7; }
.mark.untuned, .mark.untuned-dense, .mark.lora { fill: var(--ink); }
.chosen-ring { fill: none; stroke: var(--chosen); stroke-width: 2.5; }
.gene-room { fill: var(--sunk); }
.gene { fill: var(--gene); }
.gene-text { fill: var(--ink); }
.bar { fill: var(--front); }
.bar.negative { fill: var(--chosen); }
.bar.noise { fill: var(--crowd); fill-opacity: 0.6; }
.whisker { fill: none; stroke: var(--ink); }
@media print {
  :root { color-scheme: light; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  details { display: none; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { padding-right: 6px; white-space: normal; }
  tr, .dials, .proof, .facts > div { break-inside: avoid; }
  h2 { break-after: avoid; }
  tr.chosen > *, tr.changed > *, .mark, .gene, .bar { print-color-adjust: exact; }
}
`;

/** The style sheet's element; the Content-Security-Policy of the report lets in this one and no other. */
export const style = new Markup(`<style>${css}</style>`);
/** SHA-256 of the style sheet; its test says what to write here when that has changed. */
export const styleHash = 'sha256-ryiIYvLKRupiz1oziFhoV7iAXpPnHVagE5q/dxY6WXE=';
