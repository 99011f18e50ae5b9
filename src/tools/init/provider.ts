import type { Draft } from './draft.js'
import type { Endpoint } from './endpoints.js'
import type { Captures } from './name-shape.js'
import type { Zone } from './zones.js'

/** How a provider names some of a cluster's servers. */
export interface Shape {
  readonly role: 'bootstrap' | 'broker'
  /** A pattern of the map's language. */
  readonly pattern: string
  /** What it matches, for the comment in the map. */
  readonly what: string
  /** A less specific pattern for the same names, for the rule that takes brokers whose zone is not in the table. */
  readonly loose?: string
  /** In the map only where such a name was given, because brokers advertise other names. */
  readonly onlyWhenGiven?: true
}

/** Names of bootstrap servers. */
export const bootstrap = (pattern: string, what = 'the bootstrap server'): Shape => ({
  role: 'bootstrap',
  pattern,
  what,
})

/** Names of brokers. */
export const broker = (pattern: string, what = 'a broker'): Shape => ({ role: 'broker', pattern, what })

/** One way in which a provider names a cluster's servers and makes them reachable. */
export interface Provider {
  /** May hold captures that `pins` lists. */
  readonly title: string
  readonly shapes: readonly Shape[]
  /** The captures that identify the cluster. The map holds their values, so that it covers no other cluster. */
  readonly pins: readonly string[]
  /** The pin that may differ from name to name where one private link serves several clusters; the map covers them all. */
  readonly sharedBy?: string
  readonly layout: Layout
  readonly remarks?: readonly string[]
  /** The ports that brokers advertise, where one load balancer has a port of its own for each broker. */
  readonly listeners?: readonly number[]
  /** Set where broker names carry a zone. */
  readonly zones?: true
  /** Which broker each endpoint of a list belongs to. */
  readonly order?: EndpointOrder
}

export interface EndpointOrder {
  /** True where the first endpoint is the bootstrap server's. */
  readonly bootstrapFirst: boolean
  readonly firstId: number
}

/** A company's domains, and all ways in which it names clusters there. */
export interface ProviderFamily {
  readonly name: string
  /** The patterns of the provider's domains. */
  readonly domains: readonly string[]
  readonly providers: readonly Provider[]
  /** Names below the domains that Kafka clients don't use: a text that such a name contains, and what it is. */
  readonly nonBrokerNames: readonly { readonly mark: string; readonly what: string }[]
}

/** A server that was given, with what was read from its name. */
export interface KnownName {
  readonly host: string
  readonly port: number
  readonly shape: Shape
  readonly captures: Captures
}

/** Everything that a layout makes a map from. */
export interface LayoutInput {
  readonly provider: Provider
  /** The provider and the cluster, for people. */
  readonly title: string
  readonly names: readonly KnownName[]
  /** The values of the captures that the provider pins, as far as they are known. */
  readonly pinned: Captures
  readonly endpoints: readonly Endpoint[]
  readonly zones: readonly Zone[]
  /** The port that broker ids are added to, on one load balancer; undefined where none was given. */
  readonly basePort: number | undefined
}

/** Assigns endpoints to names. Throws `BadInput`. */
export type Layout = (input: LayoutInput) => Draft
