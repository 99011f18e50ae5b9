import { canonicalIpv6, type AskedHost } from '../host-name.js'
import type { Pattern } from '../rule/pattern.js'
import { NameTrie, type Visit } from './name-trie.js'
import type { CompiledRule } from './rule.js'
import type { RulesByPort } from './name-trie.js'

/** Rules by their patterns: names, IPv4 addresses by their octets, IPv6 addresses as a whole. */
export class RuleTable {
  readonly #tries: Readonly<Record<Pattern['kind'], NameTrie<CompiledRule>>> = {
    name: new NameTrie(),
    ipv4: new NameTrie(),
    ipv6: new NameTrie(),
  }
  readonly #all: CompiledRule[] = []

  /** No two of the rules may have the same pattern and port. */
  static of(rules: Iterable<CompiledRule>): RuleTable {
    const table = new RuleTable()
    for (const rule of rules) table.add(rule)
    return table
  }

  /** How many patterns have a rule. */
  get size(): number {
    return this.#all.length
  }

  /** In the order in which they were added. */
  all(): readonly CompiledRule[] {
    return this.#all
  }

  /** The rules of the same name pattern. */
  rulesOf(pattern: Pattern): RulesByPort<CompiledRule> {
    return this.#tries[pattern.kind].rulesOf(pattern)
  }

  add(rule: CompiledRule): void {
    this.rulesOf(rule.pattern).add(rule)
    this.#all.push(rule)
  }

  /** Visits the patterns that match, the most specific first, until a visit is true. */
  walk({ kind }: AskedHost, labels: readonly string[], port: number | undefined, visit: Visit<CompiledRule>): void {
    if (kind !== 'invalid') this.#tries[kind].walk(labels, visit, port)
  }
}

/** The host's labels from the right, of an IPv6 address the one canonical text. */
export function labelsOf({ kind, host }: AskedHost): readonly string[] {
  return kind === 'invalid' ? [] : kind === 'ipv6' ? [canonicalIpv6(host)] : host.split('.').reverse()
}
