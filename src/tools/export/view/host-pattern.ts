import type { CaptureType } from '../../../map/rule/label-pattern.js'
import type { Pattern } from '../../../map/rule/pattern.js'

/** What a capture reads; `octet` is a number from 0 to 255 without leading zeros. */
type ReadType = CaptureType | 'octet'

/** A part of a host, from the left: a text (dots are part of it), what a capture reads, or what `*` covers. */
export type HostPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'capture'; readonly type: ReadType; readonly number: number }
  | { readonly kind: 'star' }

/** Which hosts match. Two literals are never adjacent. */
export type HostPattern = readonly HostPart[]

const literal = (text: string): HostPart => ({ kind: 'literal', text })

/** The pattern of a rule for names, without its port. */
export function hostPattern({ parts: patternParts, isWildcard, captures }: Pattern): HostPattern {
  const parts: HostPart[] = isWildcard ? [{ kind: 'star' }] : []
  let number = 0
  for (const part of patternParts.toReversed()) {
    if (parts.length > 0) parts.push(literal('.'))
    if (typeof part === 'string') parts.push(literal(part))
    else {
      for (const text of part.shape.split(/(\{[^}]*\})/)) {
        const capture = text.startsWith('{') ? captures[number] : undefined
        parts.push(capture === undefined ? literal(text) : { kind: 'capture', type: capture.type, number: number++ })
      }
    }
  }
  return joined(parts)
}

/** The same with adjacent literals joined, and without empty ones. */
export function joined(parts: readonly HostPart[]): HostPattern {
  const whole: HostPart[] = []
  for (const part of parts) {
    const last = whole.at(-1)
    if (part.kind !== 'literal') whole.push(part)
    else if (last?.kind === 'literal') whole[whole.length - 1] = literal(last.text + part.text)
    else if (part.text !== '') whole.push(part)
  }
  return whole
}

/** The parts label by label. `*` counts as one label, whatever it covers. */
export function labelsOf(pattern: HostPattern): readonly HostPattern[] {
  const labels: HostPart[][] = [[]]
  for (const part of pattern) {
    if (part.kind !== 'literal') labels.at(-1)?.push(part)
    else {
      part.text.split('.').forEach((text, index) => {
        if (index > 0) labels.push([])
        if (text !== '') labels.at(-1)?.push({ kind: 'literal', text })
      })
    }
  }
  return labels
}

/** The one name that the pattern matches, or undefined. */
export function exactName(pattern: HostPattern): string | undefined {
  const [only, ...more] = pattern
  return only?.kind === 'literal' && more.length === 0 ? only.text : undefined
}

/** The zone of `*.ZONE`; undefined for any other pattern, also for `*` alone. */
export function wildcardZone(pattern: HostPattern): string | undefined {
  const [star, rest, ...more] = pattern
  return star?.kind === 'star' && rest?.kind === 'literal' && more.length === 0 ? rest.text.slice(1) : undefined
}

/** The pattern as people write it, with captures by their types. */
export const patternText = (pattern: HostPattern): string =>
  pattern.map(part => (part.kind === 'literal' ? part.text : part.kind === 'star' ? '*' : `{${part.type}}`)).join('')

const expressions: Readonly<Record<ReadType, string>> = {
  octet: '25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9]',
  int: '[0-9]+',
  word: '[0-9a-z]+',
  any: '[0-9a-z_-]+',
}

/**
 * A regular expression for the hosts in lower case, with a group for each capture and `*`, in order. JavaScript and
 * Go (RE2) read it the same way; it has no braces and no anchors.
 */
export function expressionText(pattern: HostPattern): string {
  return pattern
    .map(part => {
      if (part.kind === 'literal') return part.text.replaceAll('.', '\\.')
      const label = expressions.any
      return part.kind === 'capture' ? `(${expressions[part.type]})` : `(${label}(?:\\.${label})*)`
    })
    .join('')
}

/** The anchored expression, for a host in lower case; a group for each capture and `*`, in order. */
export const hostExpression = (pattern: HostPattern): RegExp => new RegExp(`^${expressionText(pattern)}$`)

export const isHostOf = (pattern: HostPattern, host: string): boolean => hostExpression(pattern).test(host)

/** Patterns, to find out whether one of them matches every host of another pattern. */
export class Coverage {
  readonly #byText = new Map<string, HostPattern[]>()

  add(pattern: HostPattern): void {
    const text = untypedText(pattern)
    const alike = this.#byText.get(text)
    if (alike === undefined) this.#byText.set(text, [pattern])
    else alike.push(pattern)
  }

  /** False may also mean that it is not known. */
  covers(pattern: HostPattern): boolean {
    const alike = this.#byText.get(untypedText(pattern)) ?? []
    return (
      alike.some(wider => wider.every((part, index) => isAsWide(part, pattern[index]))) ||
      wildcardsOver(pattern).some(wildcard => this.#byText.has(wildcard))
    )
  }
}

/** The texts of the wildcards that match every host of the pattern. */
function wildcardsOver(pattern: HostPattern): readonly string[] {
  const last = pattern.at(-1)
  const wildcards = ['*']
  if (last?.kind !== 'literal') return wildcards
  // `*` covers at least one label.
  const from = pattern.length === 1 ? 1 : 0
  for (let dot = last.text.indexOf('.', from); dot >= 0; dot = last.text.indexOf('.', dot + 1))
    wildcards.push(`*${last.text.slice(dot)}`)
  return wildcards
}

const untypedText = (pattern: HostPattern) =>
  pattern.map(part => (part.kind === 'literal' ? part.text : part.kind === 'star' ? '*' : '{}')).join('')

const types: readonly ReadType[] = ['octet', 'int', 'word', 'any']

/** Compares parts of patterns that differ in captures' types only. */
const isAsWide = (part: HostPart, other: HostPart | undefined) =>
  part.kind !== 'capture' || other?.kind !== 'capture' || types.indexOf(part.type) >= types.indexOf(other.type)

/** The target's text; `group` writes the reference to a group of the pattern's expression, by its number from 1. */
export function fillIn(pattern: HostPattern, target: HostPattern, group: (number: number) => string): string {
  const reads = pattern.filter(part => part.kind !== 'literal').map(nameOf)
  return target.map(part => (part.kind === 'literal' ? part.text : group(reads.indexOf(nameOf(part)) + 1))).join('')
}

const nameOf = (part: HostPart) => (part.kind === 'capture' ? part.number : '*')

/** By code units, for `sort`. */
export const compareText = (one = '', other = '') => (one < other ? -1 : one > other ? 1 : 0)
