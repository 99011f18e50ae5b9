import { isIP } from 'node:net'
import type { Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import { hostParts } from '../../../map/rule/host-template.js'
import { patternKey } from '../../../map/rule/pattern.js'
import { faultAt } from '../../../map/document/node.js'
import { comparePatterns } from '../../../map/match/precedence.js'
import type { RuleTargetEntry } from '../../../map/match/rule.js'
import type { RuleName } from '../../../map/types.js'
import { bindKeys, type TargetTemplate } from './bind-keys.js'
import { covers, hostPattern, type HostPattern } from './host-pattern.js'
import { casesFor, Inexpressible, type Case, type Reply } from './target-name.js'

/** What hosts of a pattern are answered, and by which rule. */
export interface Answer extends Case {
  readonly rule: RuleName
}

/**
 * The map as a DNS server can know it, which sees a name and no port: the first answer whose pattern a name matches is
 * its answer; names that none matches are none of the map's business.
 */
export interface DnsView {
  readonly answers: readonly Answer[]
  /** What plain DNS can't express, each with its rule and place. Names of a rule that is left out are passed on. */
  readonly leftOut: readonly Fault[]
}

/** How targets become addresses. */
export interface ViewOptions {
  /** True where the library resolves them, with the rule's own settings, and addresses alone are written. */
  readonly isResolvedNow?: boolean
}

/** The rules in force as a DNS server can know them. They must be without faults. Pure. */
export function dnsView(rules: readonly PlacedRule[], options: ViewOptions = {}): DnsView {
  const leftOut: Fault[] = []
  const answers: Answer[] = []
  const later: { pattern: HostPattern; rule: RuleName; why: string }[] = []
  for (const [placed, ...others] of groupByName(rules, leftOut)) {
    const { pattern, rule } = placed
    const host = hostPattern(pattern)
    for (const other of others) leftOut.push(leaveOut(other, 'DNS knows no port'))
    for (const { pattern, reply } of casesOf(placed, host, leftOut, options))
      answers.push({ pattern, reply, rule: rule.name })
    if (mayGiveWay(placed)) later.push({ pattern: host, rule: rule.name, why: 'a table lacks the key' })
  }
  // A name for which a table lacks the key falls to the next rule, and where there is none it has no target.
  for (const { pattern, rule, why } of later) {
    if (!answers.some(answer => covers(answer.pattern, pattern)))
      answers.push({ pattern, reply: { kind: 'none', why }, rule })
  }
  return { answers, leftOut }
}

/** Rules of one name pattern together, by precedence: first the one that names no port, or the first of those that do. */
function groupByName(rules: readonly PlacedRule[], leftOut: Fault[]): readonly [PlacedRule, ...PlacedRule[]][] {
  const groups = new Map<string, [PlacedRule, ...PlacedRule[]]>()
  for (const placed of rules) {
    const { pattern } = placed
    if (pattern.kind !== 'name') {
      leftOut.push(leaveOut(placed, 'an address is dialled without asking DNS'))
      continue
    }
    const name = patternKey({ ...pattern, port: undefined })
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [placed])
    else if (pattern.port === undefined) group.unshift(placed)
    else group.push(placed)
  }
  return [...groups.values()].sort(
    ([one], [other]) => comparePatterns(one.pattern, other.pattern) || one.rule.order - other.rule.order,
  )
}

const pass: Reply = { kind: 'pass' }
const refused: Reply = { kind: 'none', why: 'the map refuses it' }

function casesOf(placed: PlacedRule, pattern: HostPattern, leftOut: Fault[], options: ViewOptions): readonly Case[] {
  const { action } = placed.rule.shared
  try {
    if (placed.pattern.port !== undefined) throw new Inexpressible('DNS knows no port')
    if (action !== 'map') return [{ pattern, reply: action === 'system' ? pass : refused }]
    return mapCases(placed, pattern, leftOut, options)
  } catch (error) {
    if (!(error instanceof Inexpressible)) throw error
    leftOut.push(leaveOut(placed, error.message))
    return [{ pattern, reply: pass }]
  }
}

function mapCases(placed: PlacedRule, pattern: HostPattern, leftOut: Fault[], options: ViewOptions): readonly Case[] {
  const { shared, targets: entries } = placed.rule
  if (shared.targetSetsPort.includes(true))
    throw new Inexpressible('its target sets a port, which DNS cannot tell a client')
  const [first = [], ...others] = entries.map(({ host }): TargetTemplate => hostParts(host))
  const cases = bindKeys(pattern, first, others).map(({ pattern, target }) => casesFor(pattern, target))
  const addresses = constantAddresses(entries)
  for (const reason of [...ruleSettingsLost(placed, options), ...(addresses ? [] : targetsLost(entries))])
    leftOut.push(leaveOut(placed, reason))
  return addresses === undefined ? cases.flat() : [{ pattern, reply: { kind: 'addresses', addresses } }]
}

/** All targets where each is an address, which one answer can hold. */
function constantAddresses(entries: readonly RuleTargetEntry[]): readonly string[] | undefined {
  const hosts = entries.map(({ host }) => (typeof host === 'string' ? host : ''))
  return hosts.every(host => isIP(host) !== 0 && !host.includes('%')) ? [...new Set(hosts)] : undefined
}

function targetsLost([first, ...others]: readonly RuleTargetEntry[]): readonly string[] {
  if (others.length === 0) return []
  const zone = first?.zone === null ? '' : ` (zone ${first?.zone ?? ''})`
  return [`DNS knows no order of targets: only the first, '${first?.written ?? ''}'${zone}, is written`]
}

/** What no DNS server knows of the rule's own settings. */
export function ruleSettingsLost({ rule }: PlacedRule, { isResolvedNow = false }: ViewOptions = {}): readonly string[] {
  const { allow, nameservers, fallback } = rule.shared.settings
  return [
    ...(allow === null || isResolvedNow ? [] : [`addresses outside of its 'allow' (${allow.text}) are not refused`]),
    ...(nameservers === null || isResolvedNow
      ? []
      : [`its own 'nameservers' (${nameservers.map(({ label }) => label).join(', ')}) are not asked`]),
    ...(fallback === 'original' ? [`its 'fallback' to the broker's own name is not made`] : []),
  ]
}

const mayGiveWay = ({ rule, pattern }: PlacedRule): boolean =>
  pattern.port === undefined &&
  rule.targets.some(({ host }) => hostParts(host).some(part => part.kind === 'read' && part.table !== null))

/** What is lost of the rule. */
export function leaveOut({ rule, node }: Pick<PlacedRule, 'rule' | 'node'>, reason: string): Fault {
  return faultAt(node, `rule '${rule.name.match}': ${reason}`)
}
