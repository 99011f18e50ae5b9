/** What the trie has to know of a rule. */
export interface Placed {
  readonly pattern: { readonly port: number | undefined }
  /** Where it stands in the map: what still ties is decided by it. */
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

  /** Where the first of the rules that are for the port stands in the map; those that are for others stand after all. */
  orderAt(port: number | undefined): number {
    return this.at(port).reduce((first, { order }) => Math.min(first, order), Number.MAX_SAFE_INTEGER)
  }
}
