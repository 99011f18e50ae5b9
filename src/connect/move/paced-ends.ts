import { startTimer, stopTimer } from '../../../lib/timers.js'
import type { Milliseconds } from '../../../lib/units.js'

const shortestGapMs: Milliseconds = 100
const longestGapMs: Milliseconds = 1_000

export interface PacedEndsOptions<Connection> {
  /** Which broker it belongs to. */
  readonly brokerOf: (connection: Connection) => string
  /** False: not now. It is asked again after at most 1 s. */
  readonly mayEnd: (connection: Connection) => boolean
  readonly end: (connection: Connection) => void
}

/**
 * Ends connections one after another, so that a client never loses all its brokers at once: the next one goes when the
 * broker of the last has been connected again, or after 1 s (nobody may have needed it), never within 100 ms.
 */
export class PacedEnds<Connection> {
  readonly #options: PacedEndsOptions<Connection>
  readonly #queue = new Set<Connection>()
  #awaited: string | undefined
  #shortest: NodeJS.Timeout | undefined
  #longest: NodeJS.Timeout | undefined

  constructor(options: PacedEndsOptions<Connection>) {
    this.#options = options
  }

  get size(): number {
    return this.#queue.size
  }

  /** It is ended in its turn, on a later tick. */
  add(connection: Connection): void {
    this.#queue.add(connection)
    if (this.#longest === undefined) this.#wait(undefined, 0)
  }

  /** It stays, or is gone by itself. */
  remove(connection: Connection): void {
    this.#queue.delete(connection)
  }

  /** The broker was connected: if it is the last one that lost a connection, the next may. */
  connected(broker: string): void {
    if (broker !== this.#awaited) return
    this.#awaited = undefined
    if (this.#shortest === undefined) this.#step()
  }

  close(): void {
    this.#queue.clear()
    this.#stop()
  }

  #step(): void {
    this.#stop()
    const { mayEnd, end, brokerOf } = this.#options
    for (const connection of this.#queue) {
      if (!mayEnd(connection)) continue
      this.#queue.delete(connection)
      const broker = brokerOf(connection)
      this.#wait(broker, longestGapMs)
      end(connection)
      return
    }
    if (this.#queue.size > 0) this.#wait(undefined, longestGapMs)
  }

  #wait(broker: string | undefined, atMostMs: Milliseconds): void {
    this.#stop()
    this.#awaited = broker
    this.#longest = startTimer(() => this.#step(), atMostMs)
    if (broker === undefined) return
    this.#shortest = startTimer(() => {
      this.#shortest = undefined
      if (this.#awaited === undefined) this.#step()
    }, shortestGapMs)
  }

  #stop(): void {
    stopTimer(this.#shortest)
    stopTimer(this.#longest)
    this.#shortest = undefined
    this.#longest = undefined
    this.#awaited = undefined
  }
}
