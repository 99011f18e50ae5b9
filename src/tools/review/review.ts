import { isIP } from 'node:net'
import type { Fault } from '../../errors.js'
import type { Compilation, PlacedRule } from '../../map/compile.js'
import { CompiledTable } from '../../map/match/compiled-table.js'
import { matchesRun } from '../../map/rule/label-pattern.js'
import { commonLabel } from './label-overlap.js'
import { faultAt, type MapNode, type ScalarNode } from '../../map/document/node.js'
import { labelsOf, patternKey, type Pattern } from '../../map/rule/pattern.js'
import { emptiedHint } from '../../map/rule/malformed.js'
import { FaultList } from '../../map/fault-list.js'
import { groupBy } from '../group-by.js'
import { precedenceText } from './precedence.js'
import { readRules, type RuleNode } from '../../map/document/read-document.js'
import { sampleHost, tableReads, type TableRead } from './sample-host.js'
import type { Decision } from '../../map/types.js'

/**
 * Warnings about a map without faults: rules that can never match, tables and profiles without use, ties, and targets that
 * a rule matches itself. Pure.
 */
export function reviewMap(compilation: Compilation, profiles: readonly string[]): readonly Fault[] {
  const ruleNodes = new Map<MapNode, RuleNode>()
  for (const rule of allRuleNodes(compilation)) ruleNodes.set(rule.node, rule)
  const found = [
    ...unusedTables(compilation),
    ...unchosenProfiles(compilation, profiles),
    ...neverMatching(compilation, ruleNodes),
    ...coveredAddresses(compilation),
    ...ties(compilation.rules),
    ...idleSettings(compilation),
    ...emptiedVariables(compilation),
    ...matchedTargets(compilation, ruleNodes),
  ]
  const list = new FaultList()
  for (const fault of found) list.report(() => fault)
  return list.inOrder()
}

const allRuleNodes = ({ documents }: Compilation): readonly RuleNode[] =>
  documents.flatMap(({ rules, profiles }) =>
    [...(rules === undefined ? [] : [rules]), ...profiles.values()].flatMap(list => [...readRules(list, ignored)]),
  )

// Compiling has reported it.
const ignored = () => undefined

function unusedTables(compilation: Compilation): readonly Fault[] {
  const used = new Set(allRuleNodes(compilation).flatMap(rule => tableReads(rule).map(({ table }) => table)))
  return compilation.documents.flatMap(({ tables }) =>
    [...tables].flatMap(([name, { node }]) => {
      const inForce = compilation.tables.get(name)
      if (inForce !== undefined && inForce.node !== node) {
        const { origin } = faultAt(inForce.node, '')
        return [faultAt(node, `table '${node.text}' is overridden by the one in ${origin}`)]
      }
      return used.has(name) ? [] : [faultAt(node, `table '${node.text}' is never used`)]
    }),
  )
}

function unchosenProfiles({ documents }: Compilation, chosen: readonly string[]): readonly Fault[] {
  return documents.flatMap(({ profiles }) =>
    [...profiles]
      .filter(([name]) => !chosen.includes(name))
      .map(([name, profile]) =>
        faultAt(profile.profile ?? profile.node, `profile '${name}' is not chosen here, so its rules are not in force`),
      ),
  )
}

function neverMatching(compilation: Compilation, ruleNodes: ReadonlyMap<MapNode, RuleNode>): readonly Fault[] {
  return compilation.rules.flatMap(({ pattern, rule, node }) => {
    const lacking = tableReads(ruleNodes.get(node)).find(read => !hasKeyFor(read, pattern, compilation))
    if (lacking === undefined) return []
    const what = `no key that {${lacking.capture}} could read`
    return [faultAt(node, `rule '${rule.name.match}' can never match: table '${lacking.table}' has ${what}`)]
  })
}

function coveredAddresses({ rules }: Compilation): readonly Fault[] {
  const addresses = rules.filter(({ pattern }) => pattern.kind === 'ipv4')
  // A whole octet is a number whatever the capture's type says.
  const groups = groupBy(addresses, ({ pattern }) => patternKey(pattern).replace(/\{[^}]*\}/g, '{}'))
  return [...groups.values()].flatMap(same => {
    const [first, ...others] = same.toSorted(byPrecedence)
    const covered = `'${first?.rule.name.match ?? ''}' matches the same addresses and comes first`
    return others.map(({ rule, node }) => faultAt(node, `rule '${rule.name.match}' can never match: ${covered}`))
  })
}

function byPrecedence(a: PlacedRule, b: PlacedRule): number {
  const [one, other] = [precedenceText(a.pattern), precedenceText(b.pattern)]
  return one < other ? -1 : one > other ? 1 : 0
}

function hasKeyFor({ table, capture }: TableRead, { captures }: Pattern, { tables }: Compilation): boolean {
  const type = captures.find(({ name }) => name.toLowerCase() === capture)?.type
  const keys = [...(tables.get(table)?.values.keys() ?? [])]
  if (type === undefined) return keys.length > 0
  return keys.some(key => matchesRun(type, key, 0, key.length))
}

/** How many patterns that could tie are compared each with each; more are no map that a person wrote. */
const mostCompared = 200

function ties(rules: readonly PlacedRule[]): readonly Fault[] {
  const capturing = rules.filter(({ pattern }) => pattern.captures.length > 0)
  const groups = groupBy(capturing, ({ pattern }) => `${precedenceText(pattern)} ${pattern.port ?? ''}`)
  return [...groups.values()].flatMap(group =>
    group.slice(0, mostCompared).flatMap((later, index) => tiesOf(later, group.slice(0, index))),
  )
}

function tiesOf(later: PlacedRule, earlier: readonly PlacedRule[]): readonly Fault[] {
  for (const first of earlier) {
    const host = commonHost(later.pattern, first.pattern)
    if (host === undefined) continue
    const [one, other] = [later.rule.name.match, first.rule.name.match]
    // The host would show the value of a variable.
    const which = `${one}${other}`.includes('${') ? 'the same host' : `'${host}'`
    const both = `'${one}' and '${other}' both match ${which}`
    return [faultAt(later.node, `${both} and neither is more specific: the first in the map wins there`)]
  }
  return []
}

/** A host that both patterns match, which have the same literal labels; undefined where there is none. */
function commonHost(one: Pattern, other: Pattern): string | undefined {
  const labels: string[] = []
  const others = labelsOf(other)
  for (const [index, label] of labelsOf(one).entries()) {
    const common = commonLabel(label, others[index] ?? '')
    if (common === undefined) return undefined
    labels.unshift(common)
  }
  return [...(one.isWildcard ? ['x'] : []), ...labels].join('.')
}

function idleSettings({ rules }: Compilation): readonly Fault[] {
  return rules.flatMap(({ rule: { name, action, settings }, node }) => {
    const { nameservers, allow, fallback } = settings
    if (action === 'map' || (nameservers ?? allow ?? fallback) === null) return []
    const what = `nameservers, allow and fallback do nothing where the target is '${action}'`
    return [faultAt(node, `rule '${name.match}': ${what}`)]
  })
}

function emptiedVariables({ rules }: Compilation): readonly Fault[] {
  return rules.flatMap(({ rule: { name, targets }, node }) => {
    const odd = targets.find(({ host }) => typeof host === 'string' && /-\.|-$/.test(host))
    if (odd === undefined) return []
    const what = `rule '${name.match}': a label of the target '${odd.written}' ends in a hyphen`
    return [faultAt(node, `${what}${emptiedHint}`)]
  })
}

function matchedTargets(compilation: Compilation, ruleNodes: ReadonlyMap<MapNode, RuleNode>): readonly Fault[] {
  const table = new CompiledTable(compilation.table, 'system')
  const decide = (host: string, port: number | undefined): Decision | undefined => {
    try {
      return table.decide(host, port)
    } catch {
      // The rule gives no usable target for this sample.
      return undefined
    }
  }
  return compilation.rules.flatMap(({ pattern, rule, node }) => {
    const ruleNode = ruleNodes.get(node)
    const own = decide(sampleHost(pattern, tableReads(ruleNode), compilation.tables), pattern.port)
    if (own?.route.rule !== rule.name) return []
    return own.route.targets.flatMap(({ host, port }, index) => {
      const again = isIP(host) === 0 ? decide(host, port)?.route : undefined
      if (again?.rule == null || again.action === 'system') return []
      const written = own.targetTexts[index] ?? host
      const at: ScalarNode | undefined = ruleNode?.targets.find(({ target }) => target.text === written)?.target
      const said =
        again.rule === rule.name
          ? `rule '${rule.name.match}' covers its own target '${written}'`
          : `the target '${written}' of rule '${rule.name.match}' is itself matched by rule '${again.rule.match}'`
      const advice =
        'targets are resolved by DNS and never matched again; a rule with "to: system" for it makes that plain'
      return [faultAt(at ?? node, `${said}: ${advice}`)]
    })
  })
}
