import type { Fault } from '../../errors.js'

/** What nodes were read from. Makes the faults of its nodes. */
export interface NodeSource {
  readonly origin: string
  /** The fault at a node. `within` counts characters into the node's text. */
  fault(node: MapNode, message: string, within?: number): Fault
  /** The place of a rule's node: `map.yaml:4`, or the origin and `rule` if the source has no lines. */
  place(node: MapNode, rule: string): string
}

interface NodeBase {
  readonly source: NodeSource
  /** Where the node begins: a character of the text, or the number of a value of the object. */
  readonly offset: number
}

export interface ScalarNode extends NodeBase {
  readonly kind: 'scalar'
  readonly text: string
  /** Set if parseMap has expanded the text already. */
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

/** A node that can't be read; its fault is reported already. */
export interface BrokenNode extends NodeBase {
  readonly kind: 'broken'
}

/** A document of texts, lists and maps, each part with its place. */
export type MapNode = ScalarNode | ListNode | PairsNode | BrokenNode

/** Takes faults as they are found. It makes a fault only if it keeps it: a hostile document has thousands. */
export type Report = (makeFault: () => Fault) => void

/** The fault at this node. */
export function faultAt(node: MapNode, message: string, within?: number): Fault {
  return node.source.fault(node, message, within)
}

/** The part of the expanded text that one `${}` gave. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly writtenFrom: number
  readonly writtenTo: number
}

const noSpans: readonly Span[] = []

/** A text with its `${}` filled in. Faults quote the text as it is written, never the values. */
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

  /** The index in the written text of the character at `index`. */
  writtenIndex(index: number): number {
    let shift = 0
    for (const span of this.#spans) {
      if (index < span.from) break
      if (index < span.to) return span.writtenFrom
      shift = span.writtenTo - span.to
    }
    return index + shift
  }

  /** The stretch of the text as it is written, with every `${}` that touches it unexpanded. */
  quote(from: number, to: number): string {
    const end = to <= from ? this.writtenIndex(from) : this.#writtenEnd(to - 1)
    return this.written.slice(this.writtenIndex(from), end)
  }

  #writtenEnd(last: number): number {
    const span = this.#spans.find(({ from, to }) => from <= last && last < to)
    return span === undefined ? this.writtenIndex(last) + 1 : span.writtenTo
  }
}
