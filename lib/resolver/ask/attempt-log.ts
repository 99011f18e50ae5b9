import type { Milliseconds } from '../../units.js'
import type { Attempt } from '../types.js'
import type { Reply } from './chain.js'

/** One ask of one server. Most records are never read, so they become text only when asked for. */
class AttemptRecord {
  readonly #server: string
  readonly #question: string
  readonly #startedMs: Milliseconds
  #endedMs: Milliseconds | undefined
  #outcome = 'timeout'
  #reason: string | undefined
  hasAddresses = false

  constructor(server: string, question: string, startedMs: Milliseconds) {
    this.#server = server
    this.#question = question
    this.#startedMs = startedMs
  }

  /** Why no answer has come so far. */
  note(reason: string): void {
    this.#reason = reason
  }

  /** Records the reply; returns the ask as it is now. */
  end(reply: Reply, nowMs: Milliseconds): Attempt {
    this.#endedMs = nowMs
    this.#reason = reply.kind === 'failure' ? reply.reason : undefined
    this.#outcome = reply.kind === 'failure' ? reply.outcome : reply.kind === 'negative' ? reply.rcode : 'NOERROR'
    this.hasAddresses = reply.kind === 'addresses' || reply.kind === 'alias'
    return this.toAttempt(nowMs)
  }

  /** Records that it was given up: `timeout` if that was after `patienceMs`, else another server was quicker. */
  endUnanswered(patienceMs: Milliseconds, nowMs: Milliseconds): Attempt {
    this.#endedMs = nowMs
    this.#outcome = nowMs - this.#startedMs >= patienceMs ? 'timeout' : 'cancelled'
    return this.toAttempt(nowMs)
  }

  toAttempt(nowMs: Milliseconds): Attempt {
    const attempt = {
      server: this.#server,
      outcome: this.#outcome,
      durationMs: (this.#endedMs ?? nowMs) - this.#startedMs,
      question: this.#question,
    }
    return this.#reason === undefined ? attempt : { ...attempt, reason: this.#reason }
  }

  /** `udp://192.0.2.53:53: SERVFAIL for A b0.example after 3 ms`. */
  toStep(nowMs: Milliseconds): string {
    const end = this.#endedMs === undefined ? 'no answer yet' : this.#outcome
    const why = this.#reason === undefined ? '' : ` (${this.#reason})`
    const ms = Math.round((this.#endedMs ?? nowMs) - this.#startedMs)
    return `${this.#server}: ${end}${why} for ${this.#question} after ${ms} ms`
  }
}

/** An ask that has not ended. */
export type OpenAttempt = Pick<AttemptRecord, 'note' | 'end' | 'endUnanswered'>

/** Cap on recorded attempts: with many servers and candidates the rest would say the same. */
const maxRecords = 64

/** Which servers were asked, and what each said, in the order of asking. */
export class AttemptLog {
  readonly #records: AttemptRecord[] = []

  begin(server: string, question: string, startedMs: Milliseconds): OpenAttempt {
    const record = new AttemptRecord(server, question, startedMs)
    if (this.#records.length < maxRecords) this.#records.push(record)
    return record
  }

  /** Every ask so far; one that has no answer yet is a `timeout`. */
  list(nowMs: Milliseconds): readonly Attempt[] {
    return this.#records.map(record => record.toAttempt(nowMs))
  }

  /** Each ask so far that led to no addresses, in words. */
  steps(nowMs: Milliseconds): readonly string[] {
    return this.#records.filter(({ hasAddresses }) => !hasAddresses).map(record => record.toStep(nowMs))
  }
}
