import { SplitDnsError, type Fault } from '../../errors.js'
import { readHost, type AskedHost } from '../host-name.js'
import { applyRule, describeRule, targetError, unmappedDecision, type CompiledRule, type MissingKey } from './rule.js'
import { labelsOf } from '../rule/pattern.js'
import { allRules, rulesAt, type RuleTable } from './rule-table.js'
import { setsPort } from '../rule/target.js'
import { noSettings } from '../rule/rule-settings.js'
import type { CompiledMap, Decision, RuleName, RuleSummary, Unmapped } from '../types.js'

/** A rule whose name pattern matches a host, and its outcome. */
export interface Candidate {
  readonly rule: RuleName
  /** `later`: a more specific rule decided. `port`: it is for another port. `failed`: it decided, without a usable target. */
  readonly outcome: 'chosen' | 'failed' | 'gave way' | 'later' | 'port'
  /** In words, for `explain`. */
  readonly reason: string
}

interface GaveWay {
  readonly rule: CompiledRule
  readonly missing: MissingKey
}

// Hosts with ever new keys would otherwise give warnings without end.
const maxWarnings = 1000

/** The rules in force. Immutable but for the memory of warnings. */
export class CompiledTable implements CompiledMap {
  readonly ruleCount: number
  readonly whyNoRules: string | undefined
  readonly profiles: readonly string[]
  readonly #unmapped: Unmapped
  readonly #warn: ((fault: Fault) => void) | undefined
  readonly #warned = new Set<string>()
  readonly #rules: RuleTable

  /** `warn` is called once for each key that a table lacks. Nothing may be added to the rules afterwards. */
  constructor(
    rules: RuleTable,
    unmapped: Unmapped,
    warn?: (fault: Fault) => void,
    { whyNoRules, profiles = [] }: Pick<CompiledMap, 'whyNoRules' | 'profiles'> = {},
  ) {
    this.whyNoRules = whyNoRules
    this.profiles = profiles
    this.ruleCount = rules.size
    this.#rules = rules
    this.#unmapped = unmapped
    this.#warn = warn
  }

  decide(asked: string, port?: number): Decision {
    const host = readHost(asked)
    const gaveWay: GaveWay[] = []
    const decision = this.#rules.search(host, port, rules => {
      for (const rule of rulesAt(rules, port)) {
        const outcome = applyRule(rule, host.host, port)
        if (!('key' in outcome)) return outcome
        gaveWay.push({ rule, missing: outcome })
        this.#warnMissing(rule, outcome)
      }
      return undefined
    })
    if (decision !== undefined) return decision
    if (gaveWay.length > 0) throw allGaveWay(host.host, port, gaveWay)
    return unmappedDecision(host.host, port, this.#unmapped, noSettings)
  }

  portsOf(host: string): readonly number[] {
    const ports = new Set<number>()
    this.#rules.search(readHost(host), undefined, rules => {
      for (const { pattern } of allRules(rules)) if (pattern.port !== undefined) ports.add(pattern.port)
    })
    return [...ports]
  }

  rules(): readonly RuleSummary[] {
    return this.#rules.all().map(({ name, pattern: { port }, action, targets }) => {
      return { name, action, port, setsPort: targets.some(setsPort) }
    })
  }

  /** Every rule whose name pattern matches the host, in the order of the map, and why each was chosen or not. */
  candidates(asked: string, port?: number): readonly Candidate[] {
    const host = readHost(asked)
    const found: Candidate[] = []
    let isDecided = false
    this.#rules.search(host, port, rules => {
      const fitting = rulesAt(rules, port)
      for (const rule of allRules(rules)) {
        const { outcome, reason } = fitting.includes(rule)
          ? outcomeOf(rule, host.host, port, isDecided)
          : otherPort(rule, port)
        isDecided ||= outcome === 'chosen' || outcome === 'failed'
        found.push({ rule: rule.name, outcome, reason })
      }
    })
    return found
  }

  nearMatch(host: string, port?: number): string | undefined {
    const otherPort = this.candidates(host, port).find(({ outcome }) => outcome === 'port')
    if (otherPort !== undefined) return `${describeRule(otherPort.rule)}: ${otherPort.reason}`
    const below = this.#wildcardBelow(readHost(host))
    return below && `${describeRule(below.name)}: '*' does not cover ${host} itself`
  }

  /** The rule whose `*` begins right below the name. */
  #wildcardBelow({ kind, host }: AskedHost): CompiledRule | undefined {
    if (kind !== 'name') return undefined
    const count = host.split('.').length
    return this.#rules.search({ kind, host: `*.${host}` }, undefined, rules =>
      allRules(rules).find(({ pattern }) => pattern.isWildcard && labelsOf(pattern).length === count),
    )
  }

  #warnMissing(rule: CompiledRule, missing: MissingKey): void {
    if (this.#warn === undefined || this.#warned.size >= maxWarnings) return
    const message = `rule ${describeRule(rule.name)} gives way: ${describeMissing(missing)}`
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.#warn({ message, origin: rule.name.origin })
  }
}

function outcomeOf(
  rule: CompiledRule,
  host: string,
  port: number | undefined,
  isDecided: boolean,
): Pick<Candidate, 'outcome' | 'reason'> {
  try {
    const outcome = applyRule(rule, host, port)
    if ('key' in outcome) return { outcome: 'gave way', reason: describeMissing(outcome) }
  } catch (error) {
    if (!(error instanceof SplitDnsError)) throw error
    if (!isDecided) return { outcome: 'failed', reason: error.message }
  }
  if (isDecided) return { outcome: 'later', reason: 'a more specific rule decided' }
  return { outcome: 'chosen', reason: 'the most specific rule that matches' }
}

function otherPort(rule: CompiledRule, port: number | undefined): Pick<Candidate, 'outcome' | 'reason'> {
  const asked = port === undefined ? 'no port was asked for' : `the port asked for is ${port}`
  return { outcome: 'port', reason: `the rule is for port ${rule.pattern.port ?? 'any'}, ${asked}` }
}

function allGaveWay(host: string, port: number | undefined, gaveWay: readonly GaveWay[]): SplitDnsError {
  const [first, ...others] = gaveWay
  if (first === undefined) throw new TypeError('no rule gave way')
  const also = others
    .map(({ rule, missing }) => `; rule ${describeRule(rule.name)}: ${describeMissing(missing)}`)
    .join('')
  return targetError(first.rule, host, port, `${describeMissing(first.missing)}${also}; no other rule matches`)
}

const describeMissing = ({ table, key }: MissingKey) => `table '${table}' has no key '${key}'`
