import type { Milliseconds } from '../../units.js'
import type { Attempt } from '../types.js'

/** How an ask of one server ended. `reason` says more where the outcome's code alone would be a riddle. */
export interface AttemptEnd {
  readonly outcome: string
  readonly reason?: string | undefined
  readonly hasAddresses: boolean
}

/** One ask of one server. */
class AttemptRecord {
  readonly #server: string
  readonly #question: string
  readonly #startedMs: Milliseconds
  #endedMs: Milliseconds | undefined
  #end: AttemptEnd = { outcome: 'timeout', hasAddresses: false }

  constructor(server: string, question: string, startedMs: Milliseconds) {
    this.#server = server
    this.#question = question
    this.#startedMs = startedMs
  }

  get hasAddresses(): boolean {
    return this.#end.hasAddresses
  }

  /** Records how it ended; returns it as it is now. */
  end(end: AttemptEnd, nowMs: Milliseconds): Attempt {
    this.#end = end
    this.#endedMs = nowMs
    return this.toAttempt(nowMs)
  }

  toAttempt(nowMs: Milliseconds): Attempt {
    const { outcome, reason } = this.#end
    const attempt = {
      server: this.#server,
      outcome,
      durationMs: (this.#endedMs ?? nowMs) - this.#startedMs,
      question: this.#question,
    }
    return reason === undefined ? attempt : { ...attempt, reason }
  }

  /** `udp://192.0.2.53:53: SERVFAIL for A b0.example after 3 ms`. */
  toStep(nowMs: Milliseconds): string {
    const { server, outcome, reason, question, durationMs } = this.toAttempt(nowMs)
    const end = this.#endedMs === undefined ? 'no answer yet' : outcome
    const why = reason === undefined ? '' : ` (${reason})`
    return `${server}: ${end}${why} for ${question} after ${Math.round(durationMs)} ms`
  }
}

/** An ask that has not ended. */
export type OpenAttempt = Pick<AttemptRecord, 'end'>

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
