import { isIP } from 'node:net'
import type { AllowList } from '../../../lib/address/allow-list.js'
import type { CompiledMap, Decision } from '../../map/types.js'
import type { ConnectSettings } from '../context.js'
import { canBeLookedUp } from '../lookup-name.js'
import type { Plan, Plans } from '../plan.js'
import { Gate } from './gate.js'

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
export class PlanMemo implements Plans {
  readonly #settings: ConnectSettings
  readonly #gates = new Map<AllowList | null, Gate>()
  #map: CompiledMap | undefined
  #young = new Map<string, Entry>()
  #old = new Map<string, Entry>()
  #youngCount = 0

  constructor(settings: ConnectSettings) {
    this.#settings = settings
  }

  find(map: CompiledMap, host: string, port: number | undefined): Plan {
    if (map !== this.#map) this.#reset(map)
    let entry = this.#young.get(host)
    while (entry !== undefined && entry.plan.port !== port) entry = entry.next
    return entry?.plan ?? this.#findOlder(map, host, port)
  }

  #findOlder(map: CompiledMap, host: string, port: number | undefined): Plan {
    let entry = this.#old.get(host)
    while (entry !== undefined && entry.plan.port !== port) entry = entry.next
    const plan = entry?.plan ?? this.#makePlan(map, host, port)
    if (host.length > maxHostLength) return plan
    if (this.#youngCount >= generationSize) {
      this.#old = this.#young
      this.#young = new Map()
      this.#youngCount = 0
    }
    this.#young.set(host, { plan, next: this.#young.get(host) })
    this.#youngCount++
    return plan
  }

  #reset(map: CompiledMap): void {
    this.#map = map
    this.#young = new Map()
    this.#old = new Map()
    this.#youngCount = 0
    this.#gates.clear()
  }

  #makePlan(map: CompiledMap, host: string, port: number | undefined): Plan {
    const decision = map.decide(host, port)
    const hasRules = map.ruleCount > 0
    const isLiteral = isIP(decision.route.host) !== 0
    const fallback = decision.settings.fallback ?? this.#settings.fallback
    return {
      host,
      port,
      decision,
      outcome:
        decision.route.action === 'system' && hasRules && !isLiteral && !canBeLookedUp(host)
          ? 'invalid'
          : decision.route.action,
      hasRules,
      map,
      whyNoRules: map.whyNoRules,
      isLiteral,
      setsPort: decision.targetSetsPort.includes(true),
      gate: this.#gateFor(decision.settings.allow ?? this.#settings.allow),
      fallback,
      resolveOptions: resolveOptionsFor(decision, fallback),
    }
  }

  /** One gate an allow list, so that its memory of vetted answers is shared. */
  #gateFor(allow: AllowList | null): Gate {
    const known = this.#gates.get(allow)
    if (known !== undefined) return known
    const gate = new Gate(allow)
    this.#gates.set(allow, gate)
    return gate
  }
}

function resolveOptionsFor(
  { settings: { nameservers } }: Decision,
  fallback: Plan['fallback'],
): Plan['resolveOptions'] {
  const common = {
    // `original` comes after `system`, not in its place.
    fallback: fallback === 'none' ? ('none' as const) : ('system' as const),
    ...(nameservers === null ? {} : { upstreams: nameservers }),
  }
  return { 0: { ...common, family: 0 }, 4: { ...common, family: 4 }, 6: { ...common, family: 6 } }
}
