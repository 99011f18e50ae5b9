/** Of the page and its picture, light and dark. Verdicts are told by words as well as by colours. */
export const style = `
:root {
  --paper: #ffffff; --ink: #1d2330; --dim: #5b6475; --line: #c9cfda; --panel: #f4f6f9;
  --ok: #1a7f4b; --warn: #9a6200; --fail: #c02f2f; --note: #35609c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161d; --ink: #e4e8ef; --dim: #9aa5b8; --line: #3a4352; --panel: #1b212b;
    --ok: #4cc38a; --warn: #e0a63c; --fail: #ff7b72; --note: #7aa7e8;
  }
}
* { box-sizing: border-box }
body {
  margin: 0 auto; padding: 1.5rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
}
h1 { font-size: 1.4rem; margin: 0 0 .5rem }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }
.verdict { font-size: 1.1rem; font-weight: 600; margin: 0 }
.verdict.ok { color: var(--ok) }
.verdict.fail { color: var(--fail) }
.facts, footer { color: var(--dim); margin: .25rem 0 1rem; overflow-wrap: anywhere }
figure { margin: 1rem 0; padding: 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; overflow-x: auto }
svg { display: block; width: 100%; min-width: 46rem; height: auto; font: 12px ui-monospace, Menlo, Consolas, monospace }
svg .head { fill: var(--dim) }
svg .name { fill: var(--ink) }
svg .detail { fill: var(--dim) }
svg .box rect { fill: var(--paper); stroke-width: 1.5 }
svg .way { fill: none; stroke-width: 1.5 }
svg .ok rect, svg .way.ok { stroke: var(--ok) }
svg .warn rect, svg .way.warn { stroke: var(--warn) }
svg .fail rect, svg .way.fail { stroke: var(--fail) }
svg .way.fail { stroke-dasharray: 5 4 }
.advice { list-style: none; margin: 0; padding: 0 }
.advice li { margin: .5rem 0; padding: .6rem .8rem; background: var(--panel); border-left: 4px solid var(--line); border-radius: 4px; overflow-wrap: anywhere }
.advice .fail { border-color: var(--fail) }
.advice .warn { border-color: var(--warn) }
.advice .note { border-color: var(--note) }
.advice .fail b { color: var(--fail) }
.advice .warn b { color: var(--warn) }
.advice .note b { color: var(--note) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: 13px; white-space: nowrap }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left }
th { color: var(--dim); font-weight: 600 }
tr.ok td:nth-child(3) { color: var(--ok) }
tr.warn td:nth-child(3) { color: var(--warn) }
tr.fail td:nth-child(3) { color: var(--fail) }
@media print { body { max-width: none } figure { break-inside: avoid } }
`
