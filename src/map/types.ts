import type { Upstream } from '../../lib/transport/upstream.js'
import type { AllowList } from '../../lib/address/guard.js'

/** What happens to a name: `map` it to targets, leave it to the `system`, or `refuse` it. */
export type Action = 'map' | 'system' | 'refuse'

/** What is done when no nameserver answers for a target (see the variable KAFKA_SPLIT_DNS_FALLBACK). */
export type Fallback = 'system' | 'original' | 'none'

/** What happens to names that no rule matches. */
export type Unmapped = 'system' | 'refuse'

/** An endpoint of a rule. */
export interface Target {
  /** A name (a final dot makes it absolute) or an address, captures filled in. */
  readonly host: string
  /** The target's own port, else the one that the client asked for; undefined if neither is known. */
  readonly port: number | undefined
  /** Its key in a map by zone. */
  readonly zone?: string
}

/** A rule as messages and explanations call it. */
export interface RuleName {
  /** The pattern as the map writes it, `${}` unexpanded. */
  readonly match: string
  /** From 0, within its list. */
  readonly index: number
  readonly origin: string
  /** Left out for rules that are in force for every process. */
  readonly profile?: string
  /** Where it is written, in words: `map.yaml:4`, or `KAFKA_SPLIT_DNS_MAP rule 2` (from 1) where lines say nothing. */
  readonly place: string
}

/** The decision of the map for a host and port. Plain frozen data; shared between calls, never changed. */
export interface Route {
  /** What the client asked, in lower case, without a trailing dot, an IPv6 address without brackets. */
  readonly host: string
  readonly port: number | undefined
  readonly action: Action
  /** The rule that decided; null where none matched and `unmapped` decided. */
  readonly rule: RuleName | null
  /** What the pattern's captures read, in lower case; `*` where the pattern begins with one. */
  readonly captures: Readonly<Record<string, string>>
  /** In the order in which they are tried; empty unless `action` is `map`. */
  readonly targets: readonly Target[]
}

/** A rule's own settings; null where the general ones hold. */
export interface RuleSettings {
  readonly nameservers: readonly Upstream[] | null
  readonly allow: AllowList | null
  readonly fallback: Fallback | null
}

/** A route with what connecting needs beside it. */
export interface Decision {
  readonly route: Route
  readonly settings: RuleSettings
  /** For each of the route's targets: how the map writes it, braces unexpanded. Bounded, so fit for a metric's label. */
  readonly targetTexts: readonly string[]
  /** For each target: true where the map sets its port. */
  readonly targetSetsPort: readonly boolean[]
  /** For each target: true if a capture, `{host}` or `{*}` is in its name, so that whoever names brokers can choose it. */
  readonly targetIsComputed: readonly boolean[]
}

/** What a rule does, whatever the host. */
export interface RuleSummary {
  readonly name: RuleName
  readonly action: Action
  /** The port that its pattern names; undefined where it is for any. */
  readonly port: number | undefined
  /** True where it sets the port of a target. */
  readonly setsPort: boolean
}

/** The rules in force, compiled. Immutable: a reload makes another and swaps it whole. */
export interface CompiledMap {
  /**
   * The decision for the name or address. Pure, without I/O; callers cache it. A host that is no valid host name matches
   * no rule. Throws `SplitDnsError` `ERR_SPLIT_DNS_TARGET` where a rule matches but gives no usable target.
   */
  decide(host: string, port?: number): Decision
  /** Why no rule is in force although a map is set, in words; left out where one is. */
  readonly whyNoRules?: string | undefined
  /** The profiles that the sources have, in force here or not. */
  readonly profiles?: readonly string[]
  /** Which rule nearly matched the host and port that no rule matches, and why it did not, in words. */
  nearMatch?(host: string, port?: number): string | undefined
  /** How many patterns are in force (a `match` list counts each of its patterns). 0: nothing is mapped. */
  readonly ruleCount: number
  /** The ports that rules whose names match the host are for, each once; a rule for any port adds none. Pure. */
  portsOf(host: string): readonly number[]
  /** Every rule in force, one for each pattern, in the map's order. */
  rules(): readonly RuleSummary[]
}

/** A table of the map. Keys are in lower case, values as targets hold them. */
export interface Table {
  readonly name: string
  readonly values: ReadonlyMap<string, string>
}

/** One name, or several: a list, or one text with commas between them. */
type TextList = string | readonly string[]

/** A rule's targets: one, a list in order, or targets by zone. */
export type RuleTarget = string | readonly string[] | Readonly<Record<string, string | readonly string[]>>

/** A pattern and its target, as a map writes them. */
export interface MapRule {
  readonly match: string | readonly string[]
  readonly to: RuleTarget
  /** Asked in place of the general ones. */
  readonly nameservers?: TextList
  /** CIDR blocks, in place of the general ones. */
  readonly allow?: TextList
  readonly fallback?: Fallback
}

/** A map as a plain object, of the same shape as the YAML document. */
export interface SplitDnsMap {
  readonly version?: 1
  readonly tables?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly rules?: readonly MapRule[]
  readonly profiles?: Readonly<Record<string, readonly MapRule[]>>
}
