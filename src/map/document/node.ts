import type { Fault } from '../../errors.js'
import type { Expanded } from './expanded.js'

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
