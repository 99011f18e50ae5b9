import type { Milliseconds } from '../../units.js'
import type { Attempt } from '../types.js'

/** A server's part in a look-up. */
class Record {
  readonly server: string
  readonly question: string
  readonly startedMs: Milliseconds
  endedMs: Milliseconds | undefined
  outcome = 'timeout'
  isAnswer = false

  constructor(server: string, question: string, startedMs: Milliseconds) {
    this.server = server
    this.question = question
    this.startedMs = startedMs
  }

  /** Notes what became of it; gives it as it is now. */
  end(outcome: string, isAnswer: boolean, nowMs: Milliseconds): Attempt {
    this.outcome = outcome
    this.isAnswer = isAnswer
    this.endedMs = nowMs
    return toAttempt(this, nowMs)
  }
}

/** A server's part while it is still open. */
export type OpenAttempt = Pick<Record, 'end'>

/** A flood of servers and candidates is told in part; the rest would say the same. */
const maxRecords = 64

/** Who was asked, and what each said, in the order of asking. */
export class AttemptLog {
  readonly #records: Record[] = []

  begin(server: string, question: string, startedMs: Milliseconds): OpenAttempt {
    const record = new Record(server, question, startedMs)
    if (this.#records.length < maxRecords) this.#records.push(record)
    return record
  }

  /** Every server's part so far; one that has said nothing yet is a `timeout`. */
  list(nowMs: Milliseconds): readonly Attempt[] {
    return this.#records.map(record => toAttempt(record, nowMs))
  }

  /** Each part so far that led to no addresses, in words. */
  steps(nowMs: Milliseconds): readonly string[] {
    return this.#records.filter(({ isAnswer }) => !isAnswer).map(record => describe(record, nowMs))
  }
}

const toAttempt = ({ server, outcome, question, startedMs, endedMs }: Record, nowMs: Milliseconds): Attempt => ({
  server,
  outcome,
  durationMs: (endedMs ?? nowMs) - startedMs,
  question,
})

function describe({ server, outcome, question, startedMs, endedMs }: Record, nowMs: Milliseconds): string {
  const said = endedMs === undefined ? 'no answer yet' : outcome
  return `${server}: ${said} for ${question} after ${Math.round((endedMs ?? nowMs) - startedMs)} ms`
}
