import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'
import { toError } from '../../../lib/thrown.js'
import type { AskedBroker, ConnectPayload, LookupPayload } from './events.js'

/** A payload on its channel: what is optional is there from `asyncStart` on, `error` only where there is one. */
type Trace<Payload extends { readonly error: Error | null }, Known extends keyof Payload> = Pick<Payload, Known> &
  Partial<Omit<Payload, Known | 'error'>> & { error?: Error }

/** The message of `kafka-split-dns:lookup`, one object a look-up. */
export type LookupTrace = Trace<LookupPayload, keyof AskedBroker>

/** The message of `kafka-split-dns:connect`, one object a connect. `rule` is undefined while no map is in force yet. */
export type ConnectTrace = Trace<Omit<ConnectPayload, 'rule'>, 'host' | 'port' | 'isTls'> & {
  rule: ConnectPayload['rule'] | undefined
}

// Made once, as Node advises; nobody listens yet.
const lookups = tracingChannel<unknown, LookupTrace>('kafka-split-dns:lookup')
const connects = tracingChannel<unknown, ConnectTrace>('kafka-split-dns:connect')

/**
 * True where somebody listens to look-ups.
 * @internal
 */
export const areLookupsTraced = (): boolean => lookups.hasSubscribers

/**
 * What `look` returns, traced where somebody listens: then `look` gets `end`, and calls it with the payload before it settles.
 * @internal
 */
export function traceLookup<T>(
  { host, port, rule }: AskedBroker,
  look: (end?: (payload: LookupPayload) => void) => Promise<T>,
): Promise<T> {
  if (!lookups.hasSubscribers) return look()
  const trace: LookupTrace = { host, port, rule }
  const found = lookups.start.runStores(trace, () => look(payload => publishEnd(lookups, trace, payload)))
  lookups.end.publish(trace)
  return found
}

/**
 * A look-up that was answered from memory, as a trace that has ended. To be called where look-ups are traced.
 * @internal
 */
export function traceHit(payload: LookupPayload): void {
  const { host, port, rule } = payload
  const trace: LookupTrace = { host, port, rule }
  lookups.start.publish(trace)
  lookups.end.publish(trace)
  publishEnd(lookups, trace, payload)
}

/**
 * One connect, for those who listen.
 * @internal
 */
export class ConnectSpan {
  readonly #trace: ConnectTrace
  #hasBegun = false

  constructor(trace: ConnectTrace) {
    this.#trace = trace
  }

  /** What `connect` returns; what the listeners bound to the channel's start is in force for it. */
  run<T>(connect: () => T): T {
    this.#hasBegun = true
    try {
      return connects.start.runStores(this.#trace, connect)
    } catch (error) {
      publishEnd(connects, this.#trace, { outcome: 'failed', error: toError(error) })
      throw error
    } finally {
      connects.end.publish(this.#trace)
    }
  }

  /** For a socket that others have made connect. */
  begin(): void {
    if (!this.#hasBegun) this.run(() => undefined)
  }

  /** To be called once. */
  end(payload: ConnectPayload): void {
    publishEnd(connects, this.#trace, payload)
  }
}

/**
 * The connect's span, or undefined where nobody listens.
 * @internal
 */
export function openSpan(trace: ConnectTrace): ConnectSpan | undefined {
  return connects.hasSubscribers ? new ConnectSpan(trace) : undefined
}

function publishEnd<Message extends object>(
  channel: TracingChannel<unknown, Message>,
  trace: Message,
  { error, ...ended }: Partial<Omit<ConnectPayload & LookupPayload, 'error'>> & { readonly error: Error | null },
): void {
  Object.assign(trace, ended, error === null ? {} : { error })
  if (error !== null) channel.error.publish(trace)
  channel.asyncStart.publish(trace)
  channel.asyncEnd.publish(trace)
}

/**
 * Calls the observer; its throw ends here, because a listener's fault is no reason not to connect.
 * @internal
 */
export function notify(call: () => void): void {
  try {
    call()
  } catch {
    // The owner reports its listeners' throws itself.
  }
}
