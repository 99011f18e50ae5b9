import type { Expanded } from './expansion.js'
import { isNameCharacter, maxLabelLength } from './host-name.js'
import { labelPattern, type Capture, type CaptureType, type LabelPattern } from './label-pattern.js'
import { Malformed } from './malformed.js'
import { nearest } from './nearest.js'
import { quoteText } from './quote-text.js'

/** A label with captures, read. */
export interface CaptureLabel {
  readonly text: string
  readonly pattern: LabelPattern
  readonly captures: readonly Capture[]
}

/** What captures a pattern has and where. Patterns that have the same share one. */
export interface CaptureShape {
  /** In the order in which they are written. */
  readonly captures: readonly Capture[]
  /** The labels that hold them, in that order; `at` counts labels from the right. */
  readonly reads: readonly { readonly at: number; readonly label: LabelPattern }[]
}

const maxKnown = 10_000

/**
 * What a map's patterns have in common, kept once: rules by the thousand differ in their literals, hardly ever in their
 * captures. It makes a large table smaller, and the part of it that every look-up reads.
 */
export class KnownLabels {
  readonly #labels = new Map<string, CaptureLabel>()
  readonly #shapes = new Map<string, CaptureShape>([['', { captures: [], reads: [] }]])

  label(text: string, parse: () => CaptureLabel): CaptureLabel {
    return obtain(this.#labels, text, parse)
  }

  /** Throws Malformed where two captures have one name. */
  shape(reads: readonly { readonly at: number; readonly read: CaptureLabel }[]): CaptureShape {
    const key = reads.map(({ at, read }) => `${at}.${read.text}`).join('.')
    return obtain(this.#shapes, key, () => {
      const captures = reads.flatMap(({ read }) => read.captures)
      checkNames(captures)
      return { captures, reads: reads.map(({ at, read }) => ({ at, label: read.pattern })) }
    })
  }
}

function obtain<V>(known: Map<string, V>, key: string, make: () => V): V {
  const same = known.get(key)
  if (same !== undefined) return same
  const value = make()
  if (known.size < maxKnown) known.set(key, value)
  return value
}

function checkNames(captures: readonly Capture[]): void {
  const names = new Set<string>()
  for (const { name } of captures) {
    const lower = name.toLowerCase()
    if (names.has(lower)) throw new Malformed(`two captures are called '${lower}': each has a name of its own`)
    names.add(lower)
  }
}

/** The label that stands there, which holds a brace. Throws Malformed. */
export function parseCaptureLabel(source: Expanded, from: number, to: number): CaptureLabel {
  const { text } = source
  const literals: string[] = []
  const captures: Capture[] = []
  let at = from
  for (let open = text.indexOf('{', at); open >= 0 && open < to; open = text.indexOf('{', at)) {
    if (captures.length > 0 && open === at) {
      throw new Malformed('two captures stand side by side: put a literal between', at)
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
  const least = literals.reduce((sum, { length }) => sum + length, captures.length)
  if (least > maxLabelLength)
    throw new Malformed(`a label has ${maxLabelLength} characters at most, this one ${least}`, from)
  return { text: text.slice(from, to), pattern: uniquePattern(source, from, to, literals, captures), captures }
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

/** The stretch in lower case. Throws Malformed where it holds what no name does. */
export function literal(source: Expanded, from: number, to: number): string {
  const lower = source.text.slice(from, to).toLowerCase()
  for (let index = 0; index < lower.length; index++) {
    if (isNameCharacter(lower.charCodeAt(index))) continue
    throw new Malformed(unexpected(source, from + index), from + index)
  }
  return lower
}

/** What to do about a character that no name holds. */
export function unexpected(source: Expanded, index: number): string {
  const found = quoteText(source.quote(index, index + 1))
  if (found === "'*'") return `'*' may stand only as the first label, alone: use {name} for a part of a label`
  if (found === "'$'") return `'$' begins no variable: write \${NAME}`
  if (found === "'}'") return `'}' has no '{'`
  return `${found} cannot stand in a host name`
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
  return { name, type }
}
