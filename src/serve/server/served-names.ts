import { addressVersion } from '../../../lib/address/address.js'
import type { ConnectContext } from '../../connect/context.js'
import type { Plan } from '../../connect/plan.js'
import type { CompiledMap } from '../../map/types.js'
import type { RelayMode } from '../options.js'

/** What the map makes of a name, whatever port a client will connect to. */
export type ServedName =
  /** No rule matches, or a rule leaves it to the system. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'refused' }
  /** Addresses alone lead there. */
  | { readonly kind: 'addresses'; readonly plan: Plan }
  /** Only a relay leads there, at these ports. */
  | { readonly kind: 'relay'; readonly ports: readonly number[] }
  /** A rule matches, but nothing can be served: no relay, no port, or no usable target. */
  | { readonly kind: 'unserved'; readonly reason: string }

export interface ServedNamesOptions {
  readonly relay: RelayMode
  /** Ports of clients, beside those of the map's patterns. */
  readonly ports: readonly number[]
}

// A pod asks for few names; clients that make some up push out the oldest.
const maxNames = 4096
const passed: ServedName = { kind: 'passed' }
const refused: ServedName = { kind: 'refused' }

/** Says how each name of the map in force is served, and remembers it. */
export class ServedNames {
  readonly #context: ConnectContext
  readonly #options: ServedNamesOptions
  readonly #known = new Map<string, ServedName>()
  #map: CompiledMap | undefined

  constructor(context: ConnectContext, options: ServedNamesOptions) {
    this.#context = context
    this.#options = options
  }

  /** `host` is in lower case, without a final dot. */
  find(map: CompiledMap, host: string): ServedName {
    if (map !== this.#map) {
      this.#known.clear()
      this.#map = map
    }
    const known = this.#known.get(host)
    if (known !== undefined) return known
    const found = this.#decide(map, host)
    const [oldest] = this.#known.size >= maxNames ? this.#known.keys() : []
    if (oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(host, found)
    return found
  }

  #decide(map: CompiledMap, host: string): ServedName {
    // No client asks a server for an address.
    if (addressVersion(host) !== 0) return passed
    const rulePorts = map.portsOf(host)
    const { plans, faults } = this.#plansFor(map, host, [undefined, ...rulePorts])
    const mapped = plans.filter(({ outcome }) => outcome === 'map')
    const [first] = mapped
    if (first === undefined) {
      const [fault] = faults
      if (fault !== undefined) return { kind: 'unserved', reason: fault }
      // Where no rule matches, `unmapped` does not count: the pod's other names are no brokers.
      return plans.some(({ outcome, decision }) => outcome === 'refuse' && decision.route.rule !== null)
        ? refused
        : passed
    }
    const needsRelay = mapped.some(plan => plan.setsPort || !haveSameTargets(plan, first))
    if (this.#options.relay !== 'always' && !needsRelay) return { kind: 'addresses', plan: first }
    return this.#relay(map, host, rulePorts)
  }

  #relay(map: CompiledMap, host: string, rulePorts: readonly number[]): ServedName {
    if (this.#options.relay === 'never')
      return { kind: 'unserved', reason: 'a rule sets its port, which needs the relay' }
    const ports = [...new Set([...rulePorts, ...this.#options.ports])]
    const { plans, faults } = this.#plansFor(map, host, ports)
    const served = plans.filter(({ outcome }) => outcome === 'map').flatMap(({ port }) => port ?? [])
    if (served.length > 0) return { kind: 'relay', ports: served }
    return { kind: 'unserved', reason: faults[0] ?? `no rule maps it at port ${ports.join(', ')}` }
  }

  #plansFor(
    map: CompiledMap,
    host: string,
    ports: readonly (number | undefined)[],
  ): { plans: Plan[]; faults: string[] } {
    const plans: Plan[] = []
    const faults: string[] = []
    for (const port of ports) {
      try {
        plans.push(this.#context.plans.find(map, host, port))
      } catch (error) {
        // A rule that matches but gives no usable target.
        faults.push(error instanceof Error ? error.message : String(error))
      }
    }
    return { plans, faults }
  }
}

const haveSameTargets = (one: Plan, other: Plan) =>
  one.decision.route.targets.map(({ host }) => host).join(' ') ===
  other.decision.route.targets.map(({ host }) => host).join(' ')
