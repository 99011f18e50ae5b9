import { callUser } from './log.js'

/** The events of `Events` (name to payload), each heard by any number of listeners. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(payload: never) => void>>()
  readonly #onListenerError: (error: unknown, event: string) => void

  /** `onListenerError` gets what a listener throws: it must never reach a connect. */
  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError
  }

  /** From now on `listener` is called at each such event, once however often it is added. */
  on<Name extends keyof Events>(event: Name, listener: (payload: Events[Name]) => void): void {
    const listeners = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, listeners)
    listeners.add(listener)
  }

  /** From now on `listener` is not called any more. */
  off<Name extends keyof Events>(event: Name, listener: (payload: Events[Name]) => void): void {
    this.#listeners.get(event)?.delete(listener)
  }

  /** True where the event has a listener: without one no payload need be made. */
  has(event: keyof Events): boolean {
    return (this.#listeners.get(event)?.size ?? 0) > 0
  }

  /** Calls the listeners, synchronously, in the order in which they were added. Never throws. */
  emit<Name extends keyof Events>(event: Name, payload: Events[Name]): void {
    const listeners = this.#listeners.get(event)
    if (listeners === undefined) return
    for (const listener of listeners) {
      callUser(
        // `on` ties the listener's type to the event's payload.
        () => listener(payload as never),
        error => this.#onListenerError(error, String(event)),
      )
    }
  }

  /** Takes all listeners off. */
  clear(): void {
    this.#listeners.clear()
  }
}
