import type { CancelSignal } from '../cancel.js'

/** Lets at most so many tasks run at a time; the others wait in the order in which they came. */
export class Slots {
  readonly #waiting = new Set<() => void>()
  #free: number
  #isHandingOn = false

  constructor(limit: number) {
    this.#free = limit
  }

  /** Calls `start` now or once a slot is free. Each start is followed by one `release`. */
  acquire(start: () => void): void {
    if (this.#free === 0) {
      this.#waiting.add(start)
      return
    }
    this.#free--
    start()
  }

  /** Resolves once a slot is held, which `release` gives back; rejects with the signal's reason if that comes first. */
  enter(signal: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      const fail: (reason: unknown) => void = reject
      const onAbort = () => {
        if (this.cancel(start)) fail(signal.reason)
      }
      const start = () => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.acquire(start)
    })
  }

  /** Takes `start` out of the queue. False: it was started, so its slot is released and not cancelled. */
  cancel(start: () => void): boolean {
    return this.#waiting.delete(start)
  }

  /** Gives the slot back, and starts who waits for it. Not recursive, however many starts fail at once. */
  release(): void {
    this.#free++
    if (this.#isHandingOn) return
    this.#isHandingOn = true
    for (const next of this.#waiting) {
      if (this.#free === 0) break
      this.#waiting.delete(next)
      this.#free--
      next()
    }
    this.#isHandingOn = false
  }
}
