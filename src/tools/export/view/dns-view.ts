import { isIP } from 'node:net'
import type { Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import { hostParts } from '../../../map/rule/host-template.js'
import { patternKey } from '../../../map/rule/pattern.js'
import { setsPort, type BoundTarget } from '../../../map/rule/target.js'
import { faultAt } from '../../../map/document/node.js'
import { precedenceText } from '../../review/precedence.js'
import type { RuleName } from '../../../map/types.js'
import { bindKeys, type TargetTemplate } from './bind-keys.js'
import { Coverage, compareText, hostPattern, type HostPattern } from './host-pattern.js'
import { casesFor, Inexpressible, type Case, type Reply } from './target-name.js'

/** The reply for the hosts of a pattern, and its rule. */
export interface Answer extends Case {
  readonly rule: RuleName
}

/**
 * The map as a DNS server can serve it, which sees a name and no port: the first answer whose pattern matches a name
 * decides. Names that no pattern matches are not the map's.
 */
export interface DnsView {
  readonly answers: readonly Answer[]
  /** What plain DNS can't express, each with its rule and place. The names of an omitted rule are passed on. */
  readonly omissions: readonly Fault[]
}

/** How targets become addresses. */
export interface ViewOptions {
  /** True where the library resolves targets, by the rule's own settings, and only addresses are written. */
  readonly isResolvedNow?: boolean
}

/** The rules in force, as a DNS server can serve them. They must have no faults. Pure. */
export function dnsView(rules: readonly PlacedRule[], options: ViewOptions = {}): DnsView {
  const omissions: Fault[] = []
  const answers: Answer[] = []
  const coverage = new Coverage()
  const later: { pattern: HostPattern; rule: RuleName }[] = []
  for (const [placed, ...others] of groupByName(rules, omissions)) {
    const { pattern, rule } = placed
    const host = hostPattern(pattern)
    for (const other of others) omissions.push(omissionAt(other, 'DNS has no ports'))
    for (const { pattern, reply } of casesOf(placed, host, omissions, options)) {
      coverage.add(pattern)
      answers.push({ pattern, reply, rule: rule.name })
    }
    if (mayGiveWay(placed)) later.push({ pattern: host, rule: rule.name })
  }
  // A name whose key is missing from a table falls to the next rule; where there is none, it has no target.
  for (const { pattern, rule } of later) {
    if (coverage.covers(pattern)) continue
    coverage.add(pattern)
    answers.push({ pattern, reply: { kind: 'none', why: 'a table lacks the key' }, rule })
  }
  return { answers, omissions }
}

/** The rules, grouped by name pattern, by precedence; in a group first the rule without a port, then those with one. */
function groupByName(rules: readonly PlacedRule[], omissions: Fault[]): readonly [PlacedRule, ...PlacedRule[]][] {
  const groups = new Map<string, [PlacedRule, ...PlacedRule[]]>()
  for (const placed of rules) {
    const { pattern } = placed
    if (pattern.kind !== 'name') {
      omissions.push(omissionAt(placed, 'a client connects to an address without asking DNS'))
      continue
    }
    const name = patternKey({ ...pattern, port: undefined })
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [placed])
    else if (pattern.port === undefined) group.unshift(placed)
    else group.push(placed)
  }
  return [...groups.values()]
    .map(group => ({ group, text: precedenceText(group[0].pattern) }))
    .sort((one, other) => compareText(one.text, other.text) || one.group[0].rule.order - other.group[0].rule.order)
    .map(({ group }) => group)
}

const pass: Reply = { kind: 'pass' }
const refused: Reply = { kind: 'none', why: 'the map refuses it' }

function casesOf(placed: PlacedRule, pattern: HostPattern, omissions: Fault[], options: ViewOptions): readonly Case[] {
  const { action } = placed.rule
  try {
    if (placed.pattern.port !== undefined) throw new Inexpressible('DNS has no ports')
    if (action !== 'map') return [{ pattern, reply: action === 'system' ? pass : refused }]
    return mapCases(placed, pattern, omissions, options)
  } catch (error) {
    if (!(error instanceof Inexpressible)) throw error
    omissions.push(omissionAt(placed, error.message))
    return [{ pattern, reply: pass }]
  }
}

function mapCases(placed: PlacedRule, pattern: HostPattern, omissions: Fault[], options: ViewOptions): readonly Case[] {
  const { targets: entries } = placed.rule
  if (entries.some(setsPort)) throw new Inexpressible('its target sets a port, and DNS has no ports')
  const [first = [], ...others] = entries.map(({ host }): TargetTemplate => hostParts(host))
  const cases = bindKeys(pattern, first, others).map(({ pattern, target }) => casesFor(pattern, target))
  const addresses = constantAddresses(entries)
  for (const reason of [...unsupportedRuleSettings(placed, options), ...(addresses ? [] : unusedTargets(entries))])
    omissions.push(omissionAt(placed, reason))
  return addresses === undefined ? cases.flat() : [{ pattern, reply: { kind: 'addresses', addresses } }]
}

/** All targets if each is an address, since one answer can hold several; else undefined. */
function constantAddresses(entries: readonly BoundTarget[]): readonly string[] | undefined {
  const hosts = entries.map(({ host }) => (typeof host === 'string' ? host : ''))
  return hosts.every(host => isIP(host) !== 0 && !host.includes('%')) ? [...new Set(hosts)] : undefined
}

function unusedTargets([first, ...others]: readonly BoundTarget[]): readonly string[] {
  if (others.length === 0) return []
  const zone = first?.zone === null ? '' : ` (zone ${first?.zone ?? ''})`
  return [`DNS has no order of targets: only the first, '${first?.written ?? ''}'${zone}, is written`]
}

/** The rule's own settings that no DNS server has. */
export function unsupportedRuleSettings(
  { rule }: PlacedRule,
  { isResolvedNow = false }: ViewOptions = {},
): readonly string[] {
  const { allow, nameservers, fallback } = rule.settings
  return [
    ...(allow === null || isResolvedNow ? [] : [`addresses outside of its 'allow' (${allow.text}) are not refused`]),
    ...(nameservers === null || isResolvedNow
      ? []
      : [`its own 'nameservers' (${nameservers.map(({ label }) => label).join(', ')}) are not asked`]),
    ...(fallback === 'original' ? [`there is no 'fallback' to the broker's own name`] : []),
  ]
}

const mayGiveWay = ({ rule, pattern }: PlacedRule): boolean =>
  pattern.port === undefined &&
  rule.targets.some(({ host }) => hostParts(host).some(part => typeof part !== 'string' && part.table !== null))

/** The fault for a part of the rule that can't be expressed. */
export function omissionAt({ rule, node }: Pick<PlacedRule, 'rule' | 'node'>, reason: string): Fault {
  return faultAt(node, `rule '${rule.name.match}': ${reason}`)
}
