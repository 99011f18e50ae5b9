import { accepts, type CaptureType, type LabelPattern } from '../../map/rule/label-pattern.js'

/** One character, or one and more that a capture can hold. */
type Item = number | CaptureType

interface State {
  readonly a: number
  readonly b: number
  readonly text: string
}

type Label = string | LabelPattern

/** A label that both match, or undefined where there is none. */
export function commonLabel(first: Label, second: Label): string | undefined {
  const [itemsA, itemsB] = [itemsOf(first), itemsOf(second)]
  const seen = new Set<number>()
  const queue: State[] = [{ a: 0, b: 0, text: '' }]
  for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
    const [itemA, itemB] = [itemsA[state.a], itemsB[state.b]]
    if (itemA === undefined && itemB === undefined) return state.text
    if (itemA === undefined || itemB === undefined) continue
    const character = commonCharacter(itemA, itemB)
    if (character === undefined) continue
    for (const a of after(itemA, state.a)) {
      for (const b of after(itemB, state.b)) {
        const id = a * (itemsB.length + 1) + b
        if (seen.has(id)) continue
        seen.add(id)
        queue.push({ a, b, text: state.text + character })
      }
    }
  }
  return undefined
}

// A capture may hold one more character, or end; ending comes first, so that the label found is short.
const after = (item: Item, at: number) => (typeof item === 'number' ? [at + 1] : [at + 1, at])

function commonCharacter(a: Item, b: Item): string | undefined {
  if (typeof a === 'number') {
    const isCommon = typeof b === 'number' ? a === b : accepts(b, a)
    return isCommon ? String.fromCharCode(a) : undefined
  }
  if (typeof b === 'number') return commonCharacter(b, a)
  return a === 'int' || b === 'int' ? '1' : 'x'
}

function itemsOf(label: Label): readonly Item[] {
  const shape = typeof label === 'string' ? label : label.shape
  const items: Item[] = []
  for (const [part] of shape.matchAll(/\{[^}]*\}|[^{]/g)) {
    if (!part.startsWith('{')) items.push(part.charCodeAt(0))
    else items.push(part === '{:int}' ? 'int' : part === '{:word}' ? 'word' : 'any')
  }
  return items
}
