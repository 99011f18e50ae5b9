import type { Fault } from '../../errors.js'

/** What nodes were read from: knows how a fault at one of its nodes is told. */
export interface NodeSource {
  readonly origin: string
  /** The fault at a node. `within` counts characters into the node's text. */
  fault(node: MapNode, message: string, within?: number): Fault
  /** Where a rule's node stands, in words: `map.yaml:4`, or the origin and `rule` where lines say nothing of it. */
  place(node: MapNode, rule: string): string
}

interface NodeBase {
  readonly source: NodeSource
  /** Where the node stands, in the source's own measure. */
  readonly offset: number
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly text: string
  /** Set where `${}` was expanded when the text was parsed, so that it is not done again. */
  readonly expanded?: Expanded
}

interface ListNode extends NodeBase {
  readonly kind: 'list'
  readonly items: readonly MapNode[]
}

export interface Pair {
  readonly key: ScalarNode
  readonly value: MapNode
}

interface PairsNode extends NodeBase {
  readonly kind: 'pairs'
  readonly pairs: readonly Pair[]
}

/** What stands where a node was written that can't be read; its fault is already told. */
export interface BrokenNode extends NodeBase {
  readonly kind: 'broken'
}

/** A document of texts, lists and maps; each part knows where it was written. */
export type MapNode = ScalarNode | ListNode | PairsNode | BrokenNode

/** Takes the faults as they are found. A fault is made only where it is told: a hostile document has them by the thousand. */
export type Report = (makeFault: () => Fault) => void

/** The fault at this node. */
export function faultAt(node: MapNode, message: string, within?: number): Fault {
  return node.source.fault(node, message, within)
}

/** A stretch of the expanded text that one `${}` gave. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly writtenFrom: number
  readonly writtenTo: number
}

const noSpans: readonly Span[] = []

/** A text with its `${}` filled in. Faults quote what was written, never the values. */
export class Expanded {
  readonly text: string
  readonly written: string
  readonly #spans: readonly Span[]

  constructor(text: string, written = text, spans: readonly Span[] = noSpans) {
    this.text = text
    this.written = written
    this.#spans = spans
  }

  /** True where a `${}` was filled in. */
  get isExpanded(): boolean {
    return this.#spans.length > 0
  }

  /** Where the character at `index` of the text was written. */
  writtenIndex(index: number): number {
    let shift = 0
    for (const span of this.#spans) {
      if (index < span.from) break
      if (index < span.to) return span.writtenFrom
      shift = span.writtenTo - span.to
    }
    return index + shift
  }

  /** The stretch of the text as it was written: a `${}` that touches it stands there unexpanded. */
  quote(from: number, to: number): string {
    const end = to <= from ? this.writtenIndex(from) : this.#writtenEnd(to - 1)
    return this.written.slice(this.writtenIndex(from), end)
  }

  #writtenEnd(last: number): number {
    const span = this.#spans.find(({ from, to }) => from <= last && last < to)
    return span === undefined ? this.writtenIndex(last) + 1 : span.writtenTo
  }
}
