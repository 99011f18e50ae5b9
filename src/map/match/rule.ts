import { hostPort } from '../../../lib/address/host-port.js'
import { SplitDnsError } from '../../errors.js'
import type { BoundHost } from '../rule/host-template.js'
import { readCaptures } from '../rule/label-pattern.js'
import type { Pattern } from '../rule/pattern.js'
import { isPort, type PortSum } from '../rule/port-template.js'
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

/** A table that lacks the key that was read. */
export interface MissingKey {
  readonly table: string
  readonly key: string
}

const none: readonly never[] = Object.freeze([])
const noCaptures: Readonly<Record<string, string>> = Object.freeze({})

/** The decision where no rule matches. */
export function unmappedDecision(
  host: string,
  port: number | undefined,
  action: Action,
  settings: RuleSettings,
): Decision {
  const route: Route = Object.freeze({ host, port, action, rule: null, captures: noCaptures, targets: none })
  return Object.freeze({ route, settings, targetTexts: none, targetSetsPort: none, targetIsComputed: none })
}

/**
 * The rule's decision for a host that its pattern matches, or the key that a table lacks for it. Throws SplitDnsError
 * `ERR_SPLIT_DNS_TARGET` for a computed name or port that no connection can use.
 */
export function applyRule(rule: CompiledRule, host: string, port: number | undefined): Decision | MissingKey {
  const { pattern, action, settings } = rule
  const reading = readHostParts(pattern, host)
  const targets: Target[] = []
  for (const entry of rule.targets) {
    const name = renderHost(entry.host, reading)
    if (typeof name !== 'string') return name
    const ownPort = entry.port === 'keep' ? port : renderPort(entry.port, reading.captures, port)
    const target = entry.zone === null ? { host: name, port: ownPort } : { host: name, port: ownPort, zone: entry.zone }
    checkTarget(rule, entry, target, host, port)
    targets.push(Object.freeze(target))
  }
  const route: Route = Object.freeze({
    host,
    port,
    action,
    rule: rule.name,
    captures: namedCaptures(pattern, reading),
    targets: Object.freeze(targets),
  })
  return Object.freeze({
    route,
    settings,
    targetTexts: Object.freeze(rule.targets.map(({ written }) => written)),
    targetSetsPort: Object.freeze(rule.targets.map(setsPort)),
    targetIsComputed: Object.freeze(rule.targets.map(({ host }) => typeof host !== 'string')),
  })
}

/** What a pattern reads in a host. */
interface Reading {
  readonly host: string
  /** What `*` covers. */
  readonly star: string
  readonly captures: readonly string[]
}

/** What the pattern reads in a host that it matches. */
export function readHostParts({ parts, isWildcard }: Pattern, host: string): Reading {
  let captures: readonly string[] = none
  let end = host.length
  for (const part of parts) {
    const start = typeof part === 'string' ? end - part.length : host.lastIndexOf('.', end - 1) + 1
    if (typeof part !== 'string') captures = [...readCaptures(part, host.slice(start, end)), ...captures]
    end = start - 1
  }
  return { host, star: isWildcard ? host.slice(0, end) : '', captures }
}

function namedCaptures({ isWildcard, captures }: Pattern, reading: Reading): Readonly<Record<string, string>> {
  if (!isWildcard && captures.length === 0) return noCaptures
  const named: Record<string, string> = isWildcard ? { '*': reading.star } : {}
  captures.forEach(({ name }, index) => {
    const value = reading.captures[index] ?? ''
    // By assignment it would set the prototype.
    if (name === '__proto__') Object.defineProperty(named, name, { value, enumerable: true })
    else named[name] = value
  })
  return Object.freeze(named)
}

/** The name, not yet checked, or what a table lacks for it. */
function renderHost(parts: BoundHost, { host, star, captures }: Reading): string | MissingKey {
  if (typeof parts === 'string') return parts
  let name = ''
  for (const part of parts) {
    if (typeof part === 'string') {
      name += part
      continue
    }
    const { from, table } = part
    const key = from === 'host' ? host : from === '*' ? star : (captures[from] ?? '')
    const value = table === null ? key : table.values.get(key)
    if (value === undefined) return { table: table?.name ?? '', key }
    name += value
  }
  return name
}

/**
 * The computed port, which may be out of range; NaN if it is too large to be exact; undefined if it needs the advertised
 * port and that is unknown.
 */
function renderPort(
  { sum, terms }: PortSum,
  captures: readonly string[],
  advertised: number | undefined,
): number | undefined {
  let port = sum
  for (const { sign, from } of terms) {
    const term = from === 'port' ? advertised : Number(captures[from])
    if (term === undefined) return undefined
    // Beyond this a sum is not exact.
    if (term > Number.MAX_SAFE_INTEGER) return NaN
    port += sign * term
  }
  return port
}

function checkTarget(
  rule: CompiledRule,
  entry: BoundTarget,
  { host, port }: Target,
  asked: string,
  askedPort: number | undefined,
): void {
  const problem = host === entry.host ? undefined : targetProblem(host)
  if (problem !== undefined) throw targetError(rule, asked, askedPort, `the target '${entry.written}' ${problem}`)
  if (port === undefined || isPort(port)) return
  const what = entry.port === 'keep' ? 'the advertised port' : `the port of the target '${entry.written}'`
  // The sum would show the value of a variable in it.
  const found = entry.written.includes('${') ? 'is out of range' : `is ${port}`
  throw targetError(rule, asked, askedPort, `${what} ${found}, expected 1 to 65535`)
}

/** `ERR_SPLIT_DNS_TARGET`: the rule matches the host, but gives no usable target. */
export function targetError(
  { name }: CompiledRule,
  host: string,
  port: number | undefined,
  reason: string,
): SplitDnsError {
  return new SplitDnsError('ERR_SPLIT_DNS_TARGET', `${hostPort(host, port)}: rule ${describeRule(name)}: ${reason}`)
}

/** `'*.x.example' (map.yaml:4)`. */
export const describeRule = ({ match, place }: RuleName): string => `'${match}' (${place})`
