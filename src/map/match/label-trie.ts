import {
  matchesRun,
  matchesLabel,
  mirror,
  runEnd,
  type CaptureType,
  type LabelPattern,
  type CaptureStep,
  type PatternHalf,
} from '../rule/label-pattern.js'

/** Values by a literal, found at an index of a text by one hash look-up for each length in use. */
class LiteralIndex<V> {
  readonly #byLength: { readonly length: number; readonly values: Map<string, V> }[] = []

  getOrCreate(literal: string, make: () => V): V {
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

/** Between two parts of a label: the value of what ends here, and the captures that may follow. */
class StepNode<V> {
  value: V | undefined
  readonly #next: { type: CaptureType; overlap: number; literals: LiteralIndex<StepNode<V>> }[] = []

  getOrCreate({ type, overlap, literal }: CaptureStep): StepNode<V> {
    let branch = this.#next.find(other => other.type === type && other.overlap === overlap)
    if (branch === undefined) this.#next.push((branch = { type, overlap, literals: new LiteralIndex() }))
    return branch.literals.getOrCreate(literal, () => new StepNode<V>())
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

  getOrCreate({ literal, steps }: PatternHalf, make: () => V): V {
    let node = this.#roots.getOrCreate(literal, () => new StepNode<V>())
    for (const step of steps) node = node.getOrCreate(step)
    return (node.value ??= make())
  }

  visit(text: string, visitor: (value: V, end: number) => void): void {
    this.#roots.visit(text, 0, (node, end) => node.visit(text, end, visitor))
  }
}

/** A value under its label pattern. */
export interface Labelled<V> {
  readonly pattern: LabelPattern
  readonly value: V
}

type Pivots<V> = Map<CaptureType, SideTrie<Labelled<V>>>

/** Label patterns by their sides: a look-up follows the label's own characters, from both ends to the pivot. */
class LabelTrie<V> {
  readonly #left = new SideTrie<Pivots<V>>()

  getOrCreate(pattern: LabelPattern, make: () => Labelled<V>): Labelled<V> {
    const pivots = this.#left.getOrCreate(pattern.left, () => new Map<CaptureType, SideTrie<Labelled<V>>>())
    let side = pivots.get(pattern.pivot)
    if (side === undefined) pivots.set(pattern.pivot, (side = new SideTrie()))
    return side.getOrCreate(pattern.right, make)
  }

  find(label: string, found: Labelled<V>[]): void {
    let mirrored: string | undefined
    this.#left.visit(label, (pivots, from) => {
      if (from >= label.length) return
      mirrored ??= mirror(label)
      for (const [type, side] of pivots) {
        side.visit(mirrored, (labelled, end) => {
          if (matchesRun(type, label, from, label.length - end)) found.push(labelled)
        })
      }
    })
  }
}

// So many are tried one by one as fast as the trie finds them, with a tenth of its memory.
const maxListed = 4

const byRank = (a: Labelled<unknown>, b: Labelled<unknown>) =>
  a.pattern.rank < b.pattern.rank ? -1 : a.pattern.rank > b.pattern.rank ? 1 : 0

/** Values by label patterns. A look-up costs what the label's length costs, not what the number of patterns costs. */
export class LabelPatterns<V> {
  #list: readonly Labelled<V>[] = []
  #trie: LabelTrie<V> | undefined

  /** The value of the pattern, made if it is new. */
  getOrCreate(pattern: LabelPattern, make: () => V): V {
    if (this.#trie !== undefined) return this.#trie.getOrCreate(pattern, () => ({ pattern, value: make() })).value
    for (const other of this.#list) if (other.pattern.shape === pattern.shape) return other.value
    const added = { pattern, value: make() }
    // Not by push, which reserves room for 17: most lists have one entry.
    this.#list = [...this.#list, added]
    if (this.#list.length > maxListed) this.#trie = trieOf(this.#list)
    return added.value
  }

  /** Adds all that match the label. */
  find(label: string, found: Labelled<V>[]): void {
    if (this.#trie !== undefined) this.#trie.find(label, found)
    else for (const labelled of this.#list) if (matchesLabel(labelled.pattern, label)) found.push(labelled)
  }
}

function trieOf<V>(list: readonly Labelled<V>[]): LabelTrie<V> {
  const trie = new LabelTrie<V>()
  for (const labelled of list) trie.getOrCreate(labelled.pattern, () => labelled)
  return trie
}

/** The values in groups of one rank, the most specific first. */
export function groupByRank<V>(found: Labelled<V>[]): readonly (readonly V[])[] {
  const groups: V[][] = []
  let rank: string | undefined
  for (const { pattern, value } of found.sort(byRank)) {
    if (pattern.rank === rank) groups.at(-1)?.push(value)
    else groups.push([value])
    rank = pattern.rank
  }
  return groups
}
