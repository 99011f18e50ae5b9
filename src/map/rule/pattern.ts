import { isIP } from 'node:net'
import type { Expanded } from '../document/expansion.js'
import { literal, parseCaptureLabel, type CaptureLabel } from './capture-label.js'
import { canonicalIpv6, maxLabelLength, maxNameLength, toAsciiName } from '../host-name.js'
import { readCaptures, type LabelPattern } from './label-pattern.js'
import { KnownParts, type CaptureShape } from './known-parts.js'
import { Malformed } from './malformed.js'
import { findPort } from './port.js'

/** What hosts a rule is for. */
export interface Pattern {
  readonly kind: 'name' | 'ipv4' | 'ipv6'
  /** The labels from the right, `*` left out; of an IPv6 address the one canonical text. */
  readonly labels: readonly (string | LabelPattern)[]
  /** True where the pattern begins with `*`. */
  readonly isWildcard: boolean
  readonly port: number | undefined
  readonly shape: CaptureShape
  /** Equal for patterns that match the same hosts at the same port. */
  readonly key: string
}

const noCaptures: CaptureShape = { captures: [], reads: [] }

/** The pattern that the text is. Throws Malformed. `known` keeps what patterns of one map have in common. */
export function parsePattern(source: Expanded, known = new KnownParts()): Pattern {
  const { text } = source
  if (text === '') throw new Malformed('expected a pattern, found nothing')
  if (text.includes('://')) throw new Malformed('expected HOST[:PORT], found a URL', text.indexOf('://'))
  if (text.startsWith('[')) return ipv6Pattern(source)
  if (isIP(text) === 6) throw new Malformed(`an IPv6 address stands in brackets: "[${source.written}]"`)
  const colon = findPort(text)
  const port = colon < 0 ? undefined : parsePort(source, colon + 1)
  const host = colon < 0 ? text : text.slice(0, colon)
  return hostPattern(source, host.endsWith('.') ? host.slice(0, -1) : host, port, known)
}

function ipv6Pattern(source: Expanded): Pattern {
  const { text } = source
  const close = text.indexOf(']')
  const address = text.slice(1, close)
  if (close < 0 || isIP(address) !== 6 || address.includes('%')) {
    throw new Malformed('expected an IPv6 address in brackets, like "[2001:db8::1]" or "[2001:db8::1]:9092"')
  }
  if (close + 1 < text.length && text[close + 1] !== ':') {
    throw new Malformed(`expected ':PORT' after the brackets`, close + 1)
  }
  const port = close + 1 < text.length ? parsePort(source, close + 2) : undefined
  const canonical = canonicalIpv6(address)
  return pattern('ipv6', [canonical], false, port, noCaptures)
}

function parsePort(source: Expanded, from: number): number {
  const digits = source.text.slice(from)
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  if (port >= 1 && port <= 65535) return port
  const found = digits === '' ? 'nothing' : `'${source.quote(from, source.text.length)}'`
  throw new Malformed(`expected a port from 1 to 65535, found ${found}`, from)
}

function hostPattern(source: Expanded, host: string, port: number | undefined, known: KnownParts): Pattern {
  const labels: (string | LabelPattern)[] = []
  const reads: { index: number; read: CaptureLabel }[] = []
  let isWildcard = false
  let from = 0
  for (let end = 0; end <= host.length; end++) {
    if (end < host.length && host[end] !== '.') continue
    if (end === 1 && host.startsWith('*')) isWildcard = true
    else {
      const label = parseLabel(source, from, end, known)
      if (typeof label !== 'string') reads.push({ index: labels.length, read: label })
      labels.push(typeof label === 'string' ? label : label.pattern)
    }
    from = end + 1
  }
  labels.reverse()
  checkLength(labels)
  const shape = known.shape(reads.map(({ index, read }) => ({ at: labels.length - 1 - index, read })))
  return pattern(kindOf(labels, isWildcard), labels, isWildcard, port, shape)
}

function pattern(
  kind: Pattern['kind'],
  labels: Pattern['labels'],
  isWildcard: boolean,
  port: number | undefined,
  shape: CaptureShape,
): Pattern {
  let key = isWildcard ? '*' : ''
  for (let index = labels.length - 1; index >= 0; index--) {
    const label = labels[index] ?? ''
    key += `${key === '' ? '' : '.'}${typeof label === 'string' ? label : label.shape}`
  }
  // In brackets, as it is written: else an address's last group would pass for another one's port.
  if (kind === 'ipv6') key = `[${key}]`
  return { kind, labels, isWildcard, port, shape, key: port === undefined ? key : `${key}:${port}` }
}

function parseLabel(source: Expanded, from: number, to: number, known: KnownParts): string | CaptureLabel {
  const { text } = source
  if (from === to) throw new Malformed('a label is empty', from)
  if (to - from === 1 && text[from] === '*') throw new Malformed(`'*' may stand only as the first label`, from)
  const label = text.slice(from, to)
  return label.includes('{')
    ? known.label(label, () => parseCaptureLabel(source, from, to))
    : literalLabel(source, from, to)
}

function literalLabel(source: Expanded, from: number, to: number): string {
  const written = source.text.slice(from, to)
  const ascii = toAsciiName(written)
  // What is not ASCII after all was no label of IDNA; the check of characters names the first that is in the way.
  const label = ascii === undefined || ascii.includes('.') ? literal(source, from, to) : ascii
  if (label === written.toLowerCase()) literal(source, from, to)
  if (label.length > maxLabelLength)
    throw new Malformed(`a label has ${label.length} characters, ${maxLabelLength} are possible`, from)
  return label
}

function checkLength(labels: Pattern['labels']): void {
  let length = labels.length - 1
  for (const label of labels)
    length += typeof label === 'string' ? label.length : label.shape.replace(/\{.*?\}/g, 'x').length
  if (length > maxNameLength) throw new Malformed(`a name has ${maxNameLength} characters at most, this one ${length}`)
}

const wholeCaptures: ReadonlySet<string> = new Set(['{}', '{:int}', '{:word}'])

function kindOf(labels: Pattern['labels'], isWildcard: boolean): 'name' | 'ipv4' {
  const isNumber = (label: string | LabelPattern) => typeof label === 'string' && /^\d+$/.test(label)
  const isWhole = (label: string | LabelPattern) => typeof label !== 'string' && wholeCaptures.has(label.shape)
  const isInt = (label: string | LabelPattern) => typeof label !== 'string' && label.shape === '{:int}'
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

function checkOctet(octet: string | LabelPattern): void {
  if (typeof octet === 'string' && (Number(octet) > 255 || String(Number(octet)) !== octet)) {
    throw new Malformed('an octet of an IPv4 address is a number from 0 to 255, without leading zeros')
  }
}

/** What the pattern's captures read in a host that it matches; labels are the host's, from the right. */
export function readHostCaptures({ reads }: CaptureShape, labels: readonly string[]): readonly string[] {
  const values: string[] = []
  for (const { at, label } of reads) readCaptures(label, labels[at] ?? '', values)
  return values
}
