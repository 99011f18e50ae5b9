import { SplitDnsError } from '../errors.js'
import type { Milliseconds } from '../../lib/units.js'

/** Calls back once after the delay unless what it returned is called before. Never holds the event loop open. */
export type Later = (delayMs: Milliseconds, run: () => void) => () => void

/** `Later` by Node's own timers. */
export const later: Later = (delayMs, run) => {
  const timer = setTimeout(run, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

/** What everything rejects with that was waiting when the map's keeper was closed, or is asked for afterwards. */
export const closedError = (): SplitDnsError => new SplitDnsError('ERR_SPLIT_DNS_CLOSED', 'kafka-split-dns is closed')

/** The timers of one source. After `close` none is left, none fires, and every pause has been rejected. */
export class Timers {
  readonly #later: Later
  readonly #cancels = new Set<() => void>()
  #isClosed = false

  constructor(start: Later) {
    this.#later = start
  }

  isClosed(): boolean {
    return this.#isClosed
  }

  /** As `Later`; does nothing once closed. */
  after(delayMs: Milliseconds, run: () => void): () => void {
    return this.#start(delayMs, run, () => undefined)
  }

  /** Fulfilled after the delay; rejected with `ERR_SPLIT_DNS_CLOSED` by `close`. */
  pause(delayMs: Milliseconds): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError())
    return new Promise((resolve, reject) => {
      this.#start(delayMs, resolve, () => reject(closedError()))
    })
  }

  close(): void {
    this.#isClosed = true
    for (const cancel of [...this.#cancels]) cancel()
  }

  #start(delayMs: Milliseconds, run: () => void, onCancel: () => void): () => void {
    if (this.#isClosed) return () => undefined
    const stop = this.#later(delayMs, () => {
      this.#cancels.delete(cancel)
      run()
    })
    const cancel = () => {
      if (!this.#cancels.delete(cancel)) return
      stop()
      onCancel()
    }
    this.#cancels.add(cancel)
    return cancel
  }
}

// The longest delay that Node's timers take; the timer is there to be counted by the event loop, not to fire.
const longestMs = 2 ** 31 - 1

/**
 * The same outcome, and the process stays alive until it is there: everything below is unref'd, so without this a
 * script that awaits nothing else would end in the middle of its `await` (Node's exit code 13).
 */
export async function holding<T>(outcome: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, longestMs)
  try {
    return await outcome
  } finally {
    clearInterval(timer)
  }
}

/** Runs tasks one after another; one's failure doesn't concern the next. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(task, task)
    this.#last = turn.catch(() => undefined)
    return turn
  }
}
