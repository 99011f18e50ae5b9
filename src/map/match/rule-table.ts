import { canonicalIpv6, type AskedHost } from '../host-name.js'
import type { Pattern, PatternPart } from '../rule/pattern.js'
import { groupByRank, LabelPatterns, type Labelled } from './label-trie.js'
import type { CompiledRule } from './rule.js'

/** The rules of one name pattern. */
export interface RulesByPort {
  /** The one that names no port. */
  anyPort: CompiledRule | undefined
  byPort: Map<number, CompiledRule> | undefined
}

/** The rule that names just this port; for undefined the one that names none. */
export const ruleFor = ({ anyPort, byPort }: RulesByPort, port: number | undefined): CompiledRule | undefined =>
  port === undefined ? anyPort : byPort?.get(port)

/** The rules that are for the port, the one that names it first. */
export function rulesAt({ anyPort, byPort }: RulesByPort, port: number | undefined): readonly CompiledRule[] {
  const own = port === undefined ? undefined : byPort?.get(port)
  if (own === undefined) return anyPort === undefined ? [] : [anyPort]
  return anyPort === undefined ? [own] : [own, anyPort]
}

/** Those that name a port first. */
export const allRules = ({ anyPort, byPort }: RulesByPort): readonly CompiledRule[] => [
  ...(byPort?.values() ?? []),
  ...(anyPort === undefined ? [] : [anyPort]),
]

/** Called for the rules of a pattern that matches; anything but undefined ends the search. */
export type Visit<Result> = (rules: RulesByPort) => Result | undefined

/** Where the parts of patterns, from the right, lead to so far. */
interface PatternNode {
  /** By the literal labels that come next, all of them as one text. */
  literals: Map<string, PatternNode> | undefined
  /** By the label with captures that comes next. */
  captured: LabelPatterns<PatternNode> | undefined
  /** The rules whose pattern ends here. */
  exact: RulesByPort | undefined
  /** The rules whose pattern goes on with `*`. */
  wildcard: RulesByPort | undefined
}

// Not classes: a map has thousands of both, and a class takes longer to make than its rules to find.
const newNode = (): PatternNode => ({ literals: undefined, captured: undefined, exact: undefined, wildcard: undefined })
const newRules = (): RulesByPort => ({ anyPort: undefined, byPort: undefined })

function nodeBelow(node: PatternNode, part: PatternPart): PatternNode {
  if (typeof part !== 'string') return (node.captured ??= new LabelPatterns()).getOrCreate(part, newNode)
  const literals = (node.literals ??= new Map<string, PatternNode>())
  let below = literals.get(part)
  if (below === undefined) literals.set(part, (below = newNode()))
  return below
}

/**
 * Rules by their patterns: names, IPv4 addresses by their octets, IPv6 addresses as a whole. A search looks up what the
 * host itself ends in, so it costs what the length of the host costs, however many rules there are.
 */
export class RuleTable {
  readonly #roots: Readonly<Record<Pattern['kind'], PatternNode>> = {
    name: newNode(),
    ipv4: newNode(),
    ipv6: newNode(),
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
  rulesOf({ kind, parts, isWildcard }: Pattern): RulesByPort {
    let node = this.#roots[kind]
    for (const part of parts) node = nodeBelow(node, part)
    return isWildcard ? (node.wildcard ??= newRules()) : (node.exact ??= newRules())
  }

  add(rule: CompiledRule): void {
    const rules = this.rulesOf(rule.pattern)
    const { port } = rule.pattern
    if (port === undefined) rules.anyPort = rule
    else (rules.byPort ??= new Map()).set(port, rule)
    this.#all.push(rule)
  }

  /**
   * Visits the patterns that match the host, the most specific first, until a visit returns something, and returns that.
   * Label by label from the right a literal comes before captures, captures by their rank, and `*` last.
   */
  search<Result>({ kind, host }: AskedHost, port: number | undefined, visit: Visit<Result>): Result | undefined {
    if (kind === 'invalid') return undefined
    return searchBelow([this.#roots[kind]], kind === 'ipv6' ? canonicalIpv6(host) : host, port, visit)
  }
}

/**
 * `rest` is what the host has on the left of the nodes' parts. The nodes are below label patterns of equal rank: they are
 * searched side by side, as a label further left may still rank one before the other.
 */
function searchBelow<Result>(
  nodes: readonly PatternNode[],
  rest: string,
  port: number | undefined,
  visit: Visit<Result>,
): Result | undefined {
  // A literal for all labels of the rest comes first, then one for fewer of them, then none.
  let from = 0
  do {
    const below: PatternNode[] = []
    for (const node of nodes) {
      const next = node.literals?.get(rest.slice(from))
      if (next !== undefined) below.push(next)
    }
    const found = below.length === 0 ? undefined : searchLabel(below, rest.slice(0, Math.max(0, from - 1)), port, visit)
    if (found !== undefined) return found
    from = rest.indexOf('.', from) + 1
  } while (from > 0)
  return searchLabel(nodes, rest, port, visit)
}

/** Captures for the last label of the rest, and `*` for all of it. */
function searchLabel<Result>(
  nodes: readonly PatternNode[],
  rest: string,
  port: number | undefined,
  visit: Visit<Result>,
): Result | undefined {
  if (rest === '') return visitInOrder(nodes, false, port, visit)
  const dot = rest.lastIndexOf('.')
  const captured: Labelled<PatternNode>[] = []
  for (const node of nodes) node.captured?.find(rest.slice(dot + 1), captured)
  for (const group of captured.length === 0 ? [] : groupByRank(captured)) {
    const found = searchBelow(group, rest.slice(0, Math.max(0, dot)), port, visit)
    if (found !== undefined) return found
  }
  return visitInOrder(nodes, true, port, visit)
}

/** The rules whose pattern ends at the nodes, or goes on with `*`: the first of them in the map comes first. */
function visitInOrder<Result>(
  nodes: readonly PatternNode[],
  isWildcard: boolean,
  port: number | undefined,
  visit: Visit<Result>,
): Result | undefined {
  const found: RulesByPort[] = []
  for (const { exact, wildcard } of nodes) {
    const rules = isWildcard ? wildcard : exact
    if (rules !== undefined) found.push(rules)
  }
  if (found.length > 1) found.sort((a, b) => firstOrder(a, port) - firstOrder(b, port))
  for (const rules of found) {
    const result = visit(rules)
    if (result !== undefined) return result
  }
  return undefined
}

const firstOrder = (rules: RulesByPort, port: number | undefined) =>
  Math.min(...rulesAt(rules, port).map(({ order }) => order), Number.MAX_SAFE_INTEGER)
