import { isIP } from 'node:net'
import { hostPort, type HostPort } from '../../../lib/address/host-port.js'
import type { AnswerSource } from '../../../lib/resolver/types.js'
import type { Milliseconds, Seconds } from '../../../lib/units.js'
import { codeOf, toError } from '../../../lib/thrown.js'
import type { Settings } from '../../config/option-table.js'
import type { ResolvedAddress } from '../../connect/resolve.js'
import type { Compilation, PlacedRule } from '../../map/compile.js'
import { CompiledTable, type Candidate } from '../../map/match/compiled-table.js'
import { faultAt } from '../../map/document/node.js'
import { whyBefore } from '../review/precedence.js'
import { findSharedTargets } from '../review/shared-target.js'
import type { Action, Fallback, Route, RuleName } from '../../map/types.js'
import type { QueryPayload } from '../../observe/events.js'
import type { SplitDns } from '../../split-dns.js'

/** A rule and where it was written. */
interface ExplainedRule extends RuleName {
  readonly line?: number
  readonly column?: number
}

/** A rule whose name pattern matches, and why it decided or not. */
interface ExplainedCandidate {
  readonly rule: ExplainedRule
  readonly outcome: Candidate['outcome']
  readonly reason: string
}

interface ExplainedTarget {
  readonly host: string
  readonly port: number | null
  readonly zone: string | null
  /** As the map writes it. */
  readonly written: string
}

interface ExplainedFallback {
  readonly mode: Fallback
  /** What it does when no nameserver answers, in words. */
  readonly effect: string
}

/** Everything about one name. The JSON of `explain` is this very object, which docs/cli.md documents. */
export interface Explanation {
  readonly host: string
  readonly port: number | null
  /** null where a rule matches but gives no usable target, or the text is no name. */
  readonly action: Action | null
  readonly rule: ExplainedRule | null
  readonly candidates: readonly ExplainedCandidate[]
  /** The rule that nearly matches, and why it does not, in words. Looked for where no rule in force matches. */
  readonly nearMatch: string | null
  /** Profiles that are not chosen here and have a rule for the name. Looked for where no rule in force matches. */
  readonly unchosenProfiles: readonly string[]
  /** What to know of the rule, where it routes all its names to the same targets; else null. */
  readonly note: string | null
  readonly captures: Readonly<Record<string, string>>
  readonly targets: readonly ExplainedTarget[]
  readonly nameservers: readonly string[] | null
  readonly allow: string | null
  /** null unless the action is `map`. */
  readonly fallback: ExplainedFallback | null
  /** Each query that was sent for it now, in the order in which they ended. */
  readonly queries: readonly QueryPayload[]
  readonly addresses: readonly ResolvedAddress[]
  readonly ttl: Seconds | null
  readonly source: AnswerSource | null
  readonly path: readonly string[]
  readonly durationMs: Milliseconds
  readonly error: { readonly code: string; readonly message: string } | null
}

/** The targets in their order, as a person writes them. */
export const targetsText = ({ targets }: Pick<Explanation, 'targets'>): string =>
  targets.map(({ host, port }) => hostPort(host, port)).join(' | ')

/** What is used of a `SplitDns`, of this package or of another copy of it. */
export type ExplainedSplitDns = Pick<SplitDns, 'route' | 'resolve' | 'on'>

/** An explanation under way. */
interface Listening {
  names: readonly string[]
  readonly queries: QueryPayload[]
}

const nothing = {
  action: null,
  rule: null,
  candidates: [],
  nearMatch: null,
  unchosenProfiles: [],
  note: null,
  captures: {},
  targets: [],
  nameservers: null,
  allow: null,
  fallback: null,
  queries: [],
  addresses: [],
  ttl: null,
  source: null,
  path: [],
  durationMs: 0,
} as const

/** A compiled map, which explains a route. */
export interface ExplainedMap {
  readonly settings: Settings
  readonly compilation: Compilation
  /** By the name of each profile that is not chosen: the map that would be in force with it. */
  readonly withProfile?: () => ReadonlyMap<string, CompiledTable>
}

/** Explains one name. Never rejects: what fails is in `error`. */
export type Explain = (at: HostPort) => Promise<Explanation>

/**
 * Explains names by the map of a `SplitDns`, and resolves them by it. `map` is what the `SplitDns` was made of; without it
 * no reasons are known, nor what the rule's settings are.
 */
export function createExplain(splitDns: ExplainedSplitDns, now: () => Milliseconds, map?: ExplainedMap): Explain {
  const reader = map && new MapReader(map)
  const underWay = new Set<Listening>()
  splitDns.on('query', query => {
    addQuery({ ...query, durationMs: rounded(query.durationMs) }, underWay)
  })
  return async ({ host, port }) => {
    const candidates = reader?.candidates(host, port) ?? []
    const known = { ...nothing, host, port: port ?? null, candidates }
    let explained: Omit<Explanation, 'error'> = known
    const listening: Listening = { names: [], queries: [] }
    underWay.add(listening)
    const startedAtMs = now()
    const spent = () => ({ queries: listening.queries, durationMs: rounded(now() - startedAtMs) })
    try {
      explained = { ...known, ...(reader?.decide(host, port) ?? explainRoute(splitDns.route(host, port))) }
      listening.names = explained.targets.map(target => target.host)
      const { addresses, ttl, source, path } = await splitDns.resolve(host, port)
      return { ...explained, ...spent(), addresses, ttl, source, path, error: null }
    } catch (error) {
      return { ...explained, ...spent(), error: describeError(error) }
    } finally {
      underWay.delete(listening)
    }
  }
}

/** Several names are explained at once: a query belongs to those whose target it asks for, with or without a suffix. */
function addQuery(query: QueryPayload, underWay: ReadonlySet<Listening>): void {
  const name = `${query.question.slice(query.question.indexOf(' ') + 1)}.`
  for (const { names, queries } of underWay) {
    const isOwn = names.some(own => name.startsWith(own.endsWith('.') ? own : `${own}.`))
    if (isOwn || underWay.size === 1) queries.push(query)
  }
}

/** Reads from a map why it routes a name so. */
class MapReader {
  readonly #settings: Settings
  readonly #table: CompiledTable
  readonly #rules: ReadonlyMap<RuleName, PlacedRule>
  readonly #withProfile: NonNullable<ExplainedMap['withProfile']>
  #unchosen: ReadonlyMap<string, CompiledTable> | undefined
  readonly #notes: ReadonlyMap<RuleName, string>

  constructor({ settings, compilation: { rules, table }, withProfile = () => new Map() }: ExplainedMap) {
    this.#withProfile = withProfile
    this.#settings = settings
    this.#table = new CompiledTable(table, settings.unmapped)
    this.#rules = new Map(rules.map(placed => [placed.rule.name, placed]))
    this.#notes = new Map(findSharedTargets(rules).map(({ placed, message }) => [placed.rule.name, message]))
  }

  candidates(host: string, port: number | undefined): readonly ExplainedCandidate[] {
    const all = this.#table.candidates(host, port)
    const decided = all.find(({ outcome }) => outcome === 'chosen' || outcome === 'failed')
    const first = decided && this.#rules.get(decided.rule)
    return all.map(({ rule, outcome, reason }) => {
      const own = this.#rules.get(rule)
      const isBeaten = outcome === 'later' && first !== undefined && own !== undefined
      const why = isBeaten
        ? `'${first.rule.name.match}' is preferred: ${whyBefore(first.pattern, own.pattern)}`
        : reason
      return { rule: this.#placed(rule), outcome, reason: why }
    })
  }

  #placed(name: RuleName): ExplainedRule {
    const placed = this.#rules.get(name)
    if (placed === undefined) return name
    const { line, column } = faultAt(placed.node, '')
    return { ...name, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) }
  }

  /** Profiles that are not chosen here and have a rule for the name. */
  #profilesFor(host: string, port: number | undefined): readonly string[] {
    this.#unchosen ??= this.#withProfile()
    return [...this.#unchosen].filter(([, table]) => hasRule(table, host, port)).map(([name]) => name)
  }

  /** What the map makes of the name. Throws where a rule matches, but gives no usable target. */
  decide(host: string, port: number | undefined) {
    const { route, settings, targetTexts } = this.#table.decide(host, port)
    const { action, rule } = route
    return {
      ...explainRoute(route, targetTexts),
      rule: rule === null ? null : this.#placed(rule),
      nearMatch: rule === null ? (this.#table.nearMatch(host, port) ?? null) : null,
      unchosenProfiles: rule === null ? this.#profilesFor(host, port) : [],
      note: rule === null ? null : (this.#notes.get(rule) ?? null),
      nameservers: settings.nameservers?.map(({ label }) => label) ?? null,
      allow: (settings.allow ?? (action === 'map' ? this.#settings.allow : null))?.text ?? null,
      fallback: action === 'map' ? explainFallback(settings.fallback ?? this.#settings.fallback, route) : null,
    }
  }
}

function hasRule(table: CompiledTable, host: string, port: number | undefined): boolean {
  try {
    return table.decide(host, port).route.rule !== null
  } catch {
    // A rule that gives no usable target is one all the same.
    return true
  }
}

/** The route's part of an explanation. `texts` are its targets as the map writes them. */
function explainRoute({ host, action, rule, captures, targets }: Route, texts: readonly string[] = []) {
  const explained = targets.map(({ host, port = null, zone = null }, index) => {
    return { host, port, zone, written: texts[index] ?? host }
  })
  return { host, action, rule, captures, targets: explained }
}

const effects: Readonly<Record<Fallback, (targets: string, host: string) => string>> = {
  system: targets => `when no nameserver answers, the system's own resolver (getaddrinfo) is asked for ${targets}`,
  original: (targets, host) =>
    `when no nameserver answers, the system's own resolver (getaddrinfo) is asked for ${targets}, and last for ${host} itself`,
  none: () => 'when no nameserver answers, the look-up fails',
}

function explainFallback(mode: Fallback, { host, targets }: Route): ExplainedFallback {
  const names = [...new Set(targets.map(target => target.host))].filter(name => isIP(name) === 0)
  if (names.length === 0) return { mode, effect: 'each target is an address, so nothing is looked up' }
  return { mode, effect: effects[mode](names.join(', '), host) }
}

const rounded = (durationMs: Milliseconds) => Math.round(durationMs * 10) / 10

/** A line that is no name, as an explanation that failed. */
export function notAName(text: string, message: string): Explanation {
  return { ...nothing, host: text, port: null, error: { code: 'ERR_INVALID_ARG_VALUE', message } }
}

function describeError(error: unknown): { code: string; message: string } {
  const message = toError(error).message
  return { code: codeOf(error) ?? 'ERR_UNKNOWN', message }
}
