import type { Row } from './run-fault.js'

const columns = ['fault', 'turns', 'sent', 'acknowledged', 'received', 'lost', 'twice', 'longest gap', 'goes on after']

/** A Markdown table: a fault a line, its turns added up, times the longest ones. */
export function tableOf(rows: readonly Row[]): string {
  const faults = [...new Set(rows.map(({ fault }) => fault))]
  const lines = faults.map(fault => lineOf(rows.filter(row => row.fault === fault)))
  const all = [columns, ...lines]
  const widths = columns.map((_, at) => Math.max(...all.map(line => line[at]?.length ?? 0)))
  const text = (line: readonly string[]) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [text(columns), text(widths.map(width => '-'.repeat(width))), ...lines.map(text), ''].join('\n')
}

function lineOf(rows: readonly Row[]): string[] {
  const sum = (of: (row: Row) => number) => String(rows.reduce((total, row) => total + of(row), 0))
  const longest = (of: (row: Row) => number) => `${(Math.max(...rows.map(of)) / 1000).toFixed(1)} s`
  const from = rows[0]?.recoversFrom === 'end' ? 'its end' : 'its beginning'
  return [
    rows[0]?.fault ?? '',
    String(rows.length),
    sum(row => row.sent),
    sum(row => row.acknowledged),
    sum(row => row.received),
    sum(row => row.lost),
    sum(row => row.duplicates),
    longest(row => row.longestGapMs),
    `${from} ${longest(row => row.recoveryMs)}`,
  ]
}
