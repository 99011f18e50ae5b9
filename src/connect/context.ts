import type { Socket } from 'node:net'
import type { AllowList } from '../../lib/address/allow-list.js'
import type { Family } from '../../lib/address/address.js'
import type { Answer, AnswerSource, Resolver } from '../../lib/resolver/types.js'
import type { Milliseconds, Seconds } from '../../lib/units.js'
import type { CompiledMap, Decision, Fallback } from '../map/types.js'
import type { Health } from './health.js'

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
  readonly health: Health
  readonly observer: ConnectObserver
  /** A monotonic clock. */
  readonly now: () => Milliseconds
}

/**
 * Told of what happens. What it throws is dropped, and never reaches a connect.
 * @internal
 */
export interface ConnectObserver {
  /** `lookup` answered from memory. The hot path: called with what is at hand, and nothing is built for it. */
  hit(decision: Decision, answer: Answer): void
  /** A look-up for a mapped name that had to wait, or that a connect made, ended. */
  lookup(event: LookupEvent): void
  /** A mapped connect ended; `socket` is the live one where `outcome` is `connected`. */
  connect(event: ConnectEvent, socket: Socket): void
  /** A broker or all its addresses were refused. */
  refused(event: RefusedEvent): void
  /** A stale answer was used. */
  stale(event: StaleEvent): void
  /** A map is in force and leaves the host to the system. On the hot path too, and must not throw. */
  unmapped?(decision: Decision): void
}

export interface LookupEvent {
  readonly host: string
  readonly port: number | undefined
  readonly decision: Decision
  /** null where the look-up failed. */
  readonly source: AnswerSource | null
  readonly addresses: readonly string[]
  readonly ttl: Seconds
  readonly durationMs: Milliseconds
  readonly error: Error | null
}

/** One address that a socket tried. `outcome`: `connecting`, `connected`, `timeout`, or the error's code. */
export interface Tried {
  readonly address: string
  readonly port: number
  readonly outcome: string
}

export interface ConnectEvent {
  readonly host: string
  readonly port: number
  readonly decision: Decision
  /** The target whose address was tried last: its index in the route, null before the look-up or for `original`. */
  readonly targetIndex: number | null
  /** The address tried last; null where the look-up failed. */
  readonly address: string | null
  /** The port at that address. */
  readonly addressPort: number
  /** `ended`: the client gave up while the socket was still connecting. */
  readonly outcome: 'connected' | 'failed' | 'ended'
  readonly isTls: boolean
  readonly tried: readonly Tried[]
  /** From the factory's call; for TLS to the end of the handshake. */
  readonly durationMs: Milliseconds
  readonly error: Error | null
}

export interface RefusedEvent {
  readonly host: string
  readonly port: number | undefined
  readonly decision: Decision
  /** `rule`: it says refuse; `unmapped`: no rule matched; `address`: the guard or `allow` left no address. */
  readonly reason: 'rule' | 'unmapped' | 'address'
  readonly error: Error
}

export interface StaleEvent {
  readonly host: string
  readonly port: number | undefined
  readonly decision: Decision
  readonly target: string
  readonly addresses: readonly string[]
}

/**
 * Calls the observer; its throw ends here, because a listener's fault is no reason not to connect.
 * @internal
 */
export function notify(call: () => void): void {
  try {
    call()
  } catch {
    // The owner reports its listeners' throws itself.
  }
}
