import type { Response } from '../wire/response.js'
import type { ExchangeOptions, Question, TransportError } from './transport.js'

/** A connection that carries queries to one server. It retires itself when it is done for; then it takes no more. */
export interface Connection {
  /** True once an answer came: the server is one that answers, should it close the connection later. */
  readonly hasAnswered: boolean
  /** True if it can take another query now. */
  readonly hasRoom: boolean
  /** True while someone waits for an answer. */
  readonly isAwaited: boolean
  query(question: Question, options: ExchangeOptions): Promise<Response>
  /** Ends at once; what is pending is rejected with the reason. */
  fail(reason: TransportError): void
}

/** What a connection reports to the one who made it; each once. */
export interface ConnectionHooks {
  /** It takes no further queries. */
  readonly onRetire: () => void
  /** Its socket is closed. */
  readonly onClose: () => void
}
