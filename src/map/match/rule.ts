import { hostPort } from '../../../lib/address/host-port.js'
import { SplitDnsError } from '../../errors.js'
import { renderHost, type MissingKey, type Reading } from '../rule/host-template.js'
import { readHostCaptures, type Pattern } from '../rule/pattern.js'
import { isPort, renderPort } from '../rule/port-template.js'
import { setsPort, targetProblem, type BoundTarget } from '../rule/target.js'
import type { Action, Decision, Route, RuleName, RuleSettings, Target } from '../types.js'

/** One pattern of a rule, ready to decide. */
export interface CompiledRule {
  /** Its name in explanations and routes. */
  readonly name: RuleName
  readonly pattern: Pattern
  /** Its place among all rules in force. */
  readonly order: number
  readonly action: Action
  readonly settings: RuleSettings
  /** In the order in which they are tried; none where the action is not `map`. */
  readonly targets: readonly BoundTarget[]
}

const none: readonly never[] = Object.freeze([])

/** The host and port that a client asks for. */
export interface HostQuery {
  readonly host: string
  /** From the right; of an IPv6 address the one canonical text. */
  readonly labels: readonly string[]
  readonly port: number | undefined
}

/** The decision where no rule matches. */
export function unmappedDecision(
  host: string,
  port: number | undefined,
  action: Action,
  settings: RuleSettings,
): Decision {
  const route: Route = Object.freeze({ host, port, action, rule: null, captures: Object.freeze({}), targets: none })
  return Object.freeze({ route, settings, targetTexts: none, targetSetsPort: none, targetIsComputed: none })
}

/**
 * The rule's decision, or the key that a table lacks for it. Throws SplitDnsError `ERR_SPLIT_DNS_TARGET` for a computed
 * name or port that no connection can use.
 */
export function applyRule(rule: CompiledRule, query: HostQuery): Decision | MissingKey {
  const { name, pattern, action, settings } = rule
  const reading = readHostParts(pattern, query)
  const targets: Target[] = []
  for (const entry of rule.targets) {
    const host = renderHost(entry.host, reading)
    if (typeof host !== 'string') return host
    const port = renderPort(entry.port, reading.captures, query.port)
    checkTarget(rule, entry, query, host, port)
    targets.push(Object.freeze(entry.zone === null ? { host, port } : { host, port, zone: entry.zone }))
  }
  const route: Route = Object.freeze({
    host: query.host,
    port: query.port,
    action,
    rule: name,
    captures: namedCaptures(pattern, reading),
    targets: targets.length === 0 ? none : Object.freeze(targets),
  })
  return Object.freeze({
    route,
    settings,
    targetTexts: Object.freeze(rule.targets.map(({ written }) => written)),
    targetSetsPort: Object.freeze(rule.targets.map(setsPort)),
    targetIsComputed: Object.freeze(rule.targets.map(({ host }) => typeof host !== 'string')),
  })
}

/** What the pattern reads in a host that it matches. */
function readHostParts(pattern: Pattern, { host, labels }: HostQuery): Reading {
  const { isWildcard, labels: uncovered } = pattern
  const captures = readHostCaptures(pattern, labels)
  if (!isWildcard) return { host, star: '', captures }
  let covered = host.length
  for (let index = 0; index < uncovered.length; index++) covered -= (labels[index] ?? '').length + 1
  return { host, star: host.slice(0, covered), captures }
}

function namedCaptures({ isWildcard, captures }: Pattern, reading: Reading): Readonly<Record<string, string>> {
  const named: Record<string, string> = isWildcard ? { '*': reading.star } : {}
  captures.forEach(({ name }, index) => {
    const value = reading.captures[index] ?? ''
    // By assignment it would set the prototype.
    if (name === '__proto__') Object.defineProperty(named, name, { value, enumerable: true })
    else named[name] = value
  })
  return Object.freeze(named)
}

function checkTarget(
  rule: CompiledRule,
  entry: BoundTarget,
  query: HostQuery,
  host: string,
  port: number | undefined,
): void {
  const problem = host === entry.host ? undefined : targetProblem(host)
  if (problem !== undefined) throw targetError(rule, query, `the target '${entry.written}' ${problem}`)
  if (port === undefined || isPort(port)) return
  const what = entry.port === 'keep' ? 'the advertised port' : `the port of the target '${entry.written}'`
  // The sum would show the value of a variable in it.
  const found = entry.written.includes('${') ? 'is out of range' : `is ${port}`
  throw targetError(rule, query, `${what} ${found}, expected 1 to 65535`)
}

/** `ERR_SPLIT_DNS_TARGET`: the rule matches the host, but gives no usable target. */
export function targetError({ name }: CompiledRule, { host, port }: HostQuery, reason: string): SplitDnsError {
  return new SplitDnsError('ERR_SPLIT_DNS_TARGET', `${hostPort(host, port)}: rule ${describeRule(name)}: ${reason}`)
}

/** `'*.x.example' (map.yaml:4)`. */
export const describeRule = ({ match, place }: RuleName): string => `'${match}' (${place})`
