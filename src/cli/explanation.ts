import type { AnswerSource } from '../../lib/resolver/types.js'
import type { Milliseconds, Seconds } from '../../lib/units.js'
import type { Settings } from '../config/option-table.js'
import type { ResolvedAddress } from '../connect/resolve.js'
import { isSplitDnsError } from '../errors.js'
import type { Compilation } from '../map/compilation.js'
import { CompiledTable, type Candidate } from '../map/compiled-table.js'
import { faultAt } from '../map/node.js'
import type { Action, Decision, Fallback, RuleName } from '../map/types.js'
import type { SplitDns } from '../split-dns.js'
import type { HostAndPort } from './endpoint-text.js'

/** A rule and where it was written. */
export interface ExplainedRule extends RuleName {
  readonly line?: number
  readonly column?: number
}

/** A rule whose name pattern matches, and why it decided or not. */
export interface ExplainedCandidate {
  readonly rule: ExplainedRule
  readonly outcome: Candidate['outcome']
  readonly reason: string
}

export interface ExplainedTarget {
  readonly host: string
  readonly port: number | null
  readonly zone: string | null
  /** As the map writes it. */
  readonly written: string
}

/** Everything about one name. The JSON of `explain` is this very object: docs/cli.md tells of it. */
export interface Explanation {
  readonly host: string
  readonly port: number | null
  /** null where a rule matches but gives no usable target, or the text is no name. */
  readonly action: Action | null
  readonly rule: ExplainedRule | null
  readonly candidates: readonly ExplainedCandidate[]
  readonly captures: Readonly<Record<string, string>>
  readonly targets: readonly ExplainedTarget[]
  readonly nameservers: readonly string[] | null
  readonly allow: string | null
  readonly fallback: Fallback | null
  readonly addresses: readonly ResolvedAddress[]
  readonly ttl: Seconds | null
  readonly source: AnswerSource | null
  readonly path: readonly string[]
  readonly durationMs: Milliseconds
  readonly error: { readonly code: string; readonly message: string } | null
}

const nothing = {
  action: null,
  rule: null,
  candidates: [],
  captures: {},
  targets: [],
  nameservers: null,
  allow: null,
  fallback: null,
  addresses: [],
  ttl: null,
  source: null,
  path: [],
  durationMs: 0,
} as const

/** Explains names by the map given, and resolves them by the `SplitDns` that is made of the same. */
export class Explainer {
  readonly #splitDns: SplitDns
  readonly #settings: Settings
  readonly #table: CompiledTable
  readonly #places: ReadonlyMap<RuleName, ExplainedRule>
  readonly #now: () => Milliseconds

  constructor(splitDns: SplitDns, settings: Settings, { rules }: Compilation, now: () => Milliseconds) {
    this.#splitDns = splitDns
    this.#settings = settings
    this.#now = now
    const compiled = rules.map(({ rule }) => rule)
    this.#table = new CompiledTable(compiled, settings.unmapped)
    this.#places = new Map(
      rules.map(({ rule, node }) => {
        const { line, column } = faultAt(node, '')
        const place = { ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) }
        return [rule.name, { ...rule.name, ...place }]
      }),
    )
  }

  /** Never rejects: what fails stands in `error`. */
  async explain({ host, port }: HostAndPort): Promise<Explanation> {
    const candidates = this.#table.candidates(host, port).map(candidate => ({
      ...candidate,
      rule: this.#placed(candidate.rule),
    }))
    const asked = { ...nothing, host, port: port ?? null, candidates }
    let explained: Omit<Explanation, 'error'> = asked
    const startedAtMs = this.#now()
    try {
      explained = { ...asked, ...this.#decided(this.#table.decide(host, port)) }
      const { addresses, ttl, source, path } = await this.#splitDns.resolve(host, port)
      return { ...explained, addresses, ttl, source, path, durationMs: this.#now() - startedAtMs, error: null }
    } catch (error) {
      return { ...explained, durationMs: this.#now() - startedAtMs, error: describeError(error) }
    }
  }

  #placed(name: RuleName): ExplainedRule {
    return this.#places.get(name) ?? name
  }

  #decided({ route, settings, written }: Decision) {
    const { host, action, rule, captures, targets } = route
    return {
      host,
      action,
      rule: rule === null ? null : this.#placed(rule),
      captures,
      targets: targets.map((target, index) => ({
        host: target.host,
        port: target.port ?? null,
        zone: target.zone ?? null,
        written: written[index] ?? target.host,
      })),
      nameservers: settings.nameservers?.map(({ label }) => label) ?? null,
      allow: (settings.allow ?? (action === 'map' ? this.#settings.allow : null))?.text ?? null,
      fallback: action === 'map' ? (settings.fallback ?? this.#settings.fallback) : null,
    }
  }
}

/** A line that is no name, as an explanation that failed. */
export function notAName(text: string, message: string): Explanation {
  return { ...nothing, host: text, port: null, error: { code: 'ERR_INVALID_ARG_VALUE', message } }
}

function describeError(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : String(error)
  if (isSplitDnsError(error)) return { code: error.code, message }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'ERR_UNKNOWN'
  return { code, message }
}
