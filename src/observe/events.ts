import type { AnswerSource } from '../../lib/resolver/types.js'
import type { Milliseconds, Seconds } from '../../lib/units.js'
import type { Tried } from '../connect/context.js'
import type { Route } from '../map/types.js'

/** What was asked, and which rule decided; null: none matched. */
interface Asked {
  readonly host: string
  /** undefined where `lookup` asked, which knows none. */
  readonly port: number | undefined
  readonly rule: Route['rule']
}

/** A look-up for a mapped name ended. */
export interface LookupPayload extends Asked {
  /** null where it failed. */
  readonly source: AnswerSource | null
  readonly addresses: readonly string[]
  readonly ttl: Seconds
  /** 0 where the answer was at hand. */
  readonly durationMs: Milliseconds
  readonly error: Error | null
}

/** A connect to a mapped broker ended. */
export interface ConnectPayload extends Asked {
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

/** A new map is in force. */
export interface ReloadPayload {
  readonly rules: number
}

/** A new map could not be read or does not parse; the one before stays in force. */
export interface ReloadErrorPayload {
  readonly error: Error
}

/** An expired answer served, because every upstream failed. */
export interface StalePayload extends Asked {
  readonly target: string
  readonly addresses: readonly string[]
}

/** One query to one nameserver is over. */
export interface QueryPayload {
  /** As it is configured (`udp://192.0.2.53:53`), without credentials; `system` for getaddrinfo. */
  readonly server: string
  /** `NOERROR`, `NXDOMAIN`, `NODATA`, `SERVFAIL` ..., `timeout`, `cancelled` where another server was quicker, or a code. */
  readonly outcome: string
  /** `A vpce.example`; the name alone where getaddrinfo was asked for both families. */
  readonly question: string
  readonly durationMs: Milliseconds
}

/** A broker, or all its addresses, were refused. */
export interface RefusedPayload extends Asked {
  /** `rule`: it says refuse; `unmapped`: no rule matched; `address`: the guard or the allow list left none. */
  readonly reason: 'rule' | 'unmapped' | 'address'
  readonly error: Error
}

/** Every event of a `SplitDns`, with its payload. */
export interface SplitDnsEvents {
  readonly lookup: LookupPayload
  readonly connect: ConnectPayload
  readonly reload: ReloadPayload
  readonly reloadError: ReloadErrorPayload
  readonly stale: StalePayload
  readonly refused: RefusedPayload
  readonly query: QueryPayload
}
