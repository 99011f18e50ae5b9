import type { Expanded } from '../document/node.js'
import { isAscii, isNameCharacter, isNamePart, toAsciiName } from '../host-name.js'
import { didYouMean } from '../../text/nearest.js'
import { quoteText } from '../../text/quote-text.js'
import type { Table } from '../types.js'
import { unexpected } from './capture-label.js'
import { Malformed } from './malformed.js'
import type { Pattern } from './pattern.js'

/** `{name}` or `{table[name]}`, in lower case, and where it is. */
interface Reference {
  readonly name: string
  readonly table: string | null
  readonly index: number
}

/** A target's name as the map writes it: literals and references, in order. */
export type HostTemplate = readonly (string | Reference)[]

/** The name up to `to`; a text if there is nothing to fill in. Throws Malformed. */
export function parseHostTemplate(source: Expanded, to: number): HostTemplate | string {
  const { text } = source
  const parts: (string | Reference)[] = []
  let at = 0
  for (let open = text.indexOf('{'); open >= 0 && open < to; open = text.indexOf('{', at)) {
    if (open > at) parts.push(literal(source, at, open, to))
    const close = text.indexOf('}', open)
    if (close < 0 || close >= to) throw new Malformed(`'{' has no '}'`, open)
    parts.push(parseReference(source, open, close))
    at = close + 1
  }
  if (parts.length === 0) return literal(source, 0, to, to)
  if (at < to) parts.push(literal(source, at, to, to))
  return parts
}

const starHint = "'*' is allowed only in patterns: a target writes {*} for what it covered"

function literal(source: Expanded, from: number, to: number, end: number): string {
  const written = source.text.slice(from, to)
  if (isNamePart(written)) return written
  const text = asciiLabels(written, from === 0, to === end)
  for (let index = 0; index < text.length; index++) {
    if (isNameCharacter(text.charCodeAt(index)) || text[index] === '.') continue
    // A-labels are longer than what was written: the character is looked for there.
    const at = from + (isAscii(written) ? index : Math.max(0, written.indexOf(text.charAt(index))))
    const isStar = source.quote(at, at + 1) === '*'
    throw new Malformed(isStar ? starHint : unexpected(source, at).replace('host name', "target's name"), at)
  }
  return text
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

const tableName = /^[a-z_][\w-]*$/
const captureName = /^(\*|[a-z_]\w*)$/

function parseReference(source: Expanded, open: number, close: number): Reference {
  const inside = source.text
    .slice(open + 1, close)
    .trim()
    .toLowerCase()
  const bracket = inside.endsWith(']') ? inside.indexOf('[') : -1
  const table = bracket < 0 ? null : inside.slice(0, bracket).trimEnd()
  const name = bracket < 0 ? inside : inside.slice(bracket + 1, -1).trim()
  if (inside === 'port') throw new Malformed(`{port} is for a target's port only: NAME:{port + 1}`, open)
  if (captureName.test(name) && (table === null || tableName.test(table))) return { name, table, index: open }
  const quoted = quoteText(source.quote(open, close + 1))
  if (/^[a-z_]\w*\s*:/.test(inside)) {
    throw new Malformed(`${quoted}: a capture's type is for the pattern only`, open)
  }
  throw new Malformed(`${quoted} is no reference: expected {capture}, {table[capture]}, {host} or {*}`, open)
}

/** A part of the host, as it is or looked up in a table. */
export interface HostRead {
  /** A number is that of a capture. */
  readonly from: number | 'host' | '*'
  readonly table: Table | null
}

/** A target's name for hosts of one pattern: its parts, or a text if there is nothing to fill in. */
export type BoundHost = string | readonly HostPart[]

export type HostPart = string | HostRead

export const hostParts = (host: BoundHost): readonly HostPart[] => (typeof host === 'string' ? [host] : host)

/** The template for hosts that the pattern matches. Throws Malformed for a capture or table that is not there. */
export function bindHost(
  template: HostTemplate,
  pattern: Pattern,
  tables: ReadonlyMap<string, Table>,
  source: Expanded,
): BoundHost {
  return template.map(part => {
    if (typeof part === 'string') return part
    const { name, table, index } = part
    const from = findSource(name, pattern, index, source)
    return { from, table: table === null ? null : findTable(table, index, tables, source) }
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
