import type { ReceivedQuery } from '../../../lib/server/read-query.js'
import { startTimer, stopTimer } from '../../../lib/timers.js'
import type { Milliseconds } from '../../../lib/units.js'
import { debugLines, isDebugging } from '../../observe/debug-lines.js'
import type { QuestionOutcome, QuestionsPayload } from '../../observe/events.js'

const everyMs: Milliseconds = 1_000

const noCounts = (): Record<QuestionOutcome, number> => ({
  answered: 0,
  nodata: 0,
  refused: 0,
  failed: 0,
  passed: 0,
  unanswered: 0,
})

/** Counts questions, and reports the counts once a second where there were any: a report each would cost more than they do. */
export class QuestionCounts {
  readonly #onQuestions: (payload: QuestionsPayload) => void
  #counts = noCounts()
  #timer: NodeJS.Timeout | undefined

  constructor(onQuestions: (payload: QuestionsPayload) => void) {
    this.#onQuestions = onQuestions
  }

  count(outcome: QuestionOutcome, { name, type }: ReceivedQuery): void {
    this.#counts[outcome]++
    if (isDebugging()) debugLines.question(name, type, outcome)
    this.#timer ??= startTimer(() => this.#flush(), everyMs)
  }

  /** Reports what is left. */
  close(): void {
    stopTimer(this.#timer)
    this.#flush()
  }

  #flush(): void {
    // A stopped timer may still call.
    if (this.#timer === undefined) return
    this.#timer = undefined
    const counts = this.#counts
    this.#counts = noCounts()
    this.#onQuestions({ counts })
  }
}
