import { addressVersion, type Family } from '../../lib/address/address.js'
import type { Answer } from '../../lib/resolver/types.js'
import type { CompiledMap, Decision, RuleSettings } from '../map/types.js'
import { TargetPolicy, type PolicySettings, type Vetted } from './target/policy.js'

/** What a target's name resolved to. Where `usable` is empty, `refused` or `error` says why, else the family is missing. */
export interface TargetOutcome extends Vetted {
  /** The target's place in the route; null for the broker's own name (fallback `original`). */
  readonly index: number | null
  readonly host: string
  /** The port that its addresses are dialled at, where it is known. */
  readonly port: number | undefined
  readonly family: 0 | Family
  readonly answer: Answer | null
  readonly error: Error | null
}

/**
 * The one outcome of routing: what becomes of a host and port, with the settings that hold for it. Shared between calls;
 * nothing but `known` ever changes.
 */
export interface Plan {
  readonly map: CompiledMap
  /** As the client spelt it: errors repeat it so. The decision has it in lower case, without a final dot. */
  readonly host: string
  readonly port: number | undefined
  readonly decision: Decision
  /** `invalid`: no rule matches, and the text can't be a host's name, so that it is never looked up. */
  readonly outcome: 'map' | 'system' | 'refuse' | 'invalid'
  /** False where no rule is in force: everything is then Node's own. */
  readonly hasRules: boolean
  /** Why none is although a map is set: errors end in it. Where no map is set nothing is reported. */
  readonly whyNoRules: string | undefined
  /** True where the client asked for an address, for which Node calls no `lookup`. */
  readonly isLiteral: boolean
  /** True where the map sets the port of a target. */
  readonly setsPort: boolean
  readonly policy: TargetPolicy
  /** What each target resolved to last, by family and the target's place in the route. */
  readonly known: Record<0 | Family, readonly (TargetOutcome | undefined)[]>
}

const nothingKnown: readonly undefined[] = Object.freeze([])

/** The plans of one host, by port. */
interface Entry {
  readonly plan: Plan
  readonly next: Entry | undefined
}

// 2 x 2,048 plans of about 1 kB: what a process with thousands of brokers asks, and no more than a few MB.
const generationSize = 2048
// No host name is longer; longer texts are planned each time, so that they are not kept.
const maxHostLength = 255

/**
 * The latest plans by map, host and port, so that a warm look-up makes nothing. Bounded by count: two generations, of
 * which the older is dropped whole. Another map drops both.
 */
export class PlanMemo {
  readonly #general: PolicySettings
  // One for all plans of a rule.
  readonly #policies = new Map<RuleSettings, TargetPolicy>()
  #map: CompiledMap | undefined
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  #youngCount = 0

  constructor(general: PolicySettings) {
    this.#general = general
  }

  /**
   * What the map makes of the host and port: the same object while it is remembered. Throws `ERR_SPLIT_DNS_TARGET` where
   * a rule matches but gives no usable target.
   */
  find(map: CompiledMap, host: string, port: number | undefined): Plan {
    const known = map === this.#map ? this.#young.get(host) : undefined
    for (let entry = known; entry !== undefined; entry = entry.next) if (entry.plan.port === port) return entry.plan
    return this.#findOlder(map, host, port, known)
  }

  #findOlder(map: CompiledMap, host: string, port: number | undefined, known: Entry | undefined): Plan {
    if (map !== this.#map) {
      this.#map = map
      this.#young.clear()
      this.#youngCount = 0
      this.#old.clear()
      this.#policies.clear()
    }
    let older = this.#old.get(host)
    while (older !== undefined && older.plan.port !== port) older = older.next
    const plan = older?.plan ?? this.#makePlan(map, host, port)
    if (host.length > maxHostLength) return plan
    const isFull = this.#youngCount >= generationSize
    if (isFull) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngCount = 0
    }
    this.#young.set(host, { plan, next: isFull ? undefined : known })
    this.#youngCount++
    return plan
  }

  #makePlan(map: CompiledMap, host: string, port: number | undefined): Plan {
    const decision = map.decide(host, port)
    const { action } = decision.route
    const hasRules = map.ruleCount > 0
    const isLiteral = addressVersion(decision.route.host) !== 0
    const isInvalid = action === 'system' && hasRules && !isLiteral && !canBeLookedUp(host)
    const policy = this.#policies.get(decision.settings) ?? new TargetPolicy(decision.settings, this.#general)
    this.#policies.set(decision.settings, policy)
    return {
      map,
      host,
      port,
      decision,
      outcome: isInvalid ? 'invalid' : action,
      hasRules,
      whyNoRules: map.whyNoRules,
      isLiteral,
      setsPort: decision.targetSetsPort.includes(true),
      policy,
      known: { 0: nothingKnown, 4: nothingKnown, 6: nothingKnown },
    }
  }
}

/**
 * True where Node may be asked to look the text up as a name: labels of 1 to 63 octets, 253 in all without a final dot, no
 * spaces or control characters (RFC 1035 section 2.3.4). Letters beyond ASCII pass: Node turns them into A-labels itself.
 */
export function canBeLookedUp(text: string): boolean {
  const name = text.endsWith('.') ? text.slice(0, -1) : text
  if (Buffer.byteLength(name) > 253 || /[\s\p{Cc}]/u.test(name)) return false
  return name.split('.').every(label => label !== '' && Buffer.byteLength(label) <= 63)
}
