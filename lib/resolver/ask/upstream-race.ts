import { Canceller } from '../../cancel.js'
import { startTimer, stopTimer } from '../../timers.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import type { Reply } from './chain.js'
import type { AttemptRecord, UpstreamClient } from './upstream-client.js'

/**
 * Why the reply to a question will take a while. `silent`: every server was asked and waited for, and none has answered.
 * `weak`: only a server whose negative proves nothing has answered, and those before it get their last chance.
 */
export type Stall = 'weak' | 'silent'

export interface RaceOptions {
  /** As configured, at least one: what the first says is final, a negative of another is weak. */
  readonly upstreams: readonly Upstream[]
  /** How long a server is waited for before the next is asked as well. */
  readonly intervalMs: Milliseconds
  readonly log: AttemptRecord[]
  /** May be called more than once. */
  readonly onStall: (stall: Stall) => void
  /** Called once, with the reply that counts: a failure when every server has failed, or on `cancel`. */
  readonly onReply: (reply: Reply) => void
}

/** How often a silent server is asked: a lost packet is far more common than a dead server. */
const asksPerServer = 2

/** A server in the race. */
interface Contestant {
  readonly upstream: Upstream
  /** Its place in the configured list, from 0. */
  readonly rank: number
  asks: number
  askedAtMs: Milliseconds
  pending: number
  /** It has failed, or has given a weak negative: it is not asked again. */
  isOut: boolean
}

/**
 * One question, asked of one server after another until one answers: the next is asked as well when the last is silent
 * for an interval, and at once when it failed. Begins when made.
 *
 * Servers are not equals: the second may know nothing of the first one's private zone. So its negative ends the race
 * only after each server before it has had its second ask, or its first one where it is demoted, and an interval for it.
 */
export class UpstreamRace {
  readonly #client: UpstreamClient
  readonly #question: Question
  readonly #options: RaceOptions
  readonly #canceller = new Canceller()
  readonly #contestants: readonly Contestant[]
  #weak: { readonly rank: number; readonly reply: Reply } | undefined
  #next = 0
  #asked = 0
  #isOver = false
  #timer: NodeJS.Timeout | undefined

  constructor(client: UpstreamClient, question: Question, options: RaceOptions) {
    const { upstreams } = options
    this.#client = client
    this.#question = question
    this.#options = options
    this.#contestants = client.states.order(upstreams, client.now()).map(upstream => {
      return { upstream, rank: upstreams.indexOf(upstream), asks: 0, askedAtMs: 0, pending: 0, isOut: false }
    })
    this.#askNext()
  }

  cancel(): void {
    this.#finish(failed)
  }

  #askNext(): void {
    stopTimer(this.#timer)
    // In the order given, over and over; a server that is out is left out.
    const contestants = this.#contestants
    let contestant: Contestant | undefined
    while (contestant === undefined && this.#next < asksPerServer * contestants.length) {
      const next = contestants[this.#next++ % contestants.length]
      if (next?.isOut === false) contestant = next
    }
    if (contestant !== undefined) {
      const turn = ++this.#asked
      this.#timer = startTimer(() => this.#passOver(contestant, turn), this.#options.intervalMs)
      void this.#ask(contestant)
    } else if (contestants.every(({ pending }) => pending === 0)) {
      this.#finish(failed)
    } else {
      this.#options.onStall('silent')
    }
  }

  async #ask(contestant: Contestant): Promise<void> {
    const isSecondAsk = contestant.asks++ > 0
    contestant.pending++
    contestant.askedAtMs = this.#client.now()
    const options = { log: this.#options.log, isSecondAsk, signal: this.#canceller }
    const reply = await this.#client.ask(contestant.upstream, this.#question, options)
    contestant.pending--
    if (!this.#isOver) this.#take(contestant, reply)
  }

  #take(contestant: Contestant, reply: Reply): void {
    const isFirst = contestant.rank === 0
    if (reply.kind === 'addresses' || (isFirst && reply.kind !== 'failure')) {
      this.#finish(reply)
      return
    }
    if (reply.kind === 'alias') {
      this.#finish({ ...reply, isWeak: true })
      return
    }
    contestant.isOut = true
    if (reply.kind === 'negative') this.#keepWeak(contestant.rank, { ...reply, isWeak: true })
    else if (this.#weak === undefined) {
      this.#askNext()
      return
    }
    this.#finishIfDecided()
  }

  /** Asks all servers before it that may still say something, at once. */
  #keepWeak(rank: number, reply: Reply): void {
    const isFirst = this.#weak === undefined
    if (this.#weak === undefined || rank < this.#weak.rank) this.#weak = { rank, reply }
    if (!isFirst) return
    stopTimer(this.#timer)
    for (const each of this.#contestants) {
      if (each.rank < rank && !each.isOut && each.asks < asksPerServer) void this.#ask(each)
    }
    this.#timer = startTimer(() => this.#endLastChance(), this.#options.intervalMs)
    this.#options.onStall('weak')
  }

  #finishIfDecided(): void {
    const weak = this.#weak
    if (weak !== undefined && this.#contestants.every(each => each.rank >= weak.rank || each.pending === 0))
      this.#finish(weak.reply)
  }

  #endLastChance(): void {
    if (this.#isOver || this.#weak === undefined) return
    for (const each of this.#contestants) if (each.pending > 0) this.#noteSilence(each)
    this.#finish(this.#weak.reply)
  }

  /** `turn`: which of the asks it was; the timer may be late. */
  #passOver(contestant: Contestant, turn: number): void {
    if (this.#isOver || this.#weak !== undefined || turn !== this.#asked) return
    this.#noteSilence(contestant)
    // A lone server has had its second chance by then.
    if (turn >= Math.max(this.#contestants.length, asksPerServer)) this.#options.onStall('silent')
    this.#askNext()
  }

  /** It has been waited for; it may still answer. */
  #noteSilence({ upstream, askedAtMs }: Contestant): void {
    const { states, now } = this.#client
    states.wasSilent(upstream, this.#question.name, askedAtMs, now())
  }

  #finish(reply: Reply): void {
    if (this.#isOver) return
    stopTimer(this.#timer)
    this.#isOver = true
    this.#options.onReply(reply)
    if (this.#contestants.some(({ pending }) => pending > 0)) this.#canceller.abort()
  }
}

const failed: Reply = { kind: 'failure', outcome: 'timeout' }
