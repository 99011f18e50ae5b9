import type { Expanded } from '../document/node.js'
import { isAscii, isNameCharacter, isNamePart, toAsciiName } from '../host-name.js'
import { didYouMean } from '../../text/nearest.js'
import { quoteText } from '../../text/quote-text.js'
import type { Table } from '../types.js'
import { unexpected } from './capture-label.js'
import { Malformed } from './malformed.js'
import type { Pattern } from './pattern.js'

/** One part of a target's name, in order. Names are in lower case. */
type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'reference'; readonly name: string; readonly table: string | null; readonly index: number }

/** A target's name as the map writes it. */
export type HostTemplate = readonly Part[]

/** The name up to `to`; a text if there is nothing to fill in. Throws Malformed. */
export function parseHostTemplate(source: Expanded, to: number): HostTemplate | string {
  const { text } = source
  const parts: Part[] = []
  let at = 0
  for (let open = text.indexOf('{'); open >= 0 && open < to; open = text.indexOf('{', at)) {
    if (open > at) parts.push(literalPart(source, at, open, to))
    const close = text.indexOf('}', open)
    if (close < 0 || close >= to) throw new Malformed(`'{' has no '}'`, open)
    parts.push(parseReference(source, open, close))
    at = close + 1
  }
  if (parts.length === 0) return literalPart(source, 0, to, to).text
  if (at < to) parts.push(literalPart(source, at, to, to))
  return parts
}

const starHint = "'*' is allowed only in patterns: a target writes {*} for what it covered"

function literalPart(source: Expanded, from: number, to: number, end: number) {
  const written = source.text.slice(from, to)
  if (isNamePart(written)) return { kind: 'literal', text: written } as const
  const text = asciiLabels(written, from === 0, to === end)
  for (let index = 0; index < text.length; index++) {
    if (isNameCharacter(text.charCodeAt(index)) || text[index] === '.') continue
    // A-labels are longer than what was written: the character is looked for there.
    const at = from + (isAscii(written) ? index : Math.max(0, written.indexOf(text.charAt(index))))
    const isStar = source.quote(at, at + 1) === '*'
    throw new Malformed(isStar ? starHint : unexpected(source, at).replace('host name', "target's name"), at)
  }
  return { kind: 'literal', text } as const
}

// A label that a capture touches has no A-label form of its own: its characters beyond ASCII stay, and are refused.
function asciiLabels(text: string, beginsName: boolean, endsName: boolean): string {
  const labels = text.split('.')
  const convert = (label: string, index: number) => {
    const isWhole = (index > 0 || beginsName) && (index < labels.length - 1 || endsName)
    const ascii = isWhole || isAscii(label) ? toAsciiName(label) : undefined
    return ascii === undefined || ascii.includes('.') ? label : ascii
  }
  return labels.map(convert).join('.')
}

function parseReference(source: Expanded, open: number, close: number): Part {
  const inside = source.text
    .slice(open + 1, close)
    .trim()
    .toLowerCase()
  const [, table, name] = /^(?:([a-z_][\w-]*)\s*\[\s*)?(\*|[a-z_]\w*)(?:\s*\])?$/.exec(inside) ?? []
  if (name !== undefined && (table !== undefined) === inside.endsWith(']') && inside !== 'port')
    return { kind: 'reference', name, table: table ?? null, index: open }
  if (inside === 'port') throw new Malformed(`{port} is for a target's port only: NAME:{port + 1}`, open)
  const quoted = quoteText(source.quote(open, close + 1))
  if (/^[a-z_]\w*\s*:/.test(inside)) {
    throw new Malformed(`${quoted}: a capture's type is for the pattern only`, open)
  }
  throw new Malformed(`${quoted} is no reference: expected {capture}, {table[capture]}, {host} or {*}`, open)
}

/** A part of a target's name: a text, or a part of the host, as it is or by a table. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'read'
      /** A number is that of a capture. */
      readonly from: number | 'host' | '*'
      readonly table: Table | null
    }

/** A target's name for hosts of one pattern: its parts, or a text if there is nothing to fill in. */
export type BoundHost = string | readonly TemplatePart[]

export const hostParts = (host: BoundHost): readonly TemplatePart[] =>
  typeof host === 'string' ? [{ kind: 'literal', text: host }] : host

/** The template for hosts that the pattern matches. Throws Malformed for a capture or table that is not there. */
export function bindHost(
  template: HostTemplate,
  pattern: Pattern,
  tables: ReadonlyMap<string, Table>,
  source: Expanded,
): readonly TemplatePart[] {
  return template.map(part => {
    if (part.kind === 'literal') return part
    const from = findSource(part.name, pattern, part.index, source)
    const table = part.table === null ? null : findTable(part.table, part.index, tables, source)
    return { kind: 'read', from, table }
  })
}

function findTable(name: string, index: number, tables: ReadonlyMap<string, Table>, source: Expanded): Table {
  const table = tables.get(name)
  if (table !== undefined) return table
  throw new Malformed(() => {
    const quoted = source.quote(index + 1, source.text.indexOf('[', index)).trim()
    const hint = quoted.includes('${') ? '' : didYouMean(name, tables.keys())
    return `no table ${quoteText(quoted)}${hint}`
  }, index)
}

function findSource(name: string, pattern: Pattern, index: number, source: Expanded): number | 'host' | '*' {
  if (name === 'host') return 'host'
  if (name === '*') {
    if (pattern.isWildcard) return '*'
    throw new Malformed(`the pattern has no '*' that {*} could stand for`, index)
  }
  const { captures } = pattern
  const at = captures.findIndex(capture => capture.name.toLowerCase() === name)
  if (at >= 0) return at
  throw new Malformed(() => {
    const quoted = source.quote(index, source.text.indexOf('}', index) + 1)
    const known = captures.filter(({ written }) => written === undefined).map(capture => capture.name)
    const hint = quoted.includes('${') ? '' : didYouMean(name, known)
    return `${quoteText(quoted)}: the pattern has no such capture${hint}`
  }, index)
}

/** What a pattern reads in the host. */
export interface Reading {
  readonly host: string
  readonly star: string
  readonly captures: readonly string[]
}

/** A table that lacks the key that was read. */
export interface MissingKey {
  readonly table: string
  readonly key: string
}

/** The name, not yet checked, or what a table lacks for it. */
export function renderHost(parts: BoundHost, reading: Reading): string | MissingKey {
  if (typeof parts === 'string') return parts
  let host = ''
  for (const part of parts) {
    if (part.kind === 'literal') {
      host += part.text
      continue
    }
    const { from, table } = part
    const key = from === 'host' ? reading.host : from === '*' ? reading.star : (reading.captures[from] ?? '')
    const value = table === null ? key : table.values.get(key)
    if (value === undefined) return { table: table?.name ?? '', key }
    host += value
  }
  return host
}
