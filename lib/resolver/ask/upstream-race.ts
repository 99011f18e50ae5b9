import { Canceller, type CancelSignal } from '../../cancel.js'
import { defer } from '../../deferred.js'
import { startTimer, stopTimer } from '../../timers.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'
import type { Verdict } from './chain.js'

/** A verdict that is an answer, and who gave it. */
export interface Answered {
  readonly server: string
  readonly verdict: Exclude<Verdict, { readonly kind: 'unusable' }>
}

export interface RaceOptions {
  /** In the order of asking, at least one. */
  readonly upstreams: readonly Upstream[]
  readonly intervalMs: Milliseconds
  /** Never rejects; ends soon after the signal's abort. */
  readonly ask: (upstream: Upstream, signal: CancelSignal) => Promise<Verdict>
  /** A server has been waited for and was silent; it may still answer. */
  readonly onSilent: (upstream: Upstream) => void
  /** Every server has been asked and waited for, and none has answered; may be called more than once. */
  readonly onSilence: () => void
}

/** How often a silent server is asked: a lost packet is far more common than a dead server. */
const asksPerServer = 2

/**
 * One question, asked of one server after another until one answers: the next is asked as well when the last is silent
 * for an interval, and at once when it failed. Begins when made.
 */
export class UpstreamRace {
  /** The first answer; undefined when every server has failed, or on `cancel`. Until then it may stay open for ever. */
  readonly answered: Promise<Answered | undefined>
  readonly #options: RaceOptions
  readonly #answered = defer<Answered | undefined>()
  readonly #canceller = new Canceller()
  readonly #failed: Upstream[] = []
  #next = 0
  #asked = 0
  #pending = 0
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: RaceOptions) {
    this.#options = options
    this.answered = this.#answered.promise
    this.#askNext()
  }

  cancel(): void {
    this.#finish(undefined)
  }

  #askNext(): void {
    stopTimer(this.#timer)
    const upstream = this.#takeNext()
    if (upstream !== undefined) {
      const turn = ++this.#asked
      this.#timer = startTimer(() => this.#passOver(upstream, turn), this.#options.intervalMs)
      void this.#ask(upstream)
    } else if (this.#pending === 0) {
      this.#finish(undefined)
    } else {
      this.#options.onSilence()
    }
  }

  /** In the order given, over and over; who has failed is left out. */
  #takeNext(): Upstream | undefined {
    const { upstreams } = this.#options
    while (this.#next < asksPerServer * upstreams.length) {
      const upstream = upstreams[this.#next++ % upstreams.length]
      if (upstream !== undefined && !this.#failed.includes(upstream)) return upstream
    }
    return undefined
  }

  async #ask(upstream: Upstream): Promise<void> {
    this.#pending++
    const verdict = await this.#options.ask(upstream, this.#canceller)
    this.#pending--
    if (this.#isOver) return
    if (verdict.kind === 'unusable') {
      this.#failed.push(upstream)
      this.#askNext()
    } else {
      this.#finish({ server: upstream.label, verdict })
    }
  }

  /** `turn`: which of the asks it was; the timer may be late. */
  #passOver(upstream: Upstream, turn: number): void {
    if (this.#isOver || turn !== this.#asked) return
    this.#options.onSilent(upstream)
    // A lone server has had its second chance by then.
    if (turn >= Math.max(this.#options.upstreams.length, asksPerServer)) this.#options.onSilence()
    this.#askNext()
  }

  #finish(answered: Answered | undefined): void {
    stopTimer(this.#timer)
    this.#isOver = true
    this.#answered.resolve(answered)
    if (this.#pending > 0) this.#canceller.abort()
  }
}
