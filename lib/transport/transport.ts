import type { CancelSignal } from '../cancel.js'
import type { Question } from '../wire/query.js'
import type { Response } from '../wire/response.js'
import type { Upstream } from './upstream.js'

export type { Question }

export interface ExchangeOptions {
  /** Its abort ends the exchange at once: there is no other limit of time. */
  readonly signal: CancelSignal
  /** False: no OPT record is sent, for servers that answered FORMERR to one. */
  readonly edns: boolean
  /** Called when the answer was too long for UDP, before the question is asked again over TCP. */
  readonly onTruncated?: () => void
}

/** Carries questions to DNS servers. What it resolves with is checked; it never throws in place of rejecting. */
export interface Transport {
  /**
   * Resolves with a checked response of any rcode; never a truncated one, which is asked again over TCP first.
   * Rejects with `TransportError`, or with the signal's reason. `system` has no wire: `systemLookup` is for that.
   */
  exchange(upstream: Upstream, question: Question, options: ExchangeOptions): Promise<Response>
  /** Ends sockets and pending exchanges (`ECLOSED`); later ones are rejected with the same code. Idempotent. */
  close(): Promise<void>
}

/**
 * An exchange gave no response that can be used. `code` is the system's own where it has one (`ECONNREFUSED`,
 * `ECONNRESET`, `EMFILE`, `ENETUNREACH` ...), or one of these:
 *
 * - `EBADRESP`: what came is malformed, or over a stream answers another question
 * - `ECERT`: the server's certificate is not trusted or not for its name
 * - `EHTTP`: a DoH server answered with another status or content type, or breaks HTTP
 * - `EBADNAME`: the question's name can't go on the wire
 * - `ENOTSUP`: the upstream has no wire protocol
 * - `ECLOSED`: the transport was closed
 */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: string
  /** What happened, in words, without the server's name: one line, and no more than 300 characters. */
  readonly reason: string

  constructor(code: string, server: string, reason: string, options?: ErrorOptions) {
    super(`${server}: ${reason}`, options)
    this.code = code
    this.reason = reason
  }
}
