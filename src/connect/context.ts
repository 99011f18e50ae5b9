import type { Socket } from 'node:net'
import type { AllowList } from '../../lib/address/guard.js'
import type { Address, Family } from '../../lib/address/address.js'
import type { Resolver } from '../../lib/resolver/types.js'
import type { Milliseconds } from '../../lib/units.js'
import type { CompiledMap, Fallback } from '../map/types.js'
import type { Health } from './health.js'
import type { Plan, PlanMemo, TargetOutcome } from './plan.js'
import type { ConnectPayload, RefusedPayload, StalePayload } from './report/events.js'

/**
 * The general settings; a rule's own replace `allow` and `fallback` (and carry its nameservers).
 * @internal
 */
export interface ConnectSettings {
  readonly allow: AllowList | null
  readonly fallback: Fallback
  /** 0: both families. */
  readonly family: 0 | Family
  /** The whole of one look-up, the wait for a first map included. */
  readonly timeoutMs: Milliseconds
  /** How long each address but the last is tried. Node takes nothing under 10. */
  readonly connectAttemptMs: Milliseconds
}

/**
 * What connecting needs from its owner.
 * @internal
 */
export interface ConnectContext {
  /** The map in force; undefined until the first copy is. */
  currentMap(): CompiledMap | undefined
  /** Settles when a map is in force or the owner is closed; called only while `currentMap()` is undefined. */
  whenReady(): Promise<void>
  isClosed(): boolean
  readonly resolver: Resolver
  readonly settings: ConnectSettings
  readonly plans: PlanMemo
  readonly health: Health
  /** Whether this machine has a route to the address. Asked only where a connect has addresses of both families. */
  readonly hasNetworkRoute: (address: Address, port: number) => Promise<boolean>
  readonly observer: ConnectObserver
  /** Where live connections are followed. */
  readonly onConnected?: ((connection: LiveConnection) => void) | undefined
  /** A monotonic clock. */
  readonly now: () => Milliseconds
}

/**
 * Hears what happens. What it throws is dropped, and never reaches a connect.
 * @internal
 */
export interface ConnectObserver {
  /**
   * A look-up for a mapped name ended, with the error that it fails with; after 0 ms where it was answered from memory.
   * The hot path: called with what is at hand, no payload is built for it.
   */
  lookup(plan: Plan, outcomes: readonly TargetOutcome[], durationMs: Milliseconds, error: Error | null): void
  /** A mapped connect ended. */
  connect(payload: ConnectPayload): void
  /** A broker or all its addresses were refused. */
  refused(payload: RefusedPayload): void
  /** A stale answer was used. */
  stale(payload: StalePayload): void
  /** A map is in force and leaves the host to the system. On the hot path too, and must not throw. */
  unmapped?(plan: Plan): void
  /** The same for a connect that no rule matched. */
  unmappedConnect?(plan: Plan): void
  /** A callback of the user's rejected, after it had been called. */
  callbackFailed?(what: string, error: unknown): void
}

/**
 * A mapped connection that is up.
 * @internal
 */
export interface LiveConnection {
  readonly socket: Socket
  readonly plan: Plan
  /** The target whose address it is connected to: its index in the route; null for the fallback `original`. */
  readonly targetIndex: number | null
  readonly address: string
  readonly addressPort: number
}
