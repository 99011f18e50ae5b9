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

/** What became of questions that `serve` was asked: a name of the map was answered, all else passed on. */
export type QuestionOutcome =
  /** With addresses. */
  | 'answered'
  /** A name of the map without a record of that type. */
  | 'nodata'
  /** By a rule, by the guard or by the allow list: NXDOMAIN. */
  | 'refused'
  /** A name of the map whose target can't be resolved now, or that only a relay could serve: NXDOMAIN. */
  | 'failed'
  /** To a nameserver, which answered. */
  | 'passed'
  /** To the nameservers, none of which answered, or no map is in force yet: SERVFAIL. */
  | 'unanswered'

/** Questions that were answered since the event before: at most one event a second, and none where nothing was asked. */
export interface QuestionsPayload {
  readonly counts: Readonly<Record<QuestionOutcome, number>>
}

/** A connection that `serve` relays was opened, or is over. */
export interface RelayPayload {
  readonly host: string
  readonly port: number
  /** `failed`: the broker could not be reached. `reset`: one side broke the connection off. */
  readonly outcome: 'opened' | 'closed' | 'failed' | 'reset'
  /** As the factory words it; null where nothing failed. */
  readonly error: string | null
  /** Bytes to the broker and back; 0 while it is open. */
  readonly sent: number
  readonly received: number
  /** From the client's connect to the end; 0 while it is open. */
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
  readonly questions: QuestionsPayload
  readonly relay: RelayPayload
  /** A connect that no rule matched while a map is in force: it is left to the system. `rule` is null. */
  readonly unmapped: AskedBroker
}

/** What `serve` reports to the `SplitDns` that started it: of a warm answer it reports no look-up, only the question. */
export type ServedEvent = {
  [Name in ServedName]: { readonly name: Name; readonly payload: SplitDnsEvents[Name] }
}[ServedName]

type ServedName = 'questions' | 'relay' | 'connect' | 'query' | 'refused' | 'stale'
