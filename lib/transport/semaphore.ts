import type { CancelSignal } from '../cancel.js'

/** Lets at most so many tasks run at a time; the others wait in the order in which they came. */
export class Semaphore {
  readonly #waiting = new Set<() => void>()
  #limit: number
  /** Below zero where the limit was lowered to less than what runs. */
  #free: number
  #isHandingOn = false

  constructor(limit: number) {
    this.#limit = limit
    this.#free = limit
  }

  /** Holds from now on; what already runs is not stopped. */
  setLimit(limit: number): void {
    this.#free += limit - this.#limit
    this.#limit = limit
    this.#startWaiting()
  }

  /** Calls `start` now or once there is room. Each call is followed by one of `leave`. */
  acquire(start: () => void): void {
    if (this.#free <= 0) {
      this.#waiting.add(start)
      return
    }
    this.#free--
    start()
  }

  /** Resolves, once there is room, with what gives it back; rejects with the signal's reason if that comes first. */
  enter(signal: CancelSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const fail: (reason: unknown) => void = reject
      const leave = () => this.leave(start)
      const onAbort = () => {
        leave()
        fail(signal.reason)
      }
      const start = () => {
        signal.removeEventListener('abort', onAbort)
        resolve(leave)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.acquire(start)
    })
  }

  /** Gives the room of what was started to the next that waits; what still waits leaves the queue. */
  leave(start: () => void): void {
    if (this.#waiting.delete(start)) return
    this.#free++
    if (this.#waiting.size > 0) this.#startWaiting()
  }

  /** Not recursive, however many starts fail at once. */
  #startWaiting(): void {
    if (this.#isHandingOn) return
    this.#isHandingOn = true
    for (const next of this.#waiting) {
      if (this.#free <= 0) break
      this.#waiting.delete(next)
      this.#free--
      next()
    }
    this.#isHandingOn = false
  }
}
