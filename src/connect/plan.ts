import { isIP } from 'node:net'
import type { AllowList } from '../../lib/address/guard.js'
import type { Family } from '../../lib/address/address.js'
import type { ResolveOptions } from '../../lib/resolver/types.js'
import type { CompiledMap, Decision, Fallback, RuleSettings } from '../map/types.js'
import { Gate } from './target/gate.js'

/**
 * The one outcome of routing: what becomes of a host and port, with the settings that hold for it, the rule's own or
 * else the general ones. Shared between calls, never changed.
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
  readonly gate: Gate
  readonly fallback: Fallback
  /** How the targets are resolved, by family. */
  readonly resolveOptions: Readonly<Record<0 | Family, ResolveOptions>>
}

/** The plans of one host, by port. */
interface Entry {
  readonly plan: Plan
  readonly next: Entry | undefined
}

/** What a rule's settings add to its plans. */
type PlanSettings = Pick<Plan, 'gate' | 'fallback' | 'resolveOptions'>

// 2 x 2,048 plans of about 1 kB: what a process with thousands of brokers asks, and no more than a few MB.
const generationSize = 2048
// No host name is longer; longer texts are planned each time, so that they are not kept.
const maxHostLength = 255

/**
 * The latest plans by map, host and port, so that a warm look-up makes nothing. Bounded by count: two generations, of
 * which the older is dropped whole. Another map drops both.
 */
export class PlanMemo {
  readonly #allow: AllowList | null
  readonly #fallback: Fallback
  // Once for all plans of a rule: its gate remembers which answers it has vetted.
  readonly #settings = new Map<RuleSettings, PlanSettings>()
  #map: CompiledMap | undefined
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  #youngCount = 0

  /** The general settings hold where a rule has none of its own. */
  constructor({ allow, fallback }: { readonly allow: AllowList | null; readonly fallback: Fallback }) {
    this.#allow = allow
    this.#fallback = fallback
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
      this.#settings.clear()
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
    const isLiteral = isIP(decision.route.host) !== 0
    const isInvalid = action === 'system' && hasRules && !isLiteral && !canBeLookedUp(host)
    const { gate, fallback, resolveOptions } = this.#settingsFor(decision.settings)
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
      gate,
      fallback,
      resolveOptions,
    }
  }

  #settingsFor(ruleSettings: RuleSettings): PlanSettings {
    const known = this.#settings.get(ruleSettings)
    if (known !== undefined) return known
    const fallback = ruleSettings.fallback ?? this.#fallback
    const optionsFor = (family: 0 | Family): ResolveOptions => ({
      family,
      upstreams: ruleSettings.nameservers ?? undefined,
      // `original` comes after `system`, not in its place.
      fallback: fallback === 'none' ? 'none' : 'system',
    })
    const settings = {
      gate: new Gate(ruleSettings.allow ?? this.#allow),
      fallback,
      resolveOptions: { 0: optionsFor(0), 4: optionsFor(4), 6: optionsFor(6) },
    }
    this.#settings.set(ruleSettings, settings)
    return settings
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
