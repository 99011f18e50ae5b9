import type { AnswerSource, Attempt } from '../../lib/resolver/types.js'
import { toError } from '../../lib/thrown.js'
import type { Milliseconds } from '../../lib/units.js'
import type { ConnectObserver } from '../connect/context.js'
import type { Plan, TargetOutcome } from '../connect/plan.js'
import type { ConnectPayload, RefusedPayload, StalePayload } from '../connect/report/events.js'
import { lookupPayload } from '../connect/report/outcome.js'
import { SilenceWarnings } from './silence-warnings.js'
import type { Log } from './log.js'
import { countRules, debugLines, isDebugging } from './debug-lines.js'
import type { Emitter } from './emitter.js'
import type { SplitDnsEvents, QuestionOutcome, QuestionsPayload, RelayPayload, ServedEvent } from './events.js'

const questionOutcomes = ['answered', 'nodata', 'refused', 'failed', 'passed', 'unanswered'] as const

/** How often each thing has happened since the start. */
export interface Counts {
  /** Look-ups for mapped names that were answered, by the answer's source. */
  readonly lookups: Readonly<Record<AnswerSource, number>>
  readonly lookupsFailed: number
  readonly connects: Readonly<Record<ConnectPayload['outcome'], number>>
  readonly refused: number
  readonly stale: number
  /** Live connections that were ended because their address is out of use; only with `onMove: reconnect`. */
  readonly moved: number
  /** Connects that no rule matched while a map is in force. */
  readonly unmappedConnects: number
  /** To nameservers, and getaddrinfo. */
  readonly queries: number
  /** Questions that `serve` was asked. */
  readonly questions: Readonly<Record<QuestionOutcome, number>>
  /** Connections that `serve` relays; all that are not open any more are also among the other outcomes. */
  readonly relayed: Readonly<Record<RelayPayload['outcome'], number>>
}

/**
 * Counts what connecting tells, and makes events of it where somebody listens.
 * @internal
 */
export class Recorder implements ConnectObserver {
  readonly #emitter: Emitter<SplitDnsEvents>
  readonly #log: Log
  readonly #silenceWarnings: SilenceWarnings
  readonly #lookups: Record<AnswerSource, number> = { literal: 0, cache: 0, hosts: 0, dns: 0, system: 0, stale: 0 }
  readonly #connects: Record<ConnectPayload['outcome'], number> = { connected: 0, failed: 0, ended: 0 }
  #lookupsFailed = 0
  #refused = 0
  #stale = 0
  #moved = 0
  #queries = 0
  readonly #questions = { answered: 0, nodata: 0, refused: 0, failed: 0, passed: 0, unanswered: 0 }
  readonly #relayed = { opened: 0, closed: 0, failed: 0, reset: 0 }
  #unmappedConnects = 0
  #reloadFault: string | undefined

  constructor(emitter: Emitter<SplitDnsEvents>, log: Log, now: () => Milliseconds) {
    this.#emitter = emitter
    this.#log = log
    this.#silenceWarnings = new SilenceWarnings(log, now)
  }

  lookup(plan: Plan, outcomes: readonly TargetOutcome[], durationMs: Milliseconds, error: Error | null): void {
    const source = outcomes.find(({ usable }) => usable.length > 0)?.answer?.source
    if (source === undefined) this.#lookupsFailed++
    else this.#lookups[source]++
    if (!isDebugging() && this.#emitter.listeners.lookup === undefined) return
    const payload = lookupPayload(plan, outcomes, durationMs, error)
    if (isDebugging()) debugLines.lookup(payload)
    this.#emitter.emit('lookup', payload)
  }

  connect(payload: ConnectPayload): void {
    this.#connects[payload.outcome]++
    if (isDebugging()) debugLines.connect(payload)
    this.#emitter.emit('connect', payload)
    if (payload.outcome === 'ended') this.#silenceWarnings.ended(payload)
  }

  refused(payload: RefusedPayload): void {
    this.#refused++
    if (isDebugging()) debugLines.refused(payload)
    this.#emitter.emit('refused', payload)
  }

  stale(payload: StalePayload): void {
    this.#stale++
    if (isDebugging()) debugLines.stale(payload)
    this.#emitter.emit('stale', payload)
  }

  /** A live connection was ended because its address is out of use. */
  moved(error: Error): void {
    if (isDebugging()) debugLines.moved(error)
    this.#log.info(error.message)
    this.#moved++
  }

  /** One query of the resolver to one server is over. */
  query({ server, outcome, question = '', durationMs }: Attempt): void {
    this.#queries++
    if (!isDebugging() && this.#emitter.listeners.query === undefined) return
    const payload = { server, outcome, question, durationMs }
    if (isDebugging()) debugLines.query(payload)
    this.#emitter.emit('query', payload)
  }

  unmapped(plan: Plan): void {
    if (isDebugging()) debugLines.unmapped(plan)
  }

  /** What `serve` did in its worker, which prints its own debug lines and warnings. */
  served({ name, payload }: ServedEvent): void {
    if (name === 'questions') this.#countQuestions(payload)
    else if (name === 'relay') this.#relayed[payload.outcome]++
    else if (name === 'connect') this.#connects[payload.outcome]++
    else if (name === 'query') this.#queries++
    else if (name === 'refused') this.#refused++
    else this.#stale++
    this.#emitter.emit(name, payload)
  }

  #countQuestions({ counts }: QuestionsPayload): void {
    for (const outcome of questionOutcomes) this.#questions[outcome] += counts[outcome]
  }

  unmappedConnect({ decision: { route } }: Plan): void {
    this.#unmappedConnects++
    const { host, port } = route
    this.#emitter.emit('unmapped', { host, port, rule: null })
  }

  callbackFailed(what: string, error: unknown): void {
    this.#log.error(`${what} failed: ${toError(error).message}`)
  }

  /** Another map is in force. */
  reload(rules: number): void {
    if (isDebugging()) debugLines.reload(rules)
    this.#reloadFault = undefined
    this.#log.info(`a new map was read: ${countRules(rules)} in force`)
    this.#emitter.emit('reload', { rules })
  }

  /** Another map could not be read or used. */
  reloadError(error: Error): void {
    if (isDebugging()) debugLines.reloadError(error)
    this.#emitter.emit('reloadError', { error })
    // A source is polled: the same fault is reported once.
    if (error.message === this.#reloadFault) return
    this.#reloadFault = error.message
    this.#log.warn(`a new map can't be used, so the one before stays in force: ${error.message}`)
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
      questions: { ...this.#questions },
      relayed: { ...this.#relayed },
      unmappedConnects: this.#unmappedConnects,
    }
  }
}
