import { SplitDnsError } from '../../errors.js'
import type { CaptureShape, KnownParts } from '../rule/known-parts.js'
import { readHostCaptures, type Pattern } from '../rule/pattern.js'
import { isConstant, renderHost, type Lookup, type MissingKey, type Reading } from '../rule/host-template.js'
import { isPort } from '../rule/port.js'
import { renderPort } from '../rule/port-template.js'
import { targetProblem, type BoundTarget } from '../rule/target.js'
import type { Action, Decision, Route, RuleName, RuleSettings, Target } from '../types.js'

/** A target of a compiled rule, with the key of the zone map that it stands under. */
export interface RuleTargetEntry extends BoundTarget {
  readonly zone: string | null
}

/** What rules by the thousand have in common. */
export interface RuleTraits {
  readonly port: number | undefined
  /** How many labels `*` does not cover; -1 where there is no `*`. */
  readonly uncovered: number
  readonly shape: CaptureShape
  readonly action: Action
  readonly targetSetsPort: Decision['targetSetsPort']
  readonly targetIsComputed: Decision['targetIsComputed']
  readonly settings: RuleSettings
  /** Of all targets of the map. */
  readonly lookups: readonly Lookup[]
}

/** One pattern of a rule, ready to decide. */
export interface CompiledRule {
  /** How explanations and routes call it. */
  readonly name: RuleName
  /** Where it stands among all rules in force. */
  readonly order: number
  readonly traits: RuleTraits
  /** What is tried first; undefined where the action is not `map`. */
  readonly target: RuleTargetEntry | undefined
  /** The others, in the order in which they are tried. */
  readonly otherTargets: readonly RuleTargetEntry[]
  readonly targetTexts: Decision['targetTexts']
}

const none: readonly never[] = Object.freeze([])

/** The rule for one of its patterns. */
export function compiledRule(
  rule: Pick<CompiledRule, 'name' | 'order'> & Pick<RuleTraits, 'action' | 'settings'>,
  { port, isWildcard, labels, shape }: Pattern,
  targets: readonly RuleTargetEntry[],
  known: KnownParts,
): CompiledRule {
  const { name, order, action, settings } = rule
  const targetSetsPort = Object.freeze(targets.map(target => target.port !== 'keep'))
  const targetIsComputed = Object.freeze(targets.map(target => !isConstant(target.host)))
  const uncovered = isWildcard ? labels.length : -1
  const traits = known.traits({
    port,
    uncovered,
    shape,
    action,
    targetSetsPort,
    targetIsComputed,
    settings,
    lookups: known.lookups.list,
  })
  const [target, ...others] = targets
  const targetTexts = targets.length === 0 ? none : Object.freeze(targets.map(entry => entry.written))
  return { name, order, traits, target, otherTargets: others.length === 0 ? none : others, targetTexts }
}

/** What a client asked, by its labels. */
export interface Question {
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
 * name or port that nothing can be connected at.
 */
export function applyRule(rule: CompiledRule, question: Question): Decision | MissingKey {
  const { name, traits, targetTexts } = rule
  const { action, settings, targetSetsPort, targetIsComputed } = traits
  const reading = readQuestion(traits, question)
  const targets: Target[] = []
  for (let index = -1; index < rule.otherTargets.length; index++) {
    const entry = index < 0 ? rule.target : rule.otherTargets[index]
    if (entry === undefined) continue
    const host = renderHost(entry.host, traits.lookups, reading)
    if (typeof host !== 'string') return host
    const port = renderPort(entry.port, reading.captures, question.port)
    check(rule, entry, question, host, port)
    targets.push(Object.freeze(entry.zone === null ? { host, port } : { host, port, zone: entry.zone }))
  }
  const route: Route = Object.freeze({
    host: question.host,
    port: question.port,
    action,
    rule: name,
    captures: namedCaptures(traits, reading),
    targets: Object.freeze(targets),
  })
  return Object.freeze({ route, settings, targetTexts, targetSetsPort, targetIsComputed })
}

/** What the pattern reads in a host that it matches. */
function readQuestion({ uncovered, shape }: RuleTraits, { host, labels }: Question): Reading {
  const captures = readHostCaptures(shape, labels)
  if (uncovered < 0) return { host, star: '', captures }
  let covered = host.length
  for (let index = 0; index < uncovered; index++) covered -= (labels[index] ?? '').length + 1
  return { host, star: host.slice(0, covered), captures }
}

function namedCaptures({ uncovered, shape }: RuleTraits, reading: Reading): Readonly<Record<string, string>> {
  const named: Record<string, string> = uncovered < 0 ? {} : { '*': reading.star }
  shape.captures.forEach(({ name }, index) => {
    const value = reading.captures[index] ?? ''
    // By assignment it would set the prototype.
    if (name === '__proto__') Object.defineProperty(named, name, { value, enumerable: true })
    else named[name] = value
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
  const problem = host === entry.host ? undefined : targetProblem(host)
  if (problem !== undefined) throw targetError(rule, question, `the target '${entry.written}' ${problem}`)
  if (port === undefined || isPort(port)) return
  const what = entry.port === 'keep' ? 'the advertised port' : `the port of the target '${entry.written}'`
  // A sum would tell the value of a variable that is part of it.
  const found = entry.written.includes('${') ? 'is out of range' : `comes to ${port}`
  throw targetError(rule, question, `${what} ${found}, expected 1 to 65535`)
}

/** `ERR_SPLIT_DNS_TARGET`: the rule matches the question, but leads nowhere. */
export function targetError({ name }: CompiledRule, question: Question, reason: string): SplitDnsError {
  return new SplitDnsError(
    'ERR_SPLIT_DNS_TARGET',
    `${describeQuestion(question)}: rule ${describeRule(name)}: ${reason}`,
  )
}

/** `'*.x.example' (map.yaml:4)`. */
export const describeRule = ({ match, place }: RuleName): string => `'${match}' (${place})`

const describeQuestion = ({ host, port }: Question) => (port === undefined ? host : `${host}:${port}`)
