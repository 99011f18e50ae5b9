import type { MapNode, Pair, Report, ScalarNode } from './node.js'
import type { SourceText } from './source-text.js'

const quotesKept =
  'the value is in quotes, which whoever set the variable has kept (docker --env-file does): set it without them'

/**
 * The rules of the one-line form, as nodes: `PATTERN=TARGET`, several targets divided by `|`, rules by commas or line
 * breaks. A divider within braces is part of the text. Faults are reported, nothing is thrown.
 */
export function readOneLine(source: SourceText, report: Report): MapNode {
  const scalar = (from: number, to: number) => trimmedScalar(source, from, to)
  const pair = (key: string, value: MapNode): Pair => ({
    key: { kind: 'scalar', source, offset: value.offset, text: key },
    value,
  })
  const quote = /^\s*(["'])[^]*\1\s*$/.exec(source.text)?.[1]
  if (quote !== undefined) {
    report(() => source.faultAtOffset(source.text.indexOf(quote), quotesKept))
    return { kind: 'broken', source, offset: 0 }
  }
  const rules: MapNode[] = []
  for (const [from, to] of split(source.text, 0, source.text.length, ',\r\n')) {
    const entry = scalar(from, to)
    if (entry.text === '') continue
    const [pattern, target, ...more] = split(source.text, from, to, '=')
    if (pattern === undefined || target === undefined || more.length > 0) {
      const found = entry.text.includes(';')
        ? "';', where rules are divided by commas,"
        : target === undefined
          ? "no '='"
          : "several '='"
      report(() =>
        source.faultAtOffset(entry.offset, `expected PATTERN=TARGET, found ${found} in '${entry.text.slice(0, 100)}'`),
      )
      continue
    }
    const targets = split(source.text, ...target, '|').map(part => scalar(...part))
    const match = scalar(...pattern)
    const [only] = targets
    const to_: MapNode =
      only !== undefined && targets.length === 1
        ? only
        : { kind: 'list', source, offset: only?.offset ?? entry.offset, items: targets }
    rules.push({ kind: 'pairs', source, offset: entry.offset, pairs: [pair('match', match), pair('to', to_)] })
  }
  const list: MapNode = { kind: 'list', source, offset: 0, items: rules }
  return { kind: 'pairs', source, offset: 0, pairs: [pair('rules', list)] }
}

function split(text: string, from: number, to: number, dividers: string): [number, number][] {
  const parts: [number, number][] = []
  let depth = 0
  let start = from
  for (let index = from; index < to; index++) {
    const character = text.charAt(index)
    // Braces end with their line: one that is not closed spoils that line only.
    if (character === '{') depth++
    else if (character === '}' || character === '\n') depth = Math.max(0, character === '\n' ? 0 : depth - 1)
    if (depth > 0 || !dividers.includes(character)) continue
    parts.push([start, index])
    start = index + 1
  }
  parts.push([start, to])
  return parts
}

function trimmedScalar(source: SourceText, from: number, to: number): ScalarNode {
  const part = source.text.slice(from, to)
  const text = part.trim()
  return { kind: 'scalar', source, offset: from + (text === '' ? 0 : part.indexOf(text)), text }
}

/**
 * The format that the text looks like: `inline` if its first line that is not empty begins with a pattern and `=`, without
 * a blank or quote before it; else `yaml`. A file's name that ends in .yaml, .yml or .json decides.
 */
export function guessFormat(text: string, filename?: string): 'yaml' | 'inline' {
  if (filename !== undefined && /\.(ya?ml|json)$/i.test(filename)) return 'yaml'
  const start = text.search(/[^\s,\ufeff]/)
  if (start < 0) return 'yaml'
  const end = text.indexOf('\n', start)
  const line = text.slice(start, end < 0 ? undefined : end)
  const equals = line.indexOf('=')
  if (equals <= 0 || line.startsWith('#') || line.startsWith('- ')) return 'yaml'
  return /["'\s]/.test(line.slice(0, equals).trimEnd()) ? 'yaml' : 'inline'
}
