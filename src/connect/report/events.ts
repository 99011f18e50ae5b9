import type { AnswerSource } from '../../../lib/resolver/types.js'
import type { Milliseconds, Seconds } from '../../../lib/units.js'
import type { Route } from '../../map/types.js'

/** What was asked, and which rule decided. */
export interface AskedBroker {
  readonly host: string
  /** undefined where `lookup` asked, which knows none. */
  readonly port: number | undefined
  /** null: none matched. */
  readonly rule: Route['rule']
}

/** A look-up for a mapped name ended. */
export interface LookupPayload extends AskedBroker {
  /** The rule's targets as the map writes them, braces unexpanded. */
  readonly targets: readonly string[]
  /** null where it failed. */
  readonly source: AnswerSource | null
  readonly addresses: readonly string[]
  readonly ttl: Seconds
  /** 0 where the answer was at hand. */
  readonly durationMs: Milliseconds
  readonly error: Error | null
}

/** One address that a socket tried. `outcome`: `connecting`, `connected`, `timeout`, or the error's code. */
export interface Tried {
  readonly address: string
  readonly port: number
  readonly outcome: string
}

/** A connect to a mapped broker ended. */
export interface ConnectPayload extends AskedBroker {
  readonly isTls: boolean
  /** The target as the map writes it, braces unexpanded; null before the look-up, or for the fallback `original`. */
  readonly target: string | null
  /** The address tried last, and the port there; null where the look-up failed. */
  readonly address: string | null
  readonly addressPort: number
  /** `ended`: the client gave up while the socket was still connecting. */
  readonly outcome: 'connected' | 'failed' | 'ended'
  readonly tried: readonly Tried[]
  /** From the factory's call; for TLS to the end of the handshake. */
  readonly durationMs: Milliseconds
  readonly error: Error | null
}

/** An expired answer served, because every upstream failed. */
export interface StalePayload extends AskedBroker {
  /** As the map writes it, braces unexpanded; null for the fallback `original`. */
  readonly target: string | null
  readonly addresses: readonly string[]
}

/** A broker, or all its addresses, were refused. */
export interface RefusedPayload extends AskedBroker {
  /** `rule`: it says refuse; `unmapped`: no rule matched; `address`: the guard or the allow list left none. */
  readonly reason: 'rule' | 'unmapped' | 'address'
  readonly error: Error
}
