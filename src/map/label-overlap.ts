import { holds, type CaptureType, type LabelPattern } from './label-pattern.js'

type Label = string | LabelPattern

/** One place of a label: a character, or one that a capture holds; a capture may go on. */
type Place = { readonly code: number } | { readonly type: CaptureType; readonly mayRepeat: boolean }

// What two captures can both hold: a digit always, and a letter, a hyphen where both can.
const samples = ['0', 'a', '-', '_'].map(character => character.charCodeAt(0))

/** True where some label is matched by both. */
export function labelsOverlap(one: Label, other: Label): boolean {
  const [first, second] = [placesOf(one), placesOf(other)]
  const seen = new Set<number>()
  const pending: [number, number][] = [[0, 0]]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [i, j] = next
    if (i === first.length && j === second.length) return true
    const key = i * (second.length + 1) + j
    const [a, b] = [first[i], second[j]]
    if (seen.has(key) || a === undefined || b === undefined || !canMeet(a, b)) continue
    seen.add(key)
    pending.push([i + 1, j + 1])
    if (mayRepeat(a)) pending.push([i, j + 1])
    if (mayRepeat(b)) pending.push([i + 1, j])
  }
  return false
}

const mayRepeat = (place: Place) => 'type' in place && place.mayRepeat

function canMeet(a: Place, b: Place): boolean {
  if ('code' in a) return 'code' in b ? a.code === b.code : holds(b.type, a.code)
  if ('code' in b) return holds(a.type, b.code)
  return samples.some(code => holds(a.type, code) && holds(b.type, code))
}

function placesOf(label: Label): readonly Place[] {
  const shape = typeof label === 'string' ? label : label.shape
  return [...shape.matchAll(/\{:?(\w*)\}|./g)].map(([text, type]): Place => {
    if (type === undefined) return { code: text.charCodeAt(0) }
    return { type: type === 'int' || type === 'word' ? type : 'any', mayRepeat: true }
  })
}
