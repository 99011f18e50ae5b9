import { defer } from '../deferred.js'
import { startTimer } from '../timers.js'
import type { Upstream } from '../transport/upstream.js'
import type { Milliseconds } from '../units.js'
import type { Verdict } from './chain.js'

/** A verdict that is an answer, and who gave it. */
export type Answered = { readonly server: string } & Exclude<Verdict, { readonly kind: 'unusable' }>

export interface RaceOptions {
  /** In the order of asking, at least one. */
  readonly upstreams: readonly Upstream[]
  readonly intervalMs: Milliseconds
  /** Never rejects; ends soon after the signal's abort. */
  readonly ask: (upstream: Upstream, signal: AbortSignal) => Promise<Verdict>
  /** A server has been waited for and was silent; it may still answer. */
  readonly onSilent: (upstream: Upstream) => void
}

/** How often a silent server is asked: a lost packet is far more common than a dead server. */
const asksPerServer = 2

/**
 * One question, asked of one server after another until one answers: the next is asked as well when the last is silent
 * for an interval, and at once when it failed. Begins when made.
 */
export class UpstreamRace {
  /** The first answer; undefined when every server has failed, or on `cancel`. Until then it may stay open for ever. */
  readonly verdict: Promise<Answered | undefined>
  /** Resolves when every server has been asked and waited for, and none has answered. */
  readonly silence: Promise<void>
  readonly #options: RaceOptions
  readonly #verdict = defer<Answered | undefined>()
  readonly #silence = defer<undefined>()
  readonly #controller = new AbortController()
  readonly #failed = new Set<Upstream>()
  readonly #toAsk: Upstream[]
  #asked = 0
  #pending = 0
  #timer: NodeJS.Timeout | undefined

  constructor(options: RaceOptions) {
    this.#options = options
    this.verdict = this.#verdict.promise
    this.silence = this.#silence.promise
    this.#toAsk = Array.from({ length: asksPerServer }, () => options.upstreams).flat()
    this.#askNext()
  }

  cancel(): void {
    this.#finish(undefined)
  }

  #askNext(): void {
    clearTimeout(this.#timer)
    let upstream = this.#toAsk.shift()
    while (upstream !== undefined && this.#failed.has(upstream)) upstream = this.#toAsk.shift()
    if (upstream !== undefined) {
      this.#timer = startTimer(() => this.#passOver(upstream), this.#options.intervalMs)
      void this.#ask(upstream)
    } else if (this.#pending === 0) {
      this.#finish(undefined)
    }
  }

  async #ask(upstream: Upstream): Promise<void> {
    this.#asked++
    this.#pending++
    const verdict = await this.#options.ask(upstream, this.#controller.signal)
    this.#pending--
    if (this.#controller.signal.aborted) return
    if (verdict.kind === 'unusable') {
      this.#failed.add(upstream)
      this.#askNext()
    } else {
      this.#finish({ ...verdict, server: upstream.label })
    }
  }

  #passOver(upstream: Upstream): void {
    this.#options.onSilent(upstream)
    // A lone server has had its second chance by then.
    if (this.#asked >= Math.max(this.#options.upstreams.length, asksPerServer)) this.#silence.resolve(undefined)
    this.#askNext()
  }

  #finish(verdict: Answered | undefined): void {
    clearTimeout(this.#timer)
    this.#verdict.resolve(verdict)
    this.#controller.abort()
  }
}
