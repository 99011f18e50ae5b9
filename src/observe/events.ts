import type { Milliseconds } from '../../lib/units.js'
import type {
  AskedBroker,
  ConnectPayload,
  LookupPayload,
  RefusedPayload,
  StalePayload,
} from '../connect/report/events.js'

/** A new map is in force. */
export interface ReloadPayload {
  readonly rules: number
}

/** A new map could not be read or does not parse; the one before stays in force. */
export interface ReloadErrorPayload {
  readonly error: Error
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

/** Every event of a `SplitDns`, with its payload. */
export interface SplitDnsEvents {
  readonly lookup: LookupPayload
  readonly connect: ConnectPayload
  readonly reload: ReloadPayload
  readonly reloadError: ReloadErrorPayload
  readonly stale: StalePayload
  readonly refused: RefusedPayload
  readonly query: QueryPayload
  /** A connect that no rule matched while a map is in force: it is left to the system. `rule` is null. */
  readonly unmapped: AskedBroker
}
