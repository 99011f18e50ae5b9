import type { CancelSignal } from '../cancel.js'

/**
 * What the task comes to, or the signal's reason at once when it aborts, whatever the task makes of that. The task has
 * a signal of its own, which aborts with the other one: a caller's may live long, and others' code adds listeners to it.
 */
export function withAbort<T>(signal: CancelSignal, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const controller = new AbortController()
    const fail: (reason: unknown) => void = reject
    const onAbort = () => {
      fail(signal.reason)
      controller.abort()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    void task(controller.signal)
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}
