/** Those who wait for one thing that may come. */
export class Waiters<T> {
  readonly #waiting = new Set<{ readonly resolve: (value: T) => void; readonly reject: (reason: Error) => void }>()

  get count(): number {
    return this.#waiting.size
  }

  /** Settled by `fulfil` or `fail`; an abort of the signal rejects this one alone, with the signal's reason. */
  wait(signal?: AbortSignal): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      signal?.throwIfAborted()
      const leave = () => {
        this.#waiting.delete(waiter)
        signal?.removeEventListener('abort', onAbort)
      }
      const settle =
        <V>(how: (value: V) => void) =>
        (value: V) => {
          leave()
          how(value)
        }
      const onAbort = () => settle(reject)(signal?.reason)
      const waiter = { resolve: settle<T>(resolve), reject: settle<Error>(reject) }
      signal?.addEventListener('abort', onAbort)
      this.#waiting.add(waiter)
    })
  }

  fulfil(value: T): void {
    for (const { resolve } of [...this.#waiting]) resolve(value)
  }

  fail(reason: Error): void {
    for (const { reject } of [...this.#waiting]) reject(reason)
  }
}
