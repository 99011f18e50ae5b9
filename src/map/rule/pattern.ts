import { addressVersion } from '../../../lib/address/address.js'
import type { Expanded } from '../document/node.js'
import { literal, parseCaptureLabel, type CaptureLabel } from './capture-label.js'
import { canonicalIpv6, isDigit, maxLabelLength, maxNameLength, plainName, toAsciiName } from '../host-name.js'
import type { Capture, LabelPattern } from './label-pattern.js'
import { emptiedHint, Malformed } from './malformed.js'
import { findPort } from './port-template.js'

/** Which hosts a rule is for. */
export interface Pattern {
  readonly kind: 'name' | 'ipv4' | 'ipv6'
  /**
   * From the right, `*` left out: literal labels that are side by side as one text, and each label with captures. Of an
   * IPv6 address the one canonical text.
   */
  readonly parts: readonly PatternPart[]
  /** True where the pattern begins with `*`. */
  readonly isWildcard: boolean
  readonly port: number | undefined
  /** In the order in which they are written. */
  readonly captures: readonly Capture[]
}

export type PatternPart = string | LabelPattern

/** The labels from the right, `*` left out. */
export const labelsOf = ({ parts }: Pick<Pattern, 'parts'>): readonly PatternPart[] =>
  parts.flatMap((part): readonly PatternPart[] => (typeof part === 'string' ? part.split('.').reverse() : [part]))

/** Labels with captures, by their text: the rules of a large map have few different ones. */
export type KnownLabels = Map<string, CaptureLabel>

const noCaptures: readonly Capture[] = []

/** The pattern that the text is. Throws Malformed. `known` holds the labels of the patterns before it. */
export function parsePattern(source: Expanded, known: KnownLabels = new Map()): Pattern {
  const { text } = source
  if (text === '') throw new Malformed('expected a pattern, found nothing')
  if (text.includes('://')) throw new Malformed('expected HOST[:PORT], found a URL', text.indexOf('://'))
  try {
    return readPattern(source, known)
  } catch (error) {
    checkNotation(source)
    throw error
  }
}

function readPattern(source: Expanded, known: KnownLabels): Pattern {
  const { text } = source
  if (text.startsWith('[')) return ipv6Pattern(source)
  if (addressVersion(text) === 6) throw new Malformed(`an IPv6 address must be in brackets: "[${source.written}]"`)
  const colon = findPort(text)
  const port = colon < 0 ? undefined : parsePort(source, colon + 1)
  const host = colon < 0 ? text : text.slice(0, colon)
  return hostPattern(source, host.endsWith('.') ? host.slice(0, -1) : host, port, known)
}

// Parts of regular expressions that no pattern has.
const expression = /[\\^()+?]|^\.\*|\[[^\]:]*-[^\]:]*\]/

/** Throws Malformed, with what to write instead, for notations of other tools. None of them is a pattern. */
function checkNotation(source: Expanded): void {
  const { text } = source
  const at = text.search(expression)
  if (at >= 0) {
    const instead = "a pattern is a name, with '*' as the first label or captures like {n:int} for what differs"
    throw new Malformed(`this looks like a regular expression: ${instead}`, at)
  }
  if (/^\.[^.]/.test(text)) {
    throw new Malformed(`a label is empty: a pattern begins with no dot, '*${source.written}' is for all names below`)
  }
}

function ipv6Pattern(source: Expanded): Pattern {
  const { text } = source
  const close = text.indexOf(']')
  const address = text.slice(1, close)
  if (close < 0 || addressVersion(address) !== 6 || address.includes('%')) {
    throw new Malformed('expected an IPv6 address in brackets, like "[2001:db8::1]" or "[2001:db8::1]:9092"')
  }
  if (close + 1 < text.length && text[close + 1] !== ':') {
    throw new Malformed(`expected ':PORT' after the brackets`, close + 1)
  }
  const port = close + 1 < text.length ? parsePort(source, close + 2) : undefined
  const canonical = canonicalIpv6(address)
  return { kind: 'ipv6', parts: [canonical], isWildcard: false, port, captures: noCaptures }
}

function parsePort(source: Expanded, from: number): number {
  const digits = source.text.slice(from)
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  if (port >= 1 && port <= 65535) return port
  const found = digits === '' ? 'nothing' : `'${source.quote(from, source.text.length)}'`
  throw new Malformed(`expected a port from 1 to 65535, found ${found}`, from)
}

function hostPattern(source: Expanded, host: string, port: number | undefined, known: KnownLabels): Pattern {
  const isWildcard = host === '*' || host.startsWith('*.')
  const fromLeft: PatternPart[] = []
  let captures = noCaptures
  let from = isWildcard ? 2 : 0
  while (from <= host.length) {
    const brace = host.indexOf('{', from)
    const start = brace < 0 ? host.length + 1 : host.lastIndexOf('.', brace) + 1
    if (start > from) fromLeft.push(literalLabels(source, host.slice(from, start - 1), from))
    if (brace < 0) break
    const dot = host.indexOf('.', brace)
    const end = dot < 0 ? host.length : dot
    const label = captureLabel(source, start, end, known)
    fromLeft.push(label.pattern)
    captures = captures.length === 0 ? label.captures : [...captures, ...label.captures]
    from = end + 1
  }
  const parts = fromLeft.toReversed()
  checkLength(parts)
  if (captures.length > 1) checkNames(captures)
  return { kind: kindOf(parts, isWildcard), parts, isWildcard, port, captures }
}

function checkNames(captures: readonly Capture[]): void {
  const names = new Set<string>()
  for (const { name, written } of captures) {
    const lower = name.toLowerCase()
    if (names.has(lower))
      throw new Malformed(`two captures are called '${written ?? lower}': each has a name of its own`)
    names.add(lower)
  }
}

/** Equal for patterns that match the same hosts at the same port. */
export function patternKey({ kind, parts, isWildcard, port }: Pattern): string {
  const texts = parts.map(part => (typeof part === 'string' ? part : part.shape)).reverse()
  const key = (isWildcard ? ['*', ...texts] : texts).join('.')
  // In brackets, as it is written: else an address's last group would pass for another one's port.
  const host = kind === 'ipv6' ? `[${key}]` : key
  return port === undefined ? host : `${host}:${port}`
}

function captureLabel(source: Expanded, from: number, to: number, known: KnownLabels): CaptureLabel {
  // Messages never quote what a `${}` gave, so its label is not the same as one that is written out.
  if (source.isExpanded) return parseCaptureLabel(source, from, to)
  const text = source.text.slice(from, to)
  const label = known.get(text) ?? parseCaptureLabel(source, from, to)
  known.set(text, label)
  return label
}

/** Labels without captures, the first of which begins at `from`. */
function literalLabels(source: Expanded, text: string, from: number): string {
  if (plainName.test(text)) return text
  let at = from
  const labels = text.split('.').map(label => {
    const literal = literalLabel(source, label, at)
    at += label.length + 1
    return literal
  })
  return labels.join('.')
}

function literalLabel(source: Expanded, written: string, from: number): string {
  if (written === '') throw new Malformed(`a label is empty${emptiedHint}`, from)
  if (written === '*') throw new Malformed(`'*' is allowed only as the first label`, from)
  const to = from + written.length
  const ascii = toAsciiName(written)
  // No valid IDNA label: the check of characters names the first that is not allowed.
  const label = ascii === undefined || ascii.includes('.') ? literal(source, from, to) : ascii
  if (label === written.toLowerCase()) literal(source, from, to)
  if (label.length > maxLabelLength)
    throw new Malformed(`a label has ${label.length} characters, ${maxLabelLength} are possible`, from)
  return label
}

function checkLength(parts: readonly PatternPart[]): void {
  let length = parts.length - 1
  for (const part of parts) length += typeof part === 'string' ? part.length : part.minLength
  if (length > maxNameLength) throw new Malformed(`a name has ${maxNameLength} characters at most, this one ${length}`)
}

const wholeCaptures: ReadonlySet<string> = new Set(['{}', '{:int}', '{:word}'])

function kindOf(parts: readonly PatternPart[], isWildcard: boolean): 'name' | 'ipv4' {
  const [end] = parts
  // Most names end in a literal label that does not begin with a digit.
  if (typeof end === 'string' && !isDigit(end.charCodeAt(end.lastIndexOf('.') + 1))) return 'name'
  const labels = labelsOf({ parts })
  const isNumber = (label: PatternPart) => typeof label === 'string' && /^\d+$/.test(label)
  const isWhole = (label: PatternPart) => typeof label !== 'string' && wholeCaptures.has(label.shape)
  const isInt = (label: PatternPart) => typeof label !== 'string' && label.shape === '{:int}'
  const [last = ''] = labels
  const hasOctets = labels.length === 4 && !isWildcard && labels.every(label => isNumber(label) || isWhole(label))
  // No name ends in a number: a pattern that does means addresses.
  if (hasOctets && (labels.some(isNumber) || labels.every(isInt))) {
    for (const octet of labels) checkOctet(octet)
    return 'ipv4'
  }
  if (isNumber(last) || isInt(last)) {
    throw new Malformed('no host name ends in a number: an IPv4 address has four octets, each a number or one capture')
  }
  return 'name'
}

function checkOctet(octet: PatternPart): void {
  if (typeof octet === 'string' && (Number(octet) > 255 || String(Number(octet)) !== octet)) {
    throw new Malformed('an octet of an IPv4 address is a number from 0 to 255, without leading zeros')
  }
}
