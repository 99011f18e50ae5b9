import { SplitDnsError } from '../errors.js'
import { readHostCaptures, type Pattern } from './pattern.js'
import { renderHost, type MissingKey, type Reading } from './host-template.js'
import { isPort } from './port.js'
import { renderPort } from './port-template.js'
import { targetProblem, type BoundTarget } from './target.js'
import type { Action, Decision, Route, RuleName, RuleSettings, Target } from './types.js'

/** A target of a compiled rule, with the key of the zone map that it stands under. */
export interface RuleTargetEntry extends BoundTarget {
  readonly zone: string | null
}

/** One pattern of a rule, ready to decide. */
export interface CompiledRule {
  /** How explanations and routes call it. */
  readonly name: RuleName
  readonly pattern: Pattern
  readonly action: Action
  /** In the order in which they are tried. */
  readonly targets: readonly RuleTargetEntry[]
  readonly settings: RuleSettings
}

/** What a client asked, by its labels. */
export interface Question {
  readonly host: string
  /** From the right; of an IPv6 address the one canonical text. */
  readonly labels: readonly string[]
  readonly port: number | undefined
}

const none: readonly never[] = Object.freeze([])

/** The decision where no rule matches. */
export function unmappedDecision(
  host: string,
  port: number | undefined,
  action: Action,
  settings: RuleSettings,
): Decision {
  const route: Route = Object.freeze({ host, port, action, rule: null, captures: Object.freeze({}), targets: none })
  return Object.freeze({ route, settings, written: none, setsPort: none })
}

/**
 * The rule's decision, or the key that a table lacks for it. Throws SplitDnsError `ERR_SPLIT_DNS_TARGET` for a computed
 * name or port that nothing can be connected at.
 */
export function applyRule(rule: CompiledRule, question: Question): Decision | MissingKey {
  const { pattern, action, name } = rule
  const reading = readQuestion(pattern, question)
  const targets: Target[] = []
  const setsPort: boolean[] = []
  for (const entry of rule.targets) {
    const host = typeof entry.host === 'string' ? entry.host : renderHost(entry.host, reading)
    if (typeof host !== 'string') return host
    const port = renderPort(entry.port, reading.captures, question.port)
    check(rule, entry, question, host, port)
    targets.push(Object.freeze(entry.zone === null ? { host, port } : { host, port, zone: entry.zone }))
    setsPort.push(entry.port !== 'keep')
  }
  const route: Route = Object.freeze({
    host: question.host,
    port: question.port,
    action,
    rule: name,
    captures: namedCaptures(pattern, reading),
    targets: Object.freeze(targets),
  })
  const written = rule.targets.map(entry => entry.written)
  return Object.freeze({
    route,
    settings: rule.settings,
    written: Object.freeze(written),
    setsPort: Object.freeze(setsPort),
  })
}

/** What the pattern reads in a host that it matches. */
function readQuestion(pattern: Pattern, { host, labels }: Question): Reading {
  const captures = readHostCaptures(pattern, labels)
  if (!pattern.isWildcard) return { host, star: '', captures }
  let covered = host.length
  for (let index = 0; index < pattern.labels.length; index++) covered -= (labels[index] ?? '').length + 1
  return { host, star: host.slice(0, covered), captures }
}

function namedCaptures(pattern: Pattern, { star, captures }: Reading): Readonly<Record<string, string>> {
  const named: Record<string, string> = {}
  if (pattern.isWildcard) named['*'] = star
  pattern.captures.forEach(({ name }, index) => {
    // Not by assignment: a capture may be called __proto__.
    Object.defineProperty(named, name, { value: captures[index] ?? '', enumerable: true })
  })
  return Object.freeze(named)
}

function check(
  rule: CompiledRule,
  entry: RuleTargetEntry,
  question: Question,
  host: string,
  port: number | undefined,
): void {
  const problem = typeof entry.host === 'string' ? undefined : targetProblem(host)
  if (problem !== undefined) throw targetError(rule, question, `the target '${entry.written}' ${problem}`)
  if (port === undefined || isPort(port)) return
  const what = entry.port === 'keep' ? 'the advertised port' : `the port of the target '${entry.written}'`
  throw targetError(rule, question, `${what} comes to ${port}, expected 1 to 65535`)
}

/** `ERR_SPLIT_DNS_TARGET`: the rule matches the question, but leads nowhere. */
export function targetError({ name }: CompiledRule, question: Question, reason: string): SplitDnsError {
  return new SplitDnsError(
    'ERR_SPLIT_DNS_TARGET',
    `${describeQuestion(question)}: rule ${describeRule(name)}: ${reason}`,
  )
}

/** `'*.x.example' (rule 3 of map.yaml)`, counted from 1 as people do. */
export function describeRule({ match, index, origin, profile }: RuleName): string {
  return `'${match}' (rule ${index + 1} of ${profile === undefined ? '' : `profile '${profile}' in `}${origin})`
}

const describeQuestion = ({ host, port }: Question) => (port === undefined ? host : `${host}:${port}`)
