import timers from 'node:timers'
import type { CancelSignal } from '../../lib/cancel.js'
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

/** Resolves after the delay, or at once when the signal aborts. */
export function pause(delayMs: Milliseconds, later: Later, signal: CancelSignal): Promise<void> {
  return new Promise(resolve => {
    const onAbort = () => {
      stop()
      resolve()
    }
    const stop = later(delayMs, () => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    })
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
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
