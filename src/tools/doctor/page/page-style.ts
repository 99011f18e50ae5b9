/** Of the page and its picture, light and dark. Verdicts are in words as well as in colours. */
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
  margin: 0 auto; padding: 1.5rem; max-width: 100rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif;
}
h1 { font-size: 1.4rem; margin: 0 0 .5rem }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem }
.verdict { font-size: 1.1rem; font-weight: 600; margin: 0 }
.verdict.ok { color: var(--ok) }
.verdict.fail { color: var(--fail) }
.facts, footer { color: var(--dim); margin: .25rem 0 1rem; overflow-wrap: anywhere }
figure { margin: 1rem 0; padding: 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 8px }
svg { display: block; width: 100%; max-width: 84rem; height: auto; font: 12px ui-monospace, Menlo, Consolas, monospace }
svg .head { fill: var(--dim) }
svg .name { fill: var(--ink) }
svg .detail { fill: var(--dim) }
svg .box rect { fill: var(--paper); stroke: var(--line); stroke-width: 1.5 }
svg .way { fill: none; stroke: var(--line); stroke-width: 1.5 }
svg .way.idle { stroke-dasharray: 2 5 }
svg .break { fill: none; stroke: var(--fail); stroke-width: 2.5 }
svg .ok rect, svg .way.ok { stroke: var(--ok) }
svg .warn rect, svg .way.warn { stroke: var(--warn) }
svg .fail rect, svg .way.fail { stroke: var(--fail) }
svg .way.fail { stroke-dasharray: 5 4 }
.advice { list-style: none; margin: 0; padding: 0 }
.advice li { margin: .5rem 0; padding: .6rem .8rem; background: var(--panel); border-left: 4px solid var(--line); border-radius: 4px; overflow-wrap: anywhere }
.advice p { margin: .25rem 0 0 }
.advice pre { margin: .4rem 0 0; padding: .4rem .6rem; background: var(--paper); border-radius: 4px; overflow-x: auto; font: 13px ui-monospace, Menlo, Consolas, monospace }
.advice .fail { border-color: var(--fail) }
.advice .warn { border-color: var(--warn) }
.advice .note { border-color: var(--note) }
.advice .fail b { color: var(--fail) }
.advice .warn b { color: var(--warn) }
.advice .note b { color: var(--note) }
.scroll { overflow-x: auto }
table { border-collapse: collapse; font-size: 13px; width: 100% }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
th, td { white-space: nowrap }
td.name { white-space: normal; min-width: 8rem; overflow-wrap: anywhere }
td .detail { color: var(--dim); white-space: nowrap }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
th { color: var(--dim); font-weight: 600 }
tr.ok .verdict-cell { color: var(--ok) }
tr.warn .verdict-cell { color: var(--warn) }
tr.fail .verdict-cell { color: var(--fail) }
@media (max-width: 50rem) {
  body { padding: 1rem }
  thead { display: none }
  tr { display: block; margin: 0 0 .75rem; padding: .4rem .6rem; background: var(--panel); border-radius: 4px }
  td { display: grid; grid-template-columns: 6rem 1fr; padding: .15rem 0; border: 0; text-align: left; overflow-wrap: anywhere; white-space: normal }
  td.number { text-align: left }
  td:empty { display: none }
  td .detail { grid-column: 2 }
  td::before { content: attr(data-title); color: var(--dim) }
}
@media print { body { max-width: none } figure { break-inside: avoid } }
`
