import { SplitDnsError, type Fault } from '../../errors.js'
import { readHost, type AskedHost } from '../host-name.js'
import type { MissingKey } from '../rule/host-template.js'
import { applyRule, describeRule, targetError, unmappedDecision, type CompiledRule, type HostQuery } from './rule.js'
import { labelsOf, type RuleTable } from './rule-table.js'
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

  decide(host: string, port?: number): Decision {
    const asked = readHost(host)
    const query = queryOf(asked, port)
    let decision: Decision | undefined
    const gaveWay: { rule: CompiledRule; missing: MissingKey }[] = []
    this.#rules.walk(asked, query.labels, port, rules => {
      for (const rule of rules.at(port)) {
        const outcome = applyRule(rule, query)
        if (!('key' in outcome)) {
          decision = outcome
          return true
        }
        gaveWay.push({ rule, missing: outcome })
        this.#warnMissing(rule, outcome)
      }
      return false
    })
    if (decision !== undefined) return decision
    if (gaveWay.length > 0) throw allGaveWay(query, gaveWay)
    return unmappedDecision(asked.host, port, this.#unmapped, noSettings)
  }

  portsOf(host: string): readonly number[] {
    const asked = readHost(host)
    const ports = new Set<number>()
    this.#rules.walk(asked, labelsOf(asked), undefined, rules => {
      for (const { pattern } of rules.all()) if (pattern.port !== undefined) ports.add(pattern.port)
      return false
    })
    return [...ports]
  }

  rules(): readonly RuleSummary[] {
    return this.#rules.all().map(({ name, pattern: { port }, action, targets }) => {
      return { name, action, port, setsPort: targets.some(setsPort) }
    })
  }

  /** Every rule whose name pattern matches the host, in the order of the map, and why each was chosen or not. */
  candidates(host: string, port?: number): readonly Candidate[] {
    const asked = readHost(host)
    const query = queryOf(asked, port)
    const found: Candidate[] = []
    let isDecided = false
    this.#rules.walk(asked, query.labels, port, rules => {
      const fitting = rules.at(port)
      for (const rule of rules.all()) {
        const { outcome, reason } = fitting.includes(rule) ? outcomeOf(rule, query, isDecided) : otherPort(rule, port)
        isDecided ||= outcome === 'chosen' || outcome === 'failed'
        found.push({ rule: rule.name, outcome, reason })
      }
      return false
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
  #wildcardBelow(asked: AskedHost): CompiledRule | undefined {
    if (asked.kind !== 'name') return undefined
    const labels = [...labelsOf(asked), '*']
    let found: CompiledRule | undefined
    this.#rules.walk(asked, labels, undefined, rules => {
      found = rules.all().find(({ pattern }) => pattern.isWildcard && pattern.labels.length === labels.length - 1)
      return found !== undefined
    })
    return found
  }

  #warnMissing(rule: CompiledRule, { table, key }: MissingKey): void {
    if (this.#warn === undefined || this.#warned.size >= maxWarnings) return
    const message = `rule ${describeRule(rule.name)} gives way: table '${table}' has no key '${key}'`
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.#warn({ message, origin: rule.name.origin })
  }
}

const queryOf = (asked: AskedHost, port: number | undefined): HostQuery => ({
  host: asked.host,
  labels: labelsOf(asked),
  port,
})

function outcomeOf(rule: CompiledRule, query: HostQuery, isDecided: boolean): Pick<Candidate, 'outcome' | 'reason'> {
  try {
    const outcome = applyRule(rule, query)
    if ('key' in outcome) return { outcome: 'gave way', reason: `table '${outcome.table}' has no key '${outcome.key}'` }
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

function allGaveWay(query: HostQuery, gaveWay: readonly { rule: CompiledRule; missing: MissingKey }[]): SplitDnsError {
  const [first, ...others] = gaveWay.map(({ rule, missing }) => ({
    rule,
    reason: `table '${missing.table}' has no key '${missing.key}'`,
  }))
  if (first === undefined) throw new TypeError('no rule gave way')
  const also = others.map(({ rule, reason }) => `; rule ${describeRule(rule.name)}: ${reason}`).join('')
  return targetError(first.rule, query, `${first.reason}${also}; no other rule matches`)
}
