/** What the trie has to know of a rule. */
export interface Placed {
  readonly traits: { readonly port: number | undefined }
  /** Where it stands in the map: what still ties is decided by it. */
  readonly order: number
}

/** The rules of one name pattern, where it has more than one: one for each port that is named, and one for all others. */
export class RulesByPort<Rule extends Placed> {
  #anyPort: Rule | undefined
  readonly #ports = new Map<number, Rule>()

  constructor(first: Rule) {
    this.add(first)
  }

  add(rule: Rule): void {
    const { port } = rule.traits
    if (port === undefined) this.#anyPort = rule
    else this.#ports.set(port, rule)
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
  const own = rules.traits.port
  return own === undefined || own === port ? [rules] : []
}

/** Where the first of the rules that are for the port stands in the map; those that are for others stand after all. */
export function orderAt<Rule extends Placed>(rules: Rules<Rule>, port: number | undefined): number {
  return rulesAt(rules, port).reduce((first, { order }) => Math.min(first, order), Number.MAX_SAFE_INTEGER)
}

export function allRules<Rule extends Placed>(rules: Rules<Rule>): readonly Rule[] {
  return rules instanceof RulesByPort ? rules.all() : [rules]
}

/** The rules of a name pattern with one more, for a port that none of them is for. */
export function joinRules<Rule extends Placed>(rules: Rules<Rule> | undefined, rule: Rule): Rules<Rule> {
  if (rules === undefined) return rule
  const several = rules instanceof RulesByPort ? rules : new RulesByPort(rules)
  several.add(rule)
  return several
}
