import { groupByRank, LabelPatterns, type Labelled } from './label-trie.js'
import type { Pattern } from './pattern.js'

/** The rules of one name pattern: one for each port that is named, and one for all others. */
export class Terminal<Rule> {
  /** The order in which name patterns stand in the map: what still ties is decided by it. */
  readonly order: number
  anyPort: Rule | undefined
  // Most patterns name one port or none: a Map for each would be much of a large table.
  #onlyPort: number | undefined
  #only: Rule | undefined
  #ports: Map<number, Rule> | undefined

  constructor(order: number) {
    this.order = order
  }

  set(port: number | undefined, rule: Rule): void {
    if (port === undefined) this.anyPort = rule
    else if (this.#onlyPort === undefined || this.#only === undefined) {
      this.#onlyPort = port
      this.#only = rule
    } else (this.#ports ??= new Map([[this.#onlyPort, this.#only]])).set(port, rule)
  }

  /** The rule that names the port. */
  atPort(port: number | undefined): Rule | undefined {
    if (port === undefined) return undefined
    return this.#ports === undefined ? (this.#onlyPort === port ? this.#only : undefined) : this.#ports.get(port)
  }

  /** All rules that name a port. */
  withPorts(): readonly Rule[] {
    if (this.#ports !== undefined) return [...this.#ports.values()]
    return this.#only === undefined ? [] : [this.#only]
  }
}

class Node<Rule> {
  // Most nodes have one child: a Map for each would be most of a large table's memory.
  #onlyLabel: string | undefined
  #only: Node<Rule> | undefined
  #literals: Map<string, Node<Rule>> | undefined
  captures: LabelPatterns<Node<Rule>> | undefined
  /** The pattern that ends here. */
  exact: Terminal<Rule> | undefined
  /** The pattern that goes on with `*`. */
  wildcard: Terminal<Rule> | undefined

  get(label: string): Node<Rule> | undefined {
    return this.#literals === undefined
      ? this.#onlyLabel === label
        ? this.#only
        : undefined
      : this.#literals.get(label)
  }

  obtain(label: string): Node<Rule> {
    const known = this.get(label)
    if (known !== undefined) return known
    const node = new Node<Rule>()
    if (this.#only === undefined || this.#onlyLabel === undefined) {
      this.#onlyLabel = label
      this.#only = node
    } else (this.#literals ??= new Map([[this.#onlyLabel, this.#only]])).set(label, node)
    return node
  }
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
      node =
        typeof label === 'string' ? node.obtain(label) : (node.captures ??= new LabelPatterns()).obtain(label, make)
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
  for (const node of nodes) {
    const next = node.get(label)
    if (next !== undefined) found.push(next)
  }
  return found
}

function captureGroups<Rule>(nodes: readonly Node<Rule>[], label: string): readonly (readonly Node<Rule>[])[] {
  const found: Labelled<Node<Rule>>[] = []
  for (const { captures } of nodes) captures?.find(label, found)
  return groupByRank(found)
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
