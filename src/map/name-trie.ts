import { matchesLabel, type LabelPattern } from './label-pattern.js'
import { groupByRank, LabelPatterns, type Labelled } from './label-trie.js'
import type { Pattern } from './pattern.js'

/** What the trie has to know of a rule. */
interface Placed {
  readonly port: number | undefined
  /** Where it stands in the map: what still ties is decided by it. */
  readonly order: number
}

/** The rules of one name pattern, where it has more than one: one for each port that is named, and one for all others. */
export class RulesByPort<Rule extends Placed> {
  /** Of the pattern's first rule. */
  readonly order: number
  #anyPort: Rule | undefined
  readonly #ports = new Map<number, Rule>()

  constructor(first: Rule) {
    this.order = first.order
    this.add(first)
  }

  add(rule: Rule): void {
    if (rule.port === undefined) this.#anyPort = rule
    else this.#ports.set(rule.port, rule)
  }

  /** The rules that are for the port, the one that names it first. */
  at(port: number | undefined): readonly Rule[] {
    const own = port === undefined ? undefined : this.#ports.get(port)
    return [own, this.#anyPort].filter(rule => rule !== undefined)
  }

  all(): readonly Rule[] {
    return [...this.#ports.values(), this.#anyPort].filter(rule => rule !== undefined)
  }
}

/** A name pattern's rules: the one, or several. */
export type Rules<Rule extends Placed> = Rule | RulesByPort<Rule>

/** The rules that are for the port, the one that names it first. */
export function rulesAt<Rule extends Placed>(rules: Rules<Rule>, port: number | undefined): readonly Rule[] {
  if (rules instanceof RulesByPort) return rules.at(port)
  return rules.port === undefined || rules.port === port ? [rules] : []
}

export function allRules<Rule extends Placed>(rules: Rules<Rule>): readonly Rule[] {
  return rules instanceof RulesByPort ? rules.all() : [rules]
}

// Most nodes have one child, and most patterns one rule. Those stand in the node itself: with 100,000 rules, what a
// look-up costs is how many objects it has to fetch from memory.
class Node<Rule extends Placed> {
  #onlyLabel: string | undefined
  #only: Node<Rule> | undefined
  #literals: Map<string, Node<Rule>> | undefined
  #onlyPattern: LabelPattern | undefined
  #onlyCaptured: Node<Rule> | undefined
  #patterns: LabelPatterns<Node<Rule>> | undefined
  /** The rules whose pattern ends here. */
  exact: Rules<Rule> | undefined
  /** The rules whose pattern goes on with `*`. */
  wildcard: Rules<Rule> | undefined

  get(label: string): Node<Rule> | undefined {
    if (this.#literals !== undefined) return this.#literals.get(label)
    return this.#onlyLabel === label ? this.#only : undefined
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

  findCaptured(label: string, found: Labelled<Node<Rule>>[]): void {
    if (this.#patterns !== undefined) this.#patterns.find(label, found)
    else if (this.#onlyPattern !== undefined && this.#onlyCaptured !== undefined) {
      if (matchesLabel(this.#onlyPattern, label)) found.push({ pattern: this.#onlyPattern, value: this.#onlyCaptured })
    }
  }

  obtainCaptured(pattern: LabelPattern): Node<Rule> {
    if (this.#onlyPattern === undefined || this.#onlyCaptured === undefined) {
      this.#onlyPattern = pattern
      return (this.#onlyCaptured = new Node())
    }
    if (this.#patterns === undefined && this.#onlyPattern.shape === pattern.shape) return this.#onlyCaptured
    this.#patterns ??= new LabelPatterns({ pattern: this.#onlyPattern, value: this.#onlyCaptured })
    return this.#patterns.obtain(pattern, () => new Node())
  }
}

/** Told the patterns that match, one by one; true ends the walk. */
export type Visit<Rule extends Placed> = (rules: Rules<Rule>) => boolean

/**
 * Rules by their name patterns, label by label from the right. A walk meets the patterns that match a name in the
 * order of the map's rules: the most specific first. It goes where the name's own labels lead.
 */
export class NameTrie<Rule extends Placed> {
  readonly #root = new Node<Rule>()

  /** Rules of one pattern are added in the map's order, each port once. */
  add({ labels, isWildcard }: Pattern, rule: Rule): void {
    let node = this.#root
    for (const label of labels) node = typeof label === 'string' ? node.obtain(label) : node.obtainCaptured(label)
    if (isWildcard) node.wildcard = join(node.wildcard, rule)
    else node.exact = join(node.exact, rule)
  }

  /** Visits the patterns that match, in order, until a visit is true; false when none was. */
  walk(labels: readonly string[], visit: Visit<Rule>): boolean {
    return walk([this.#root], labels, 0, visit)
  }
}

function join<Rule extends Placed>(rules: Rules<Rule> | undefined, rule: Rule): Rules<Rule> {
  if (rules === undefined) return rule
  const several = rules instanceof RulesByPort ? rules : new RulesByPort(rules)
  several.add(rule)
  return several
}

// The nodes are those that the labels so far lead to by label patterns of equal rank: they are walked side by side,
// for a label further left may still tell them apart.
function walk<Rule extends Placed>(
  nodes: readonly Node<Rule>[],
  labels: readonly string[],
  at: number,
  visit: Visit<Rule>,
): boolean {
  const label = labels[at]
  if (label === undefined) return visitInOrder(nodes, node => node.exact, visit)
  const literal = literalNodes(nodes, label)
  if (literal.length > 0 && walk(literal, labels, at + 1, visit)) return true
  for (const group of captureGroups(nodes, label)) if (walk(group, labels, at + 1, visit)) return true
  return visitInOrder(nodes, node => node.wildcard, visit)
}

function literalNodes<Rule extends Placed>(nodes: readonly Node<Rule>[], label: string): readonly Node<Rule>[] {
  const found: Node<Rule>[] = []
  for (const node of nodes) {
    const next = node.get(label)
    if (next !== undefined) found.push(next)
  }
  return found
}

function captureGroups<Rule extends Placed>(
  nodes: readonly Node<Rule>[],
  label: string,
): readonly (readonly Node<Rule>[])[] {
  const found: Labelled<Node<Rule>>[] = []
  for (const node of nodes) node.findCaptured(label, found)
  return groupByRank(found)
}

function visitInOrder<Rule extends Placed>(
  nodes: readonly Node<Rule>[],
  pick: (node: Node<Rule>) => Rules<Rule> | undefined,
  visit: Visit<Rule>,
): boolean {
  const [only] = nodes
  if (only !== undefined && nodes.length === 1) {
    const rules = pick(only)
    return rules !== undefined && visit(rules)
  }
  const found = nodes.map(pick).filter(rules => rules !== undefined)
  return found.sort((a, b) => a.order - b.order).some(visit)
}
