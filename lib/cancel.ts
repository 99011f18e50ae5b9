/** Says that nobody needs a task any more. Any AbortSignal is one. */
export interface CancelSignal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}

// Shared: making an error, with its stack, costs as much as all the rest of a query.
const noLongerNeeded = new Error('no longer needed')

/**
 * A signal and the means to set it off, for what is made for each query: Node's AbortController costs a tenth of one.
 * Listeners are called in `abort`, once, in the order in which they were added, and must not throw.
 */
export class Canceller implements CancelSignal {
  aborted = false
  /** undefined until it is aborted. */
  reason: unknown
  readonly #listeners: (() => void)[] = []

  /** Only the first call counts. */
  abort(reason: unknown = noLongerNeeded): void {
    if (this.aborted) return
    this.aborted = true
    this.reason = reason
    // One by one, since a listener may take another one off.
    for (let next = this.#listeners.shift(); next !== undefined; next = this.#listeners.shift()) next()
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason
  }

  /** As with an AbortSignal, one that is added afterwards is never called. */
  addEventListener(_type: 'abort', listener: () => void): void {
    if (!this.aborted && !this.#listeners.includes(listener)) this.#listeners.push(listener)
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const index = this.#listeners.indexOf(listener)
    if (index >= 0) this.#listeners.splice(index, 1)
  }
}

/**
 * The task's outcome, or the signal's reason as soon as it aborts, whatever the task does about that. The task gets a
 * signal of its own, which aborts with the other one: a caller's may live long, and others' code adds listeners to it.
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
