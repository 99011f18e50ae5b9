import type { Draft } from './draft.js'
import type { Endpoint } from './endpoints.js'
import type { Captures } from './name-shape.js'
import type { Zone } from './zones.js'

/** How a provider calls some of a cluster's servers. */
export interface Shape {
  readonly role: 'bootstrap' | 'broker'
  /** A pattern of the map's own language. */
  readonly pattern: string
  /** What it is for, as the map's comment says it. */
  readonly what: string
  /** A less specific pattern for the same names: for brokers that a rule by `pattern` gives way for. */
  readonly loose?: string
  /** Part of the map only where such a name was given: brokers are listed by other names. */
  readonly onlyWhenGiven?: true
}

/** One way in which a provider names a cluster's servers and makes them reachable. */
export interface Provider {
  /** With captures that `pins` holds. */
  readonly title: string
  readonly shapes: readonly Shape[]
  /** The captures that say which cluster it is. They stand in the map as they were given, so that it covers no other. */
  readonly pins: readonly string[]
  /** The pin that may differ from name to name: one link serves several such, and the map then all of them. */
  readonly sharedBy?: string
  readonly layout: Layout
  readonly remarks?: readonly string[]
  /** The ports that brokers advertise by themselves, where one load balancer tells them apart by others. */
  readonly listeners?: readonly number[]
  /** What the names carry of the zone. */
  readonly zones?: true
  /** How endpoints in order belong to brokers. */
  readonly order?: EndpointOrder
}

export interface EndpointOrder {
  /** The bootstrap's own endpoint is the first of them. */
  readonly bootstrapFirst: boolean
  readonly firstId: number
}

/** Names of a provider's domain, in all the ways that it has. */
export interface Family {
  readonly name: string
  /** The patterns of the provider's domains. */
  readonly domains: readonly string[]
  readonly providers: readonly Provider[]
  /** Names below the domains that no client of Kafka uses: what such a name holds, and what it is. */
  readonly strangers: readonly { readonly mark: string; readonly what: string }[]
}

/** A server that was given, and what its name tells. */
export interface KnownName {
  readonly host: string
  readonly port: number
  readonly shape: Shape
  readonly captures: Captures
}

/** All that a map is made of. */
export interface Given {
  readonly provider: Provider
  readonly names: readonly KnownName[]
  /** What is known of the captures that the provider pins. */
  readonly pinned: Captures
  readonly endpoints: readonly Endpoint[]
  readonly zones: readonly Zone[]
  /** Where listeners of one load balancer begin; undefined: not said. */
  readonly basePort: number | undefined
}

/** Puts endpoints behind names. Throws `BadInput`. */
export type Layout = (given: Given) => Draft
