import type { Milliseconds } from '../../../lib/units.js'
import type { Later } from '../timers.js'

/** Ends a request that takes too long, as a whole or in the phase that it is in. */
export class Watchdog {
  /** Aborted, with an Error that says what was waited for, when a time has run out or `abort` was called. */
  readonly signal: AbortSignal
  readonly #controller = new AbortController()
  readonly #later: Later
  readonly #endTotal: () => void
  #endPhase: () => void = () => undefined

  constructor(later: Later, totalMs: Milliseconds) {
    this.signal = this.#controller.signal
    this.#later = later
    this.#endTotal = later(totalMs, () => this.abort(new Error(`not done after ${totalMs} ms`)))
  }

  /** The phase before is over; the new one may take as long as this. */
  phase(missing: string, limitMs: Milliseconds): void {
    this.#endPhase()
    this.#endPhase = this.#later(limitMs, () => this.abort(new Error(`${missing} after ${limitMs} ms`)))
  }

  abort(reason: Error): void {
    this.stop()
    this.#controller.abort(reason)
  }

  /** No time runs out any more. */
  stop(): void {
    this.#endTotal()
    this.#endPhase()
  }

  /** The same outcome, or a rejection with the signal's reason as soon as it is aborted. */
  async guard<T>(outcome: Promise<T>): Promise<T> {
    let release: () => void = () => undefined
    const aborted = new Promise<never>((_resolve, reject) => {
      const onAbort = () => reject(this.signal.reason as Error) // only `abort` above sets it
      release = () => this.signal.removeEventListener('abort', onAbort)
      if (this.signal.aborted) onAbort()
      else this.signal.addEventListener('abort', onAbort)
    })
    try {
      return await Promise.race([outcome, aborted])
    } finally {
      release()
    }
  }
}
