import { holds, mirror, runEnd, type CaptureType, type LabelPattern, type Side, type Step } from './label-pattern.js'

/** Values by a literal that a text has at some place, found by one hash look-up for each length in use. */
class LiteralIndex<V> {
  readonly #byLength: { readonly length: number; readonly values: Map<string, V> }[] = []

  obtain(literal: string, make: () => V): V {
    let row = this.#byLength.find(({ length }) => length === literal.length)
    if (row === undefined) this.#byLength.push((row = { length: literal.length, values: new Map() }))
    let value = row.values.get(literal)
    if (value === undefined) row.values.set(literal, (value = make()))
    return value
  }

  visit(text: string, at: number, visitor: (value: V, end: number) => void): void {
    for (const { length, values } of this.#byLength) {
      if (at + length > text.length) continue
      const value = values.get(length === 0 ? '' : text.slice(at, at + length))
      if (value !== undefined) visitor(value, at + length)
    }
  }
}

/** A place between two parts of a label: what may stand here, and the captures that may follow. */
class StepNode<V> {
  value: V | undefined
  readonly #next: { type: CaptureType; overlap: number; literals: LiteralIndex<StepNode<V>> }[] = []

  obtain({ type, overlap, literal }: Step): StepNode<V> {
    let branch = this.#next.find(other => other.type === type && other.overlap === overlap)
    if (branch === undefined) this.#next.push((branch = { type, overlap, literals: new LiteralIndex() }))
    return branch.literals.obtain(literal, () => new StepNode<V>())
  }

  visit(text: string, at: number, visitor: (value: V, end: number) => void): void {
    if (this.value !== undefined) visitor(this.value, at)
    for (const { type, overlap, literals } of this.#next) {
      const end = runEnd(type, text, at, text.length) - overlap
      if (end > at) literals.visit(text, end, (node, after) => node.visit(text, after, visitor))
    }
  }
}

/** Values by one side of a label pattern. */
class SideTrie<V> {
  readonly #roots = new LiteralIndex<StepNode<V>>()

  obtain({ literal, steps }: Side, make: () => V): V {
    let node = this.#roots.obtain(literal, () => new StepNode<V>())
    for (const step of steps) node = node.obtain(step)
    return (node.value ??= make())
  }

  visit(text: string, visitor: (value: V, end: number) => void): void {
    this.#roots.visit(text, 0, (node, end) => node.visit(text, end, visitor))
  }
}

/** A value, and the rank of the label pattern that it stands under. */
export interface Ranked<V> {
  readonly rank: string
  readonly value: V
}

type Pivots<V> = Map<CaptureType, SideTrie<Ranked<V>>>

/**
 * Values by label patterns. A look-up follows the label's own characters, from the left to the pivot and from the
 * right back to it, so it costs what the label's length costs, not what the number of patterns costs.
 */
export class LabelTrie<V> {
  readonly #left = new SideTrie<Pivots<V>>()

  obtain({ left, pivot, right, rank }: LabelPattern, make: () => V): V {
    const pivots = this.#left.obtain(left, () => new Map<CaptureType, SideTrie<Ranked<V>>>())
    let side = pivots.get(pivot)
    if (side === undefined) pivots.set(pivot, (side = new SideTrie()))
    return side.obtain(right, () => ({ rank, value: make() })).value
  }

  /** The values of all patterns that match the label, the most specific first. */
  find(label: string): readonly Ranked<V>[] {
    const found: Ranked<V>[] = []
    let mirrored: string | undefined
    this.#left.visit(label, (pivots, from) => {
      if (from >= label.length) return
      mirrored ??= mirror(label)
      for (const [type, side] of pivots) {
        side.visit(mirrored, (ranked, end) => {
          if (isHeld(type, label, from, label.length - end)) found.push(ranked)
        })
      }
    })
    return found.length > 1 ? found.sort((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0)) : found
  }
}

function isHeld(type: CaptureType, text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (!holds(type, text.charCodeAt(index))) return false
  return to > from
}
