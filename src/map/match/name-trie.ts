import { groupByRank, type Labelled } from './label-trie.js'
import { KnownTails, Node, Tail, type Branch } from './name-node.js'
import type { Pattern } from '../rule/pattern.js'
import { orderAt, type Placed, type Rules } from './rules-by-port.js'

/** Told the patterns that match, one by one; true ends the walk. */
export type Visit<Rule extends Placed> = (rules: Rules<Rule>) => boolean

/**
 * Rules by their name patterns, label by label from the right. A walk meets the patterns that match a name in the
 * order of the map's rules: the most specific first. It goes where the name's own labels lead.
 */
export class NameTrie<Rule extends Placed> {
  readonly #root = new Node<Rule>()
  readonly #tails = new KnownTails()

  /** Rules of one pattern are added in the map's order, each port once. */
  add({ labels, isWildcard }: Pattern, rule: Rule): void {
    this.#root.add(labels, 0, isWildcard, rule, this.#tails)
  }

  /** Visits the patterns that match, in their order for the port, until a visit is true; false when none was. */
  walk(labels: readonly string[], visit: Visit<Rule>, port?: number): boolean {
    return walk([this.#root], { labels, port }, 0, visit)
  }
}

interface Asked {
  readonly labels: readonly string[]
  readonly port: number | undefined
}

// The branches are those that the labels so far lead to by label patterns of equal rank: they are walked side by side,
// for a label further left may still tell them apart.
function walk<Rule extends Placed>(
  branches: readonly Branch<Rule>[],
  asked: Asked,
  at: number,
  visit: Visit<Rule>,
): boolean {
  const { labels, port } = asked
  const [only] = branches
  if (branches.length === 1 && only instanceof Tail) return only.matches(labels, at) && visit(only.rules)
  const nodes = branches.map(branch => (branch instanceof Tail ? branch.toNode() : branch))
  const label = labels[at]
  if (label === undefined) return visitInOrder(nodes, node => node.exact, port, visit)
  const literal = nodes.map(node => node.get(label)).filter(branch => branch !== undefined)
  if (literal.length > 0 && walk(literal, asked, at + 1, visit)) return true
  const captured: Labelled<Branch<Rule>>[] = []
  for (const node of nodes) node.findCaptured(label, captured)
  for (const group of groupByRank(captured)) if (walk(group, asked, at + 1, visit)) return true
  return visitInOrder(nodes, node => node.wildcard, port, visit)
}

function visitInOrder<Rule extends Placed>(
  nodes: readonly Node<Rule>[],
  pick: (node: Node<Rule>) => Rules<Rule> | undefined,
  port: number | undefined,
  visit: Visit<Rule>,
): boolean {
  const found = nodes.map(pick).filter(rules => rules !== undefined)
  return (found.length > 1 ? found.sort((a, b) => orderAt(a, port) - orderAt(b, port)) : found).some(visit)
}
