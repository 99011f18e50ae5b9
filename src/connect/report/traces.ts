import { tracingChannel, type TracingChannel } from 'node:diagnostics_channel'
import type { Answer, AnswerSource } from '../../../lib/resolver/types.js'
import type { Seconds } from '../../../lib/units.js'
import type { Decision, Route } from '../../map/types.js'
import type { ConnectEvent, LookupEvent, Tried } from '../context.js'

/** The message of `kafka-split-dns:lookup`, one object a look-up: what is optional is there from `asyncStart` on. */
export interface LookupTrace {
  readonly host: string
  readonly port: number | undefined
  readonly rule: Route['rule']
  /** null where the look-up failed. */
  source?: AnswerSource | null
  addresses?: readonly string[]
  ttl?: Seconds
  error?: Error
}

/** The message of `kafka-split-dns:connect`, one object a connect: what is optional is there from `asyncStart` on. */
export interface ConnectTrace {
  readonly host: string
  readonly port: number
  readonly isTls: boolean
  /** null where no rule matches; undefined at the start where no map is in force yet. */
  rule: Route['rule'] | undefined
  /** The target as the map writes it, braces unexpanded; null before the look-up, or for the fallback `original`. */
  target?: string | null
  address?: string | null
  addressPort?: number
  outcome?: ConnectEvent['outcome']
  tried?: readonly Tried[]
  error?: Error
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
 * What `look` gives, traced where somebody listens; `look` is handed what takes the look-up's end.
 * @internal
 */
export function traceLookup<T>(
  { route: { host, port, rule } }: Decision,
  look: (tell: (event: LookupEvent) => void) => Promise<T>,
): Promise<T> {
  if (!areLookupsTraced()) return look(() => undefined)
  const trace: LookupTrace = { host, port, rule }
  const found = lookups.start.runStores(trace, () =>
    look(({ source, addresses, ttl }) => Object.assign(trace, { source, addresses, ttl })),
  )
  lookups.end.publish(trace)
  return found.then(
    value => {
      publishEnd(lookups, trace)
      return value
    },
    (error: unknown) => {
      trace.error = error instanceof Error ? error : new Error(String(error))
      publishEnd(lookups, trace)
      throw error
    },
  )
}

/**
 * A look-up that was answered from memory, as a trace that has ended. To be called where look-ups are traced.
 * @internal
 */
export function traceHit({ route: { host, port, rule } }: Decision, { source, addresses, ttl }: Answer): void {
  const trace: LookupTrace = { host, port, rule, source, addresses: addresses.map(({ address }) => address), ttl }
  lookups.start.publish(trace)
  lookups.end.publish(trace)
  publishEnd(lookups, trace)
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

  /** What `connect` gives, with what the listeners bound to the channel's start in force for it. */
  run<T>(connect: () => T): T {
    this.#hasBegun = true
    try {
      return connects.start.runStores(this.#trace, connect)
    } catch (error) {
      this.end({ outcome: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
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
  end(outcome: Partial<ConnectTrace>): void {
    publishEnd(connects, Object.assign(this.#trace, outcome))
  }
}

/**
 * The connect's span, or undefined where nobody listens.
 * @internal
 */
export function openSpan(trace: ConnectTrace): ConnectSpan | undefined {
  return connects.hasSubscribers ? new ConnectSpan(trace) : undefined
}

function publishEnd<Trace extends { error?: Error }>(channel: TracingChannel<unknown, Trace>, trace: Trace): void {
  if (trace.error !== undefined) channel.error.publish(trace)
  channel.asyncStart.publish(trace)
  channel.asyncEnd.publish(trace)
}
