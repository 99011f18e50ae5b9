import type { Socket } from 'node:net'
import type { Answer, AnswerSource, Attempt } from '../../lib/resolver/types.js'
import type { ConnectEvent, ConnectObserver, LookupEvent, RefusedEvent, StaleEvent } from '../connect/context.js'
import { areLookupsTraced, traceHit } from '../connect/report/traces.js'
import type { Decision } from '../map/types.js'
import { debugLines, isDebugging } from './debug-lines.js'
import type { Emitter } from './emitter.js'
import type { SplitDnsEvents } from './events.js'

/** How often each thing has happened since the start. */
export interface Counts {
  /** Look-ups for mapped names that were answered, by the answer's source. */
  readonly lookups: Readonly<Record<AnswerSource, number>>
  readonly lookupsFailed: number
  readonly connects: Readonly<Record<ConnectEvent['outcome'], number>>
  readonly refused: number
  readonly stale: number
  /** Live connections that were ended because their address is out of use; only with `onMove: reconnect`. */
  readonly moved: number
  /** To nameservers, and getaddrinfo. */
  readonly queries: number
}

/** Gets each connect after it was counted and told, with its socket. */
export type OnConnect = (event: ConnectEvent, socket: Socket) => void

/**
 * Counts what connecting tells, and makes events of it where somebody listens.
 * @internal
 */
export class Recorder implements ConnectObserver {
  readonly #emitter: Emitter<SplitDnsEvents>
  readonly #lookups: Record<AnswerSource, number> = { literal: 0, cache: 0, hosts: 0, dns: 0, system: 0, stale: 0 }
  readonly #connects: Record<ConnectEvent['outcome'], number> = { connected: 0, failed: 0, ended: 0 }
  #lookupsFailed = 0
  #refused = 0
  #stale = 0
  #moved = 0
  readonly #onConnect: OnConnect | undefined
  #queries = 0

  constructor(emitter: Emitter<SplitDnsEvents>, onConnect?: OnConnect) {
    this.#emitter = emitter
    this.#onConnect = onConnect
  }

  hit(decision: Decision, answer: Answer): void {
    this.#lookups[answer.source]++
    if (areLookupsTraced() || isDebugging() || this.#emitter.has('lookup')) this.#tellHit(decision, answer)
  }

  #tellHit(decision: Decision, answer: Answer): void {
    if (areLookupsTraced()) traceHit(decision, answer)
    if (isDebugging()) debugLines.hit(decision, answer)
    if (!this.#emitter.has('lookup')) return
    const addresses = answer.addresses.map(({ address }) => address)
    const { source, ttl } = answer
    this.#emitter.emit('lookup', { ...asked(decision), source, addresses, ttl, durationMs: 0, error: null })
  }

  lookup(event: LookupEvent): void {
    const { decision, source, addresses, ttl, durationMs, error } = event
    if (isDebugging()) debugLines.lookup(event)
    if (source === null) this.#lookupsFailed++
    else this.#lookups[source]++
    this.#emitter.emit('lookup', { ...asked(decision), source, addresses, ttl, durationMs, error })
  }

  connect(event: ConnectEvent, socket: Socket): void {
    const { decision, targetIndex, address, addressPort, outcome, tried, durationMs, error } = event
    this.#connects[outcome]++
    if (isDebugging()) debugLines.connect(event)
    const target = targetIndex === null ? null : (decision.targetTexts[targetIndex] ?? null)
    const payload = { ...asked(decision), target, address, addressPort, outcome, tried, durationMs, error }
    this.#emitter.emit('connect', payload)
    this.#onConnect?.(event, socket)
  }

  refused(event: RefusedEvent): void {
    const { decision, reason, error } = event
    if (isDebugging()) debugLines.refused(event)
    this.#refused++
    this.#emitter.emit('refused', { ...asked(decision), reason, error })
  }

  stale(event: StaleEvent): void {
    const { decision, target, addresses } = event
    if (isDebugging()) debugLines.stale(event)
    this.#stale++
    this.#emitter.emit('stale', { ...asked(decision), target, addresses })
  }

  /** A live connection was ended because its address is out of use. */
  moved(error: Error): void {
    if (isDebugging()) debugLines.moved(error)
    this.#moved++
  }

  /** One query of the resolver to one server is over. */
  query({ server, outcome, question = '', durationMs }: Attempt): void {
    this.#queries++
    const payload = { server, outcome, question, durationMs }
    if (isDebugging()) debugLines.query(payload)
    this.#emitter.emit('query', payload)
  }

  unmapped(decision: Decision): void {
    if (isDebugging()) debugLines.unmapped(decision)
  }

  /** Another map is in force. */
  reload(rules: number): void {
    if (isDebugging()) debugLines.reload(rules)
    this.#emitter.emit('reload', { rules })
  }

  /** Another map could not be read or used. */
  reloadError(error: Error): void {
    if (isDebugging()) debugLines.reloadError(error)
    this.#emitter.emit('reloadError', { error })
  }

  /** A copy of the counts as they are now. */
  counts(): Counts {
    return {
      lookups: { ...this.#lookups },
      lookupsFailed: this.#lookupsFailed,
      connects: { ...this.#connects },
      refused: this.#refused,
      stale: this.#stale,
      moved: this.#moved,
      queries: this.#queries,
    }
  }
}

const asked = ({ route: { host, port, rule } }: Decision) => ({ host, port, rule })
