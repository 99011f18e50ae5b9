import timers from 'node:timers'
import type { Milliseconds } from '../../lib/units.js'
import { SplitDnsError } from '../errors.js'

/** Calls back once after the delay unless what it returned is called before. Never holds the event loop open. */
export type Later = (delayMs: Milliseconds, run: () => void) => () => void

// Taken once: fake timers that a user's test installs later must not stop a map from being read.
const { setTimeout, clearTimeout } = timers

/** `Later` by Node's own timers. */
export const later: Later = (delayMs, run) => {
  const timer = setTimeout(run, delayMs)
  timer.unref()
  return () => clearTimeout(timer)
}

/** What every pending call rejects with when the map's keeper is closed, and every later call. */
export const closedError = (): SplitDnsError => new SplitDnsError('ERR_SPLIT_DNS_CLOSED', 'kafka-split-dns is closed')

/** The pauses of one source. After `close` no timer is left, and every pause has been rejected. */
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

  /** Fulfilled after the delay; rejected with `ERR_SPLIT_DNS_CLOSED` by `close`, also where that was before. */
  pause(delayMs: Milliseconds): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError())
    return new Promise((resolve, reject) => {
      const stop = this.#later(delayMs, () => {
        this.#cancels.delete(cancel)
        resolve()
      })
      const cancel = () => {
        stop()
        reject(closedError())
      }
      this.#cancels.add(cancel)
    })
  }

  close(): void {
    this.#isClosed = true
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
  }
}

/** The same promise; its rejection ends no process if it is not handled (a signal handler may call `reload`). */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

/** Runs tasks one after another, whether the task before failed or not. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task, task)
    this.#last = result.catch(() => undefined)
    return result
  }
}
