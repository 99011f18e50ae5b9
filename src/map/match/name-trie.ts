import type { LabelPattern } from '../rule/label-pattern.js'
import type { Pattern } from '../rule/pattern.js'
import type { HostQuery } from './rule.js'
import { groupByRank, LabelPatterns, type Labelled } from './label-trie.js'

/** What the trie needs of a rule. */
export interface Placed {
  readonly pattern: { readonly port: number | undefined }
  /** Its place among all rules: the first of those that tie decides. */
  readonly order: number
}

/** The rules of one name pattern: one for each port that is named, and one for all others. */
export class RulesByPort<Rule extends Placed> {
  #anyPort: Rule | undefined
  #ports: Map<number, Rule> | undefined

  /** The rule for just this port; for undefined the one that names none. */
  get(port: number | undefined): Rule | undefined {
    return port === undefined ? this.#anyPort : this.#ports?.get(port)
  }

  add(rule: Rule): void {
    const { port } = rule.pattern
    if (port === undefined) this.#anyPort = rule
    else (this.#ports ??= new Map()).set(port, rule)
  }

  /** The rules that are for the port, the one that names it first. */
  at(port: number | undefined): readonly Rule[] {
    const own = port === undefined ? undefined : this.#ports?.get(port)
    if (own === undefined) return this.#anyPort === undefined ? [] : [this.#anyPort]
    return this.#anyPort === undefined ? [own] : [own, this.#anyPort]
  }

  all(): readonly Rule[] {
    return [...(this.#ports?.values() ?? []), this.#anyPort].filter(rule => rule !== undefined)
  }

  /** The least order of the rules that are for the port; the largest number if none is. */
  orderAt(port: number | undefined): number {
    return this.at(port).reduce((first, { order }) => Math.min(first, order), Number.MAX_SAFE_INTEGER)
  }
}

/** Called for each pattern that matches; true ends the walk. */
export type Visit<Rule extends Placed> = (rules: RulesByPort<Rule>) => boolean

/** Between two labels of name patterns. */
class TrieNode<Rule extends Placed> {
  #literals: Map<string, TrieNode<Rule>> | undefined
  #captured: LabelPatterns<TrieNode<Rule>> | undefined
  /** The rules whose pattern ends here. */
  exact: RulesByPort<Rule> | undefined
  /** The rules whose pattern goes on with `*`. */
  wildcard: RulesByPort<Rule> | undefined

  get(label: string): TrieNode<Rule> | undefined {
    return this.#literals?.get(label)
  }

  /** Adds the nodes below the label patterns that match. */
  findCaptured(label: string, found: Labelled<TrieNode<Rule>>[]): void {
    this.#captured?.find(label, found)
  }

  getOrCreate(label: string | LabelPattern): TrieNode<Rule> {
    if (typeof label !== 'string')
      return (this.#captured ??= new LabelPatterns()).getOrCreate(label, () => new TrieNode())
    const literals = (this.#literals ??= new Map<string, TrieNode<Rule>>())
    const known = literals.get(label)
    if (known !== undefined) return known
    const node = new TrieNode<Rule>()
    literals.set(label, node)
    return node
  }
}

/**
 * Rules by their name patterns, label by label from the right. A walk meets the patterns that match a name in the
 * order of the map's rules: the most specific first. It looks up the name's own labels only.
 */
export class NameTrie<Rule extends Placed> {
  readonly #root = new TrieNode<Rule>()

  /** The rules of the name pattern, for more to be added: each port once. */
  rulesOf({ labels, isWildcard }: Pick<Pattern, 'labels' | 'isWildcard'>): RulesByPort<Rule> {
    let node = this.#root
    for (const label of labels) node = node.getOrCreate(label)
    return isWildcard ? (node.wildcard ??= new RulesByPort()) : (node.exact ??= new RulesByPort())
  }

  /** Visits the patterns that match, in their order for the port, until a visit is true; false when none was. */
  walk(labels: readonly string[], visit: Visit<Rule>, port?: number): boolean {
    return walk([this.#root], { labels, port }, 0, visit)
  }
}

// The nodes are below label patterns of equal rank. They are walked side by side, as a label further left may still rank
// one before the other.
function walk<Rule extends Placed>(
  nodes: readonly TrieNode<Rule>[],
  query: Pick<HostQuery, 'labels' | 'port'>,
  at: number,
  visit: Visit<Rule>,
): boolean {
  const { labels, port } = query
  const label = labels[at]
  if (label === undefined) return visitInOrder(nodes, node => node.exact, port, visit)
  const literal: TrieNode<Rule>[] = []
  for (const node of nodes) {
    const next = node.get(label)
    if (next !== undefined) literal.push(next)
  }
  if (literal.length > 0 && walk(literal, query, at + 1, visit)) return true
  const captured: Labelled<TrieNode<Rule>>[] = []
  for (const node of nodes) node.findCaptured(label, captured)
  for (const group of groupByRank(captured)) if (walk(group, query, at + 1, visit)) return true
  return visitInOrder(nodes, node => node.wildcard, port, visit)
}

function visitInOrder<Rule extends Placed>(
  nodes: readonly TrieNode<Rule>[],
  pick: (node: TrieNode<Rule>) => RulesByPort<Rule> | undefined,
  port: number | undefined,
  visit: Visit<Rule>,
): boolean {
  const found = nodes.map(pick).filter(rules => rules !== undefined)
  return (found.length > 1 ? found.sort((a, b) => a.orderAt(port) - b.orderAt(port)) : found).some(visit)
}
