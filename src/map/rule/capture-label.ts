import type { Expanded } from '../document/node.js'
import { isNameCharacter, maxLabelLength } from '../host-name.js'
import { labelPattern, minLengthOf, type Capture, type CaptureType, type LabelPattern } from './label-pattern.js'
import { Malformed } from './malformed.js'
import { nearest } from '../../text/nearest.js'
import { quoteText } from '../../text/quote-text.js'

/** A label with captures, read. */
export interface CaptureLabel {
  readonly pattern: LabelPattern
  readonly captures: readonly Capture[]
}

/** The label from `from` to `to`, which has a brace. Throws Malformed. */
export function parseCaptureLabel(source: Expanded, from: number, to: number): CaptureLabel {
  const { text } = source
  const literals: string[] = []
  const captures: Capture[] = []
  let at = from
  for (let open = text.indexOf('{', at); open >= 0 && open < to; open = text.indexOf('{', at)) {
    if (captures.length > 0 && open === at) {
      throw new Malformed('two captures are side by side: put a literal between', at)
    }
    literals.push(literal(source, at, open))
    const close = text.indexOf('}', open)
    if (close < 0 || close >= to) throw new Malformed(`'{' has no '}' in its label`, open)
    const capture = parseCapture(source, open, close)
    if (capture.type === 'any' && captures.some(({ type }) => type === 'any')) {
      throw new Malformed('a label holds one untyped capture at most: give the others a type, like {name:word}', open)
    }
    captures.push(capture)
    at = close + 1
  }
  literals.push(literal(source, at, to))
  const least = minLengthOf({ literals, captures: captures.map(({ type }) => type) })
  if (least > maxLabelLength)
    throw new Malformed(`a label has ${maxLabelLength} characters at most, this one ${least}`, from)
  return { pattern: uniquePattern(source, from, to, literals, captures), captures }
}

function uniquePattern(
  source: Expanded,
  from: number,
  to: number,
  literals: readonly string[],
  captures: readonly Capture[],
): LabelPattern {
  const pattern = labelPattern({ literals, captures: captures.map(({ type }) => type) })
  if (typeof pattern !== 'number') return pattern
  const between = source.quote(from, to).includes('${') ? 'the literal' : `'${literals[pattern] ?? ''}'`
  throw new Malformed(
    `${between} between two captures could belong to either: use a character that one cannot hold, like '-'`,
    from,
  )
}

/** The stretch in lower case. Throws Malformed for a character that no name has. */
export function literal(source: Expanded, from: number, to: number): string {
  const lower = source.text.slice(from, to).toLowerCase()
  for (let index = 0; index < lower.length; index++) {
    if (isNameCharacter(lower.charCodeAt(index))) continue
    throw new Malformed(unexpected(source, from + index), from + index)
  }
  return lower
}

/** What is wrong with a character that no name has, and what to write. */
export function unexpected(source: Expanded, index: number): string {
  const found = quoteText(source.quote(index, index + 1))
  if (found === "'*'") return `'*' is allowed only as the first label, alone: use {name} for a part of a label`
  if (found === "'$'") return `'$' begins no variable: write \${NAME}`
  if (found === "'}'") return `'}' has no '{'`
  const hint = /^'["']'$/.test(found) ? ': the quotes are part of the text here, leave them out' : ''
  return `${found} is not allowed in a host name${hint}`
}

const types = new Map<string, CaptureType>([
  ['int', 'int'],
  ['word', 'word'],
])

function parseCapture(source: Expanded, open: number, close: number): Capture {
  const inside = source.text.slice(open + 1, close)
  const [name = '', typeName, ...more] = inside.split(':').map(part => part.trim())
  const quoted = quoteText(source.quote(open, close + 1))
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
  if (lower === 'host' || lower === 'port') {
    throw new Malformed(`'${lower}' is reserved: name the capture otherwise`, open)
  }
  const written = source.quote(open, close + 1)
  return written.includes('${') ? { name, type, written } : { name, type }
}
