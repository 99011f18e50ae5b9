import { startTimer, stopTimer } from '../../../lib/timers.js'
import type { Answer, ResolveOptions, Resolver } from '../../../lib/resolver/types.js'
import type { Milliseconds } from '../../../lib/units.js'

const shortestIntervalMs: Milliseconds = 5_000
const longestRetryMs: Milliseconds = 60_000
// What setTimeout takes; a TTL may be longer.
const longestTimerMs: Milliseconds = 2 ** 31 - 1

export interface WatchedTarget {
  readonly host: string
  readonly options: ResolveOptions
  readonly resolver: Resolver
  /** Called after each try, on a later tick; `isGood`: it gave an answer. Never after `close`. */
  readonly onSettled: (isGood: boolean) => void
}

/**
 * What a target's name resolves to, asked again when its TTL ends, at least 5 s apart. After a stale answer or an error
 * it is asked again after 5 s, doubling to a minute. Only a query under way keeps the process alive.
 */
export class TargetWatch {
  readonly #target: WatchedTarget
  #last: Answer | undefined
  #isSettled = false
  #isClosed = false
  #failures = 0
  #timer: NodeJS.Timeout | undefined

  constructor(target: WatchedTarget) {
    this.#target = target
  }

  /** The last good answer. */
  get last(): Answer | undefined {
    return this.#last
  }

  /** False until the first try has ended. */
  get isSettled(): boolean {
    return this.#isSettled
  }

  /** Begins with what the cache knows. Where it knows nothing the name is asked at once, or, as after a connect, later. */
  start(when: 'at once' | 'later'): void {
    const { resolver, host, options } = this.#target
    const known = resolver.peek(host, options)
    if (known !== undefined) this.#take(known)
    else if (when === 'at once') void this.#ask()
    else this.#askIn(shortestIntervalMs)
  }

  close(): void {
    this.#isClosed = true
    stopTimer(this.#timer)
  }

  #askIn(afterMs: Milliseconds): void {
    this.#timer = startTimer(() => void this.#ask(), Math.min(afterMs, longestTimerMs))
  }

  async #ask(): Promise<void> {
    const { resolver, host, options, onSettled } = this.#target
    const answer = await resolver.resolve(host, options).catch(() => undefined)
    if (this.#isClosed) return
    const isGood = answer !== undefined && answer.source !== 'stale'
    if (isGood) this.#take(answer)
    else this.#askIn(Math.min(shortestIntervalMs * 2 ** this.#failures++, longestRetryMs))
    this.#isSettled = true
    onSettled(isGood)
  }

  #take(answer: Answer): void {
    this.#last = answer
    this.#isSettled = true
    this.#failures = 0
    // An address stays what it is.
    if (answer.source !== 'literal') this.#askIn(Math.max(answer.ttl * 1_000, shortestIntervalMs))
  }
}
