import { isIP } from 'node:net'
import type { Expanded } from './expansion.js'
import { canonicalIpv6, isNameCharacter, maxLabelLength, maxNameLength, toAsciiName } from './host-name.js'
import { labelPattern, readCaptures, type Capture, type CaptureType, type LabelPattern } from './label-pattern.js'
import { Malformed } from './malformed.js'
import { nearest } from './nearest.js'
import { findPort } from './port.js'

/** What hosts a rule is for. */
export interface Pattern {
  readonly kind: 'name' | 'ipv4' | 'ipv6'
  /** The labels from the right, `*` left out; of an IPv6 address the one canonical text. */
  readonly labels: readonly (string | LabelPattern)[]
  /** True where the pattern begins with `*`. */
  readonly isWildcard: boolean
  readonly port: number | undefined
  /** In the order in which they are written. */
  readonly captures: readonly Capture[]
  /** Equal for patterns that match the same hosts at the same port. */
  readonly key: string
}

/** The pattern that the text is. Throws Malformed. */
export function parsePattern(source: Expanded): Pattern {
  const { text } = source
  if (text === '') throw new Malformed('expected a pattern, found nothing')
  if (text.includes('://')) throw new Malformed('expected HOST[:PORT], found a URL', text.indexOf('://'))
  if (text.startsWith('[')) return ipv6Pattern(source)
  if (isIP(text) === 6) throw new Malformed(`an IPv6 address stands in brackets: "[${source.written}]"`)
  const colon = findPort(text)
  const port = colon < 0 ? undefined : parsePort(source, colon + 1)
  const host = colon < 0 ? text : text.slice(0, colon)
  return hostPattern(source, host.endsWith('.') ? host.slice(0, -1) : host, port)
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
  return pattern('ipv6', [canonical], false, port, [])
}

function parsePort(source: Expanded, from: number): number {
  const digits = source.text.slice(from)
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  if (port >= 1 && port <= 65535) return port
  const found = digits === '' ? 'nothing' : `'${source.quote(from, source.text.length)}'`
  throw new Malformed(`expected a port from 1 to 65535, found ${found}`, from)
}

function hostPattern(source: Expanded, host: string, port: number | undefined): Pattern {
  const captures: Capture[] = []
  const labels: (string | LabelPattern)[] = []
  let isWildcard = false
  let from = 0
  for (let end = 0; end <= host.length; end++) {
    if (end < host.length && host[end] !== '.') continue
    if (end === 1 && host.startsWith('*')) isWildcard = true
    else labels.push(parseLabel(source, from, end, captures))
    from = end + 1
  }
  labels.reverse()
  checkLength(labels)
  return pattern(kindOf(labels, isWildcard), labels, isWildcard, port, captures)
}

function pattern(
  kind: Pattern['kind'],
  labels: Pattern['labels'],
  isWildcard: boolean,
  port: number | undefined,
  captures: readonly Capture[],
): Pattern {
  const shapes = labels.map(label => (typeof label === 'string' ? label : label.shape)).reverse()
  const host = (isWildcard ? ['*', ...shapes] : shapes).join('.')
  return { kind, labels, isWildcard, port, captures, key: port === undefined ? host : `${host}:${port}` }
}

function parseLabel(source: Expanded, from: number, to: number, captures: Capture[]): string | LabelPattern {
  const { text } = source
  if (from === to) throw new Malformed('a label is empty', from)
  if (to - from === 1 && text[from] === '*') throw new Malformed(`'*' may stand only as the first label`, from)
  if (!text.slice(from, to).includes('{')) return literalLabel(source, from, to)
  const literals: string[] = []
  const types: CaptureType[] = []
  let at = from
  for (let open = text.indexOf('{', at); open >= 0 && open < to; open = text.indexOf('{', at)) {
    if (types.length > 0 && open === at)
      throw new Malformed('two captures stand side by side: put a literal between', at)
    literals.push(literal(source, at, open))
    const close = text.indexOf('}', open)
    if (close < 0 || close >= to) throw new Malformed(`'{' has no '}' in its label`, open)
    const capture = parseCapture(source, open, close, captures)
    if (capture.type === 'any' && types.includes('any')) {
      throw new Malformed('a label holds one untyped capture at most: give the others a type, like {name:word}', open)
    }
    types.push(capture.type)
    at = close + 1
  }
  literals.push(literal(source, at, to))
  const label = labelPattern({ literals, captures: types })
  if (typeof label !== 'number') return label
  const between = `'${literals[label] ?? ''}'`
  const quoted = source.quote(from, to).includes('${') ? 'the literal' : between
  throw new Malformed(
    `${quoted} between two captures could belong to either: use a character that one cannot hold, like '-'`,
    from,
  )
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

function literal(source: Expanded, from: number, to: number): string {
  const lower = source.text.slice(from, to).toLowerCase()
  for (let index = 0; index < lower.length; index++) {
    if (isNameCharacter(lower.charCodeAt(index))) continue
    throw new Malformed(unexpected(source, from + index), from + index)
  }
  return lower
}

/** What to do about a character that no name holds. */
export function unexpected(source: Expanded, index: number): string {
  const found = `'${source.quote(index, index + 1)}'`
  if (found === "'*'") return `'*' may stand only as the first label, alone: use {name} for a part of a label`
  if (found === "'$'") return `'$' begins no variable: write \${NAME}`
  if (found === "'}'") return `'}' has no '{'`
  return `${found} cannot stand in a host name`
}

const types = new Map<string, CaptureType>([
  ['int', 'int'],
  ['word', 'word'],
])

function parseCapture(source: Expanded, open: number, close: number, captures: Capture[]): Capture {
  const inside = source.text.slice(open + 1, close)
  const [name = '', typeName, ...more] = inside.split(':').map(part => part.trim())
  const quoted = `'${source.quote(open, close + 1)}'`
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || more.length > 0) {
    throw new Malformed(`${quoted} is no capture: expected {name}, {name:word} or {name:int}`, open)
  }
  const type = typeName === undefined ? 'any' : types.get(typeName)
  if (type === undefined) {
    const near = nearest(typeName ?? '', types.keys())
    const hint = near === undefined ? 'int (digits) or word (letters and digits)' : `'${near}'`
    throw new Malformed(`${quoted} has an unknown type: expected ${hint}`, open)
  }
  const lower = name.toLowerCase()
  if (lower === 'host' || lower === 'port')
    throw new Malformed(`'${lower}' is reserved: name the capture otherwise`, open)
  if (captures.some(other => other.name.toLowerCase() === lower)) {
    throw new Malformed(`${quoted} stands twice: each capture has a name of its own`, open)
  }
  const capture = { name, type }
  captures.push(capture)
  return capture
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
export function readHostCaptures(pattern: Pattern, labels: readonly string[]): readonly string[] {
  const values: string[] = []
  if (pattern.captures.length === 0) return values
  for (let index = pattern.labels.length - 1; index >= 0; index--) {
    const label = pattern.labels[index]
    if (label !== undefined && typeof label !== 'string') readCaptures(label, labels[index] ?? '', values)
  }
  return values
}
