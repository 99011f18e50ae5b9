import { callUser } from './log.js'

type Listeners = Set<(payload: never) => void>

/** The events of `Events` (name to payload), each heard by any number of listeners. */
export class Emitter<Events extends object> {
  /** By event; left out where there is none: no payload need be made then. Without a prototype: any text may be an event. */
  readonly listeners = Object.create(null) as { [Name in keyof Events]?: Listeners }
  readonly #onListenerError: (error: unknown, event: string) => void

  /** `onListenerError` gets what a listener throws: it must never reach a connect. */
  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError
  }

  /** From now on `listener` is called at each such event, once however often it is added. */
  on<Name extends keyof Events>(event: Name, listener: (payload: Events[Name]) => void): void {
    const listeners: Listeners = (this.listeners[event] ??= new Set())
    listeners.add(listener)
  }

  /** From now on `listener` is not called any more. */
  off<Name extends keyof Events>(event: Name, listener: (payload: Events[Name]) => void): void {
    const listeners = this.listeners[event]
    if (listeners?.delete(listener) === true && listeners.size === 0) Reflect.deleteProperty(this.listeners, event)
  }

  /** Calls the listeners, synchronously, in the order in which they were added. Never throws. */
  emit<Name extends keyof Events>(event: Name, payload: Events[Name]): void {
    for (const listener of this.listeners[event] ?? []) {
      callUser(
        // `on` ties the listener's type to the event's payload.
        () => listener(payload as never),
        error => this.#onListenerError(error, String(event)),
      )
    }
  }

  /** Takes all listeners off. */
  clear(): void {
    for (const event of Object.keys(this.listeners)) Reflect.deleteProperty(this.listeners, event)
  }
}
