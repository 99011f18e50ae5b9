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
 * True where somebody listens to connects.
 * @internal
 */
export const areConnectsTraced = (): boolean => connects.hasSubscribers

/**
 * What `connect` returns; what the listeners bound to the channel's start is in force for it. To be called where
 * connects are traced.
 * @internal
 */
export function traceConnect<T>(trace: ConnectTrace, connect: () => T): T {
  try {
    return connects.start.runStores(trace, connect)
  } catch (error) {
    publishEnd(connects, trace, { outcome: 'failed', error: toError(error) })
    throw error
  } finally {
    connects.end.publish(trace)
  }
}

/**
 * The connect that was traced is over. To be called once.
 * @internal
 */
export function endConnectTrace(trace: ConnectTrace, payload: ConnectPayload): void {
  publishEnd(connects, trace, payload)
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
