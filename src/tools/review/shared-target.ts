import type { PlacedRule } from '../../map/compile.js'
import type { MapNode } from '../../map/document/node.js'
import type { BoundTarget } from '../../map/rule/target.js'

export interface SharedTarget {
  readonly placed: PlacedRule
  /** What to know of it, without a full stop. */
  readonly message: string
}

/**
 * The rules that route several names to the same targets. That is no fault: over TLS an endpoint that reads the server
 * name needs such a rule, and a map can't know whether its clients use TLS. Pure.
 */
export function findSharedTargets(rules: readonly PlacedRule[]): readonly SharedTarget[] {
  const patterns = new Map<MapNode, number>()
  for (const { node } of rules) patterns.set(node, (patterns.get(node) ?? 0) + 1)
  return rules
    .filter(({ rule, pattern, node }) => {
      const isSeveral = matchesSeveral(pattern) || (patterns.get(node) ?? 0) > 1
      return isSeveral && rule.action === 'map' && rule.targets.every(isConstant)
    })
    .map(placed => ({ placed, message: describe(placed) }))
}

const matchesSeveral = ({ isWildcard, captures }: PlacedRule['pattern']) => isWildcard || captures.length > 0

const isConstant = ({ host, port }: BoundTarget) =>
  typeof host === 'string' && (port === 'keep' || port.terms.length === 0)

function describe({ pattern, rule: { name, targets } }: PlacedRule): string {
  const names = matchesSeveral(pattern)
    ? `every name of '${name.match}' is`
    : `'${name.match}' and the other names of its rule are`
  const keepsPort = pattern.port === undefined && targets.some(({ port }) => port === 'keep')
  const orByPort = keepsPort ? ', or if each broker advertises a port of its own' : ''
  const where = targets.map(({ written }) => `'${written}'`).join(', ')
  const bySni = 'right over TLS, if the endpoint tells brokers apart by server name (SNI)'
  return `${names} routed to ${where}: ${bySni}${orByPort}; otherwise give each broker an address or a port`
}
