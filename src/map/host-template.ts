import type { Expanded } from './expansion.js'
import { isAscii, isNameCharacter, toAsciiName } from './host-name.js'
import type { KnownParts } from './known-parts.js'
import { Malformed } from './malformed.js'
import { didYouMean } from './nearest.js'
import { unexpected } from './capture-label.js'
import type { Pattern } from './pattern.js'
import type { Table } from './tables.js'

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
  const text = asciiLabels(source.text.slice(from, to), from === 0, to === end)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (isNameCharacter(code) || code === 46) continue
    throw new Malformed(unexpected(source, from + index).replace('host name', "target's name"), from + index)
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

/** A host template whose names are found: constants as texts, sources as numbers, tables at hand. */
export type BoundHost = readonly (string | Source | { readonly from: Source; readonly table: Table })[]

/** The template for hosts that the pattern matches. Throws Malformed for a capture or table that is not there. */
export function bindHost(
  template: HostTemplate,
  pattern: Pattern,
  tables: ReadonlyMap<string, Table>,
  source: Expanded,
  known: KnownParts,
): BoundHost {
  return template.map(part => {
    if (part.kind === 'literal') return known.text(part.text)
    const from = findSource(part.name, pattern, part.index, source)
    if (part.kind === 'reference') return from
    const table = tables.get(part.table)
    if (table === undefined) {
      const { text } = source
      const quoted = source.quote(part.index + 1, text.indexOf('[', part.index)).trim()
      const hint = quoted.includes('${') ? '' : didYouMean(part.table, tables.keys())
      throw new Malformed(`no table '${quoted}'${hint}`, part.index)
    }
    return { from, table }
  })
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
  const known = pattern.shape.captures.map(capture => capture.name)
  const hint = quoted.includes('${') ? '' : didYouMean(name, known)
  throw new Malformed(`'${quoted}': the pattern has no such capture${hint}`, index)
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

/** The name, not yet checked, or what a table lacks for it. */
export function renderHost(bound: BoundHost, reading: Reading): string | MissingKey {
  let host = ''
  for (const part of bound) {
    if (typeof part === 'string') host += part
    else if (typeof part === 'number') host += read(part, reading)
    else {
      const key = read(part.from, reading)
      const value = part.table.values.get(key)
      if (value === undefined) return { table: part.table.name, key }
      host += value
    }
  }
  return host
}

function read(from: Source, reading: Reading): string {
  if (from === wholeHost) return reading.host
  return from === star ? reading.star : (reading.captures[from] ?? '')
}
