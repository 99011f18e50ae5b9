import type { Expanded } from '../document/expansion.js'
import { isAscii, isNameCharacter, toAsciiName } from '../host-name.js'
import { Malformed } from './malformed.js'
import { didYouMean } from '../../text/nearest.js'
import { quoteText } from '../../text/quote-text.js'
import { unexpected } from './capture-label.js'
import type { Pattern } from './pattern.js'
import type { Table } from '../tables.js'

/** One part of a target's name, in order. Names are in lower case. */
type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'reference'; readonly name: string; readonly index: number }
  | { readonly kind: 'lookup'; readonly table: string; readonly name: string; readonly index: number }

/** A target's name as the map writes it. */
export type HostTemplate = readonly Part[]

/** The name that stands in the text up to `to`. Throws Malformed. */
export function parseHostTemplate(source: Expanded, to: number): HostTemplate {
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
  if (at < to || parts.length === 0) parts.push(literalPart(source, at, to, to))
  return parts
}

function literalPart(source: Expanded, from: number, to: number, end: number): Part {
  const written = source.text.slice(from, to)
  const text = asciiLabels(written, from === 0, to === end)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (isNameCharacter(code) || code === 46) continue
    // A-labels are longer than what was written: the character is looked for there.
    const at = from + (isAscii(written) ? index : Math.max(0, written.indexOf(text.charAt(index))))
    throw new Malformed(unexpected(source, at).replace('host name', "target's name"), at)
  }
  return { kind: 'literal', text }
}

// A label that a capture touches has no A-label form of its own, so what is not ASCII there stays, and is refused.
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
  const quoted = `'${source.quote(open, close + 1)}'`
  const lookup = /^([a-z_][\w-]*)\s*\[\s*(\*|[a-z_]\w*)\s*\]$/.exec(inside)
  if (lookup !== null) return { kind: 'lookup', table: lookup[1] ?? '', name: lookup[2] ?? '', index: open }
  if (inside === 'port') throw new Malformed(`{port} stands in a target's port only: NAME:{port + 1}`, open)
  if (/^(\*|[a-z_]\w*)$/.test(inside)) return { kind: 'reference', name: inside, index: open }
  if (/^[a-z_]\w*\s*:/.test(inside)) {
    throw new Malformed(`${quoted}: a capture's type stands in the pattern only`, open)
  }
  throw new Malformed(`${quoted} is no reference: expected {capture}, {table[capture]}, {host} or {*}`, open)
}

/** Where a part's text comes from when a host is asked: a capture by its number, or one of these. */
type Source = number
const wholeHost = -1
const star = -2

/** A table and what it is asked for. */
export interface Lookup {
  readonly from: Source
  readonly table: Table
}

// What is filled in stands in the text as one character of the private use area, which no name holds: a large table's
// targets are one object each then, not five.
const firstSource = 0xe000
const firstLookup = 0xf000
const lastLookup = 0xf8ff

/** The look-ups of a map's targets, equal ones once. */
export class KnownLookups {
  readonly list: Lookup[] = []

  /** The number of the look-up in the list. */
  number(from: Source, table: Table): number {
    const known = this.list.findIndex(lookup => lookup.from === from && lookup.table === table)
    if (known >= 0) return known
    if (firstLookup + this.list.length > lastLookup)
      throw new Malformed('the map has too many different {table[capture]}')
    return this.list.push({ from, table }) - 1
  }
}

/** The template as one text, for hosts that the pattern matches. Throws Malformed for a capture or table that is not there. */
export function bindHost(
  template: HostTemplate,
  pattern: Pattern,
  tables: ReadonlyMap<string, Table>,
  source: Expanded,
  lookups: KnownLookups,
): string {
  const parts = template.map(part => {
    if (part.kind === 'literal') return part.text
    const from = findSource(part.name, pattern, part.index, source)
    if (part.kind === 'reference') return String.fromCharCode(firstSource - star + from)
    return String.fromCharCode(firstLookup + lookups.number(from, findTable(part.table, part.index, tables, source)))
  })
  return parts.join('')
}

function findTable(name: string, index: number, tables: ReadonlyMap<string, Table>, source: Expanded): Table {
  const table = tables.get(name)
  if (table !== undefined) return table
  const quoted = source.quote(index + 1, source.text.indexOf('[', index)).trim()
  const hint = quoted.includes('${') ? '' : didYouMean(name, tables.keys())
  throw new Malformed(`no table ${quoteText(quoted)}${hint}`, index)
}

function findSource(name: string, pattern: Pattern, index: number, source: Expanded): Source {
  if (name === 'host') return wholeHost
  if (name === '*') {
    if (pattern.isWildcard) return star
    throw new Malformed(`the pattern has no '*' that {*} could stand for`, index)
  }
  const at = pattern.shape.captures.findIndex(capture => capture.name.toLowerCase() === name)
  if (at >= 0) return at
  const quoted = source.quote(index, source.text.indexOf('}', index) + 1)
  const known = pattern.shape.captures.filter(({ written }) => written === undefined).map(capture => capture.name)
  const hint = quoted.includes('${') ? '' : didYouMean(name, known)
  throw new Malformed(`${quoteText(quoted)}: the pattern has no such capture${hint}`, index)
}

/** A part of a target's name: a text, or what was read from the asked host, as it is or by a table. */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'read'; readonly from: number | 'host' | '*'; readonly table: Table | null }

/** The parts of a text that `bindHost` made. A capture is told by its number. */
export function templateParts(text: string, lookups: readonly Lookup[]): readonly TemplatePart[] {
  const parts: TemplatePart[] = []
  let done = 0
  const literalUpTo = (index: number) => {
    if (index > done) parts.push({ kind: 'literal', text: text.slice(done, index) })
    done = index + 1
  }
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < firstSource) continue
    literalUpTo(index)
    const lookup = code < firstLookup ? undefined : lookups[code - firstLookup]
    const from = lookup?.from ?? code - firstSource + star
    parts.push({
      kind: 'read',
      from: from === wholeHost ? 'host' : from === star ? '*' : from,
      table: lookup?.table ?? null,
    })
  }
  literalUpTo(text.length)
  return parts
}

/** What was read from the asked host. */
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

/** True where nothing is left to fill in. */
export const isConstant = (text: string): boolean => isAscii(text)

/** The name, not yet checked, or what a table lacks for it. */
export function renderHost(text: string, lookups: readonly Lookup[], reading: Reading): string | MissingKey {
  let host = ''
  let done = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < firstSource) continue
    if (index > done) host += text.slice(done, index)
    done = index + 1
    const lookup = code < firstLookup ? undefined : lookups[code - firstLookup]
    const key = read(lookup === undefined ? code - firstSource + star : lookup.from, reading)
    const value = lookup === undefined ? key : lookup.table.values.get(key)
    if (value === undefined) return { table: lookup?.table.name ?? '', key }
    host += value
  }
  return done === 0 ? text : host + text.slice(done)
}

function read(from: Source, reading: Reading): string {
  if (from === wholeHost) return reading.host
  return from === star ? reading.star : (reading.captures[from] ?? '')
}
