import type { Milliseconds } from '../../units.js'
import type { Attempt } from '../types.js'
import type { Reply } from './chain.js'

/** One ask of one server. Most are never read, so they become text only when asked for. */
export class AttemptRecord {
  readonly startedMs: Milliseconds
  readonly #server: string
  readonly #question: string
  #endedMs: Milliseconds | undefined
  #outcome = 'timeout'
  #reason: string | undefined
  #hasAddresses = false

  constructor(server: string, question: string, startedMs: Milliseconds) {
    this.startedMs = startedMs
    this.#server = server
    this.#question = question
  }

  /** Why no answer has come so far. */
  note(reason: string): void {
    this.#reason = reason
  }

  end(reply: Reply, nowMs: Milliseconds): void {
    this.#endedMs = nowMs
    this.#reason = reply.kind === 'failure' ? reply.reason : undefined
    this.#outcome = reply.kind === 'failure' ? reply.outcome : reply.kind === 'negative' ? reply.rcode : 'NOERROR'
    this.#hasAddresses = reply.kind === 'addresses' || reply.kind === 'alias'
  }

  /** The ask as it is now; one that has no answer yet is a `timeout`. */
  toAttempt(nowMs: Milliseconds): Attempt {
    const attempt = {
      server: this.#server,
      outcome: this.#outcome,
      durationMs: (this.#endedMs ?? nowMs) - this.startedMs,
      question: this.#question,
    }
    return this.#reason === undefined ? attempt : { ...attempt, reason: this.#reason }
  }

  /** `udp://192.0.2.53:53: SERVFAIL for A b0.example after 3 ms`; undefined for one that led to addresses. */
  toStep(nowMs: Milliseconds): string | undefined {
    if (this.#hasAddresses) return undefined
    const end = this.#endedMs === undefined ? 'no answer yet' : this.#outcome
    const why = this.#reason === undefined ? '' : ` (${this.#reason})`
    const ms = Math.round((this.#endedMs ?? nowMs) - this.startedMs)
    return `${this.#server}: ${end}${why} for ${this.#question} after ${ms} ms`
  }
}

/** Cap on recorded attempts: with many servers and candidates the rest would say the same. */
const maxRecords = 64

/** Which servers were asked, and what each said, in the order of asking. */
export class AttemptLog {
  readonly #records: AttemptRecord[] = []

  begin(server: string, question: string, startedMs: Milliseconds): AttemptRecord {
    const record = new AttemptRecord(server, question, startedMs)
    if (this.#records.length < maxRecords) this.#records.push(record)
    return record
  }

  /** Every ask so far. */
  list(nowMs: Milliseconds): readonly Attempt[] {
    return this.#records.map(record => record.toAttempt(nowMs))
  }

  /** Each ask so far that led to no addresses, in words. */
  steps(nowMs: Milliseconds): readonly string[] {
    return this.#records.flatMap(record => record.toStep(nowMs) ?? [])
  }
}
