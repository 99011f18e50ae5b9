/** What a capture may read: one or more digits, letters and digits, or any characters of a label. */
export type CaptureType = 'int' | 'word' | 'any'

export interface Capture {
  readonly name: string
  readonly type: CaptureType
  /** The name as the map writes it, if a `${}` is part of it: messages never show values. */
  readonly written?: string
}

/** A capture and the literal that ends it. */
export interface CaptureStep {
  readonly type: CaptureType
  readonly literal: string
  /** How many of the literal's first characters the capture could read as well. */
  readonly overlap: number
}

/** One side of a label pattern, read from the end of the label towards the pivot. The right side is mirrored. */
export interface PatternHalf {
  readonly literal: string
  readonly steps: readonly CaptureStep[]
}

/**
 * A label with captures. One capture, the pivot, takes what the others leave; those on its left are found from the
 * left and those on its right from the right, each ended by a character that it can't hold. So a match is unique and
 * takes no backtracking.
 */
export interface LabelPattern {
  /** The label as it is written, without the captures' names: equal shapes match the same labels. */
  readonly shape: string
  /** Of the labels that match: a capture reads at least one character. */
  readonly minLength: number
  readonly left: PatternHalf
  readonly pivot: CaptureType
  readonly right: PatternHalf
  /** Compared as text: the smaller is the more specific. Equal ranks tie. */
  readonly rank: string
}

/** True if a capture of this type can read the character. */
export function accepts(type: CaptureType, code: number): boolean {
  if (code >= 48 && code <= 57) return true
  if (type === 'int') return false
  return type === 'any' || (code >= 97 && code <= 122)
}

/** The index of the first character from `from` that the type can't read, or `to`. */
export function runEnd(type: CaptureType, text: string, from: number, to: number): number {
  let index = from
  while (index < to && accepts(type, text.charCodeAt(index))) index++
  return index
}

/** True if the stretch is not empty and the type can read all of it. */
export function matchesRun(type: CaptureType, text: string, from: number, to: number): boolean {
  return to > from && runEnd(type, text, from, to) === to
}

/** The characters in opposite order. Labels are ASCII here. */
export function mirror(text: string): string {
  let mirrored = ''
  for (let index = text.length - 1; index >= 0; index--) mirrored += text.charAt(index)
  return mirrored
}

/** A label's parts: literals and captures in turn, a literal (it may be empty) first and last. */
export interface LabelParts {
  readonly literals: readonly string[]
  readonly captures: readonly CaptureType[]
}

/** How many characters a label has at least that the parts match. */
export const minLengthOf = ({ literals, captures }: LabelParts): number =>
  literals.reduce((sum, { length }) => sum + length, captures.length)

/** The pattern of the label; a number, that of a literal between two captures, if a match would not be unique. */
export function labelPattern({ literals, captures }: LabelParts): LabelPattern | number {
  const pivot = pivotOf(literals, captures)
  if (pivot.index === undefined) return pivot.brokenAt
  const left: CaptureStep[] = captures.slice(0, pivot.index).map((type, index) => step(type, literals[index + 1] ?? ''))
  const right: CaptureStep[] = []
  for (let index = captures.length - 1; index > pivot.index; index--) {
    right.push(step(captures[index] ?? 'any', mirror(literals[index] ?? '')))
  }
  return {
    shape: literals.map((literal, index) => literal + shapeOf(captures[index])).join(''),
    minLength: minLengthOf({ literals, captures }),
    left: { literal: literals[0] ?? '', steps: left },
    pivot: captures[pivot.index] ?? 'any',
    right: { literal: mirror(literals.at(-1) ?? ''), steps: right },
    rank: rankOf(literals, captures),
  }
}

function step(type: CaptureType, literal: string): CaptureStep {
  return { type, literal, overlap: runEnd(type, literal, 0, literal.length) }
}

function pivotOf(literals: readonly string[], captures: readonly CaptureType[]): { index?: number; brokenAt: number } {
  const ends = (type: CaptureType, literal: string) => runEnd(type, literal, 0, literal.length) < literal.length
  let index = 0
  // As far right as the literals allow: each capture before it is ended by the literal after it.
  while (index < captures.length - 1 && ends(captures[index] ?? 'any', literals[index + 1] ?? '')) index++
  for (let after = index + 1; after < captures.length; after++) {
    if (!ends(captures[after] ?? 'any', literals[after] ?? '')) return { brokenAt: after }
  }
  return { index, brokenAt: 0 }
}

const shapeOf = (type: CaptureType | undefined) => (type === undefined ? '' : type === 'any' ? '{}' : `{:${type}}`)

const typeRanks = { int: '0', word: '1', any: '2' } as const
const missing = '3'

// More literal characters come first, then the captures' types from the left, a missing capture last. A label has at most 63
// characters, so the difference always has three digits.
function rankOf(literals: readonly string[], captures: readonly CaptureType[]): string {
  const characters = literals.reduce((sum, literal) => sum + literal.length, 0)
  return `${500 - characters}:${captures.map(type => typeRanks[type]).join('')}${missing}`
}

/** True where the label is one that the pattern is for. */
export function matchesLabel({ left, pivot, right }: LabelPattern, label: string): boolean {
  const from = readSide(left, label)
  if (from < 0) return false
  const rest = isNothing(right) ? 0 : readSide(right, mirror(label))
  return rest >= 0 && matchesRun(pivot, label, from, label.length - rest)
}

/** What each capture reads in the label, from the left. The label must match. */
export function readCaptures({ left, right }: LabelPattern, label: string): readonly string[] {
  const captures: string[] = []
  const from = readSide(left, label, captures)
  const fromRight: string[] = []
  const rest = isNothing(right) ? 0 : readSide(right, mirror(label), fromRight)
  captures.push(label.slice(from, label.length - rest))
  for (const mirrored of fromRight.reverse()) captures.push(mirror(mirrored))
  return captures
}

const isNothing = ({ literal, steps }: PatternHalf) => literal === '' && steps.length === 0

/** The index after the side's last literal in the text, -1 if the text does not match; adds what the captures read. */
function readSide({ literal, steps }: PatternHalf, text: string, into?: string[]): number {
  if (!text.startsWith(literal)) return -1
  let at = literal.length
  for (const { type, literal, overlap } of steps) {
    const end = runEnd(type, text, at, text.length) - overlap
    if (end <= at || !text.startsWith(literal, end)) return -1
    into?.push(text.slice(at, end))
    at = end + literal.length
  }
  return at
}
