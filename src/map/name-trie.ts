import { LabelTrie } from './label-trie.js'
import type { Pattern } from './pattern.js'

/** The rules of one name pattern: one for each port that is named, and one for all others. */
export class Terminal<Rule> {
  /** The order in which name patterns stand in the map: what still ties is decided by it. */
  readonly order: number
  anyPort: Rule | undefined
  ports: Map<number, Rule> | undefined

  constructor(order: number) {
    this.order = order
  }

  set(port: number | undefined, rule: Rule): void {
    if (port === undefined) this.anyPort = rule
    else (this.ports ??= new Map()).set(port, rule)
  }
}

class Node<Rule> {
  literals: Map<string, Node<Rule>> | undefined
  captures: LabelTrie<Node<Rule>> | undefined
  /** The pattern that ends here. */
  exact: Terminal<Rule> | undefined
  /** The pattern that goes on with `*`. */
  wildcard: Terminal<Rule> | undefined
}

/** Told the patterns that match, one by one; true ends the walk. */
export type Visit<Rule> = (terminal: Terminal<Rule>) => boolean

/**
 * Rules by their name patterns, label by label from the right. A walk meets the patterns that match a name in the
 * order of the map's rules: the most specific first. It goes where the name's own labels lead.
 */
export class NameTrie<Rule> {
  readonly #root = new Node<Rule>()
  #count = 0

  add({ labels, isWildcard, port }: Pattern, rule: Rule): void {
    let node = this.#root
    for (const label of labels) {
      const make = () => new Node<Rule>()
      node = typeof label === 'string' ? child(node, label) : (node.captures ??= new LabelTrie()).obtain(label, make)
    }
    const order = this.#count++
    const terminal = isWildcard ? (node.wildcard ??= new Terminal(order)) : (node.exact ??= new Terminal(order))
    terminal.set(port, rule)
  }

  /** Visits the patterns that match, in order, until a visit is true; false when none was. */
  walk(labels: readonly string[], visit: Visit<Rule>): boolean {
    return walk([this.#root], labels, 0, visit)
  }
}

function child<Rule>(node: Node<Rule>, label: string): Node<Rule> {
  const literals = (node.literals ??= new Map<string, Node<Rule>>())
  let next = literals.get(label)
  if (next === undefined) literals.set(label, (next = new Node()))
  return next
}

// The nodes are those that the labels so far lead to by label patterns of equal rank: they are walked side by side,
// for a label further left may still tell them apart.
function walk<Rule>(nodes: readonly Node<Rule>[], labels: readonly string[], at: number, visit: Visit<Rule>): boolean {
  const label = labels[at]
  if (label === undefined) return visitInOrder(nodes, node => node.exact, visit)
  const literal = literalNodes(nodes, label)
  if (literal.length > 0 && walk(literal, labels, at + 1, visit)) return true
  for (const group of captureGroups(nodes, label)) if (walk(group, labels, at + 1, visit)) return true
  return visitInOrder(nodes, node => node.wildcard, visit)
}

function literalNodes<Rule>(nodes: readonly Node<Rule>[], label: string): readonly Node<Rule>[] {
  const found: Node<Rule>[] = []
  for (const { literals } of nodes) {
    const next = literals?.get(label)
    if (next !== undefined) found.push(next)
  }
  return found
}

function captureGroups<Rule>(nodes: readonly Node<Rule>[], label: string): readonly (readonly Node<Rule>[])[] {
  let found: readonly { rank: string; value: Node<Rule> }[] = []
  for (const { captures } of nodes) {
    if (captures === undefined) continue
    const more = captures.find(label)
    found = found.length === 0 ? more : [...found, ...more]
  }
  const [only] = found
  if (only === undefined) return []
  if (found.length === 1) return [[only.value]]
  const groups = new Map<string, Node<Rule>[]>()
  for (const { rank, value } of found.toSorted((a, b) => (a.rank < b.rank ? -1 : a.rank > b.rank ? 1 : 0))) {
    const group = groups.get(rank)
    if (group === undefined) groups.set(rank, [value])
    else group.push(value)
  }
  return [...groups.values()]
}

function visitInOrder<Rule>(
  nodes: readonly Node<Rule>[],
  pick: (node: Node<Rule>) => Terminal<Rule> | undefined,
  visit: Visit<Rule>,
): boolean {
  const [only] = nodes
  if (only !== undefined && nodes.length === 1) {
    const terminal = pick(only)
    return terminal !== undefined && visit(terminal)
  }
  const terminals = nodes.map(pick).filter(terminal => terminal !== undefined)
  return terminals.sort((a, b) => a.order - b.order).some(visit)
}
