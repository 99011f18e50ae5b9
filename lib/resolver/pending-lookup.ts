import type { Family } from '../address/address.js'
import type { AnswerCache, CacheSlot } from '../cache/answer-cache.js'
import type { Entry, PositiveEntry } from '../cache/entry.js'
import { Canceller, type CancelSignal } from '../cancel.js'
import { holdProcess, startTimer, stopTimer } from '../timers.js'
import type { Upstream } from '../transport/upstream.js'
import type { Milliseconds } from '../units.js'
import {
  cacheStep,
  hostsAnswer,
  makeAnswer,
  secondsLeft,
  staleAnswer,
  type FailureReport,
  type Outcome,
} from './answers.js'
import type { AddressReply, NegativeReply } from './ask/chain.js'
import { NameWalk, type NameResult } from './ask/name-walk.js'
import type { Queries } from './ask/query.js'
import { toAttempt, toSteps, type AttemptRecord, type UpstreamClient } from './ask/upstream-client.js'
import type { LocalFiles } from './local-files.js'
import { candidateNames } from './names.js'
import type { Answer, Attempt } from './types.js'

/** Look-ups that may share answers: those of the same servers, families and fallback. */
export interface CacheNamespace {
  /** Undefined: those that resolv.conf names at the time. */
  readonly upstreams: readonly Upstream[] | undefined
  readonly family: 0 | Family
  readonly fallback: 'system' | 'none'
  /** What its keys begin with. The first namespace has the empty prefix: a warm look-up then builds no key. */
  readonly prefix: string
}

/** A name in the cache. */
export type CachedName = Entry<FailureReport, Answer, CacheNamespace>

/** What all look-ups of a resolver share. */
export interface ResolverServices {
  readonly cache: AnswerCache<FailureReport, Answer, CacheNamespace>
  readonly files: LocalFiles
  readonly queries: Queries
  readonly client: UpstreamClient
  /** The look-ups that have not ended, by their keys. */
  readonly pending: Map<string, PendingLookup>
  readonly timeoutMs: Milliseconds
  readonly now: () => Milliseconds
}

/** What a look-up begins with. */
export interface LookupStart {
  /** Canonical. */
  readonly name: string
  readonly key: string
  readonly namespace: CacheNamespace
  /** What the cache has, which is not good enough. */
  readonly entry: CachedName | undefined
}

type OnOutcome = (outcome: Outcome) => void

/** How long a better answer is still waited for, once there is one. */
const lateMs: Milliseconds = 500

/**
 * One look-up that several may wait for. It has an outcome by its deadline; an answer that comes later still enters the
 * cache. Without waiters it is a refresh: it asks no fallback, keeps no process alive, and its failure changes nothing.
 * It begins when made, in the place of one under the same key, which ends.
 */
export class PendingLookup {
  readonly #services: ResolverServices
  readonly #start: LookupStart
  readonly #firstStep: string
  readonly #waiters = new Set<OnOutcome>()
  readonly #logs: (readonly AttemptRecord[])[] = []
  /**
   * It only moves forward, from `asking` over `silent` (every server has been waited for; the fallback is asked beside
   * them) and `late` (it has its outcome; a better answer may still come for the cache) to `ended`.
   */
  #state: 'asking' | 'silent' | 'late' | 'ended' = 'asking'
  #outcome: Outcome | undefined
  #isRefresh = true
  #slot: CacheSlot<CacheNamespace>
  #walk: NameWalk | undefined
  #hasFallback = false
  #fallback: Promise<void> | undefined
  #systemCall: Canceller | undefined
  #release: (() => void) | undefined
  /** Its deadline, then the end of the wait for a late answer. */
  #timer: NodeJS.Timeout | undefined
  #halfTime: NodeJS.Timeout | undefined

  constructor(services: ResolverServices, start: LookupStart) {
    const { cache, files, pending, timeoutMs, now } = services
    const { key, namespace, entry } = start
    const nowMs = now()
    this.#services = services
    this.#start = start
    this.#slot = cache.slot(key, namespace)
    this.#firstStep = cacheStep(entry?.good, nowMs)
    pending.get(key)?.end()
    pending.set(key, this)
    this.#timer = startTimer(() => this.#fail(), timeoutMs)
    if (entry !== undefined && cache.staleAnswer(entry, nowMs) !== undefined)
      this.#halfTime = startTimer(() => this.#serveStale(), timeoutMs / 2)
    const check = files.check(nowMs)
    if (check === undefined) this.#begin()
    else void check.then(() => this.#begin()).catch(() => this.#giveUp())
  }

  /** True until there is an outcome that ends it; a waiter that joins after a stale answer was served has that at once. */
  get isOpen(): boolean {
    return this.#state === 'asking' || this.#state === 'silent'
  }

  /**
   * One more waits for the outcome, which keeps the process alive. The signal frees this waiter alone, and calls
   * `onAbort` in place of `onOutcome`: the look-up goes on, for the cache.
   */
  join(onOutcome: OnOutcome, signal?: CancelSignal, onAbort?: () => void): void {
    if (this.#outcome !== undefined) {
      onOutcome(this.#outcome)
      return
    }
    this.#isRefresh = false
    this.#release ??= holdProcess()
    const leave = () => {
      this.#waiters.delete(waiter)
      if (this.#waiters.size === 0) {
        this.#release?.()
        this.#release = undefined
      }
      onAbort?.()
    }
    const waiter: OnOutcome = outcome => {
      signal?.removeEventListener('abort', leave)
      onOutcome(outcome)
    }
    signal?.addEventListener('abort', leave, { once: true })
    this.#waiters.add(waiter)
    if (this.#state === 'silent') void this.#askFallback()
  }

  /** Nothing more can come. Those that still wait get the outcome; unless given, an error without attempts. */
  end(outcome = unanswered): void {
    this.#settle(outcome)
    if (this.#state === 'ended') return
    this.#state = 'ended'
    stopTimer(this.#timer)
    stopTimer(this.#halfTime)
    const { pending } = this.#services
    const { key } = this.#start
    // A later look-up may have taken its place.
    if (pending.get(key) === this) pending.delete(key)
    this.#walk?.end()
    this.#systemCall?.abort()
  }

  /** The waiters get the outcome; a better answer may still come for the cache, and is waited for so long. */
  #linger(outcome: Outcome, forMs: Milliseconds): void {
    this.#settle(outcome)
    if (this.#state === 'ended') return
    this.#state = 'late'
    stopTimer(this.#timer)
    stopTimer(this.#halfTime)
    this.#timer = startTimer(() => this.end(), forMs)
  }

  /** Only the first outcome counts. */
  #settle(outcome: Outcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#release?.()
    for (const onOutcome of this.#waiters) onOutcome(outcome)
    this.#waiters.clear()
  }

  #begin(): void {
    if (this.#state === 'ended') return
    const { cache, files } = this.#services
    const { name, key, namespace } = this.#start
    // If the files have changed, what was asked for before is out of date.
    this.#slot = cache.slot(key, namespace)
    const answer = hostsAnswer(files.config.hosts, name, namespace.family)
    const upstreams = namespace.upstreams ?? files.config.nameservers
    if (answer !== undefined) this.end({ kind: 'answer', answer })
    else if (upstreams.length > 0 && upstreams.every(isSystem)) {
      this.#fallback = this.#askSystem(true)
      void this.#endWithFallback()
    } else this.#askServers(upstreams)
  }

  #askServers(upstreams: readonly Upstream[]): void {
    const { queries, files } = this.#services
    const { name, namespace } = this.#start
    const { noAaaa, nameservers, search } = files.config
    const family = noAaaa && upstreams === nameservers ? 4 : namespace.family
    if (family === 4 && namespace.family === 6) {
      // No server is asked for IPv6 addresses.
      const attempt = { server: 'resolv.conf', outcome: 'no-aaaa', durationMs: 0, question: `AAAA ${name}` }
      this.end({ kind: 'error', code: 'ENOTFOUND', attempts: [attempt] })
      return
    }
    this.#hasFallback = namespace.fallback === 'system' && !upstreams.some(isSystem)
    if (upstreams.length === 0) {
      void this.#endWithFallback()
      return
    }
    this.#walk = new NameWalk(candidateNames(name, search), {
      queries,
      upstreams,
      family,
      logs: this.#logs,
      onSilence: () => this.#onSilence(),
      onResult: result => this.#onResult(result),
    })
  }

  #onSilence(): void {
    if (this.#state !== 'asking') return
    this.#state = 'silent'
    void this.#askFallback()
  }

  #onResult(result: NameResult): void {
    if (result.kind === 'failure') {
      void this.#endWithFallback()
      return
    }
    // The servers have answered: what the system says no longer counts.
    this.#systemCall?.abort()
    if (result.kind === 'negative') {
      this.#endWithNegative(result)
      return
    }
    const outcome = this.#store('dns', result.parts, result.missing)
    if (result.isWhole) this.end(outcome)
    else this.#linger(outcome, lateMs)
  }

  /** A weak one is given to the waiters, unless there is a stale answer. It is not cached, and removes nothing from the cache. */
  #endWithNegative({ ttl, isWeak }: Pick<NegativeReply, 'ttl' | 'isWeak'>): void {
    const { cache, now } = this.#services
    const nowMs = now()
    if (isWeak && (this.#isRefresh || this.#stale(nowMs) !== undefined)) {
      this.#giveUp()
      return
    }
    const report: FailureReport = { code: 'ENOTFOUND', attempts: this.#attempts(nowMs) }
    if (!isWeak) cache.storeNegative(this.#slot, ttl, report, nowMs)
    this.end({ kind: 'error', ...report })
  }

  #store(source: 'dns' | 'system', parts: readonly AddressReply[], missing?: Family): Outcome {
    const nowMs = this.#services.now()
    const steps = parts.map(({ text }) => text)
    const good = this.#services.cache.storeAnswer(this.#slot, { parts, missing, steps }, nowMs)
    const path = [...this.#steps(nowMs), ...good.steps]
    return { kind: 'answer', answer: makeAnswer(source, good.addresses, secondsLeft(good, nowMs), path) }
  }

  /** Asks the system, once, where somebody waits. Resolves when it has answered too. */
  #askFallback(): Promise<void> | undefined {
    if (this.#hasFallback && !this.#isRefresh && this.isOpen) this.#fallback ??= this.#askSystem(false)
    return this.#fallback
  }

  async #endWithFallback(): Promise<void> {
    await this.#askFallback()
    this.#giveUp()
  }

  /** Alone, its negative answer counts; beside servers it doesn't, since they would have said the same. */
  async #askSystem(isAlone: boolean): Promise<void> {
    const { name, namespace } = this.#start
    const log: AttemptRecord[] = []
    const signal = new Canceller()
    this.#logs.push(log)
    this.#systemCall = signal
    const reply = await this.#services.client.askSystem(name, namespace.family, { log, signal })
    if (signal.aborted) return
    if (reply.kind === 'addresses') this.#linger(this.#store('system', [reply]), lateMs)
    else if (reply.kind === 'negative' && isAlone) this.#endWithNegative(reply)
  }

  /** Nothing more can come, and there is no answer. */
  #giveUp(): void {
    this.#fail()
    this.end()
  }

  /** The deadline has passed, or everything that could be asked has failed. */
  #fail(): void {
    if (!this.isOpen) return
    const { cache, now } = this.#services
    const nowMs = now()
    const report: FailureReport = { code: 'EAI_AGAIN', attempts: this.#attempts(nowMs) }
    let rememberedMs = lateMs
    if (this.#isRefresh) cache.postponeRefresh(this.#slot, nowMs)
    else rememberedMs = cache.storeFailure(this.#slot, report, nowMs)
    this.#serveStale()
    this.#linger({ kind: 'error', ...report }, rememberedMs)
  }

  /** Ends the wait if there is an old answer; the look-up itself goes on. */
  #serveStale(): void {
    const nowMs = this.#services.now()
    const good = this.#stale(nowMs)
    if (good !== undefined) this.#settle({ kind: 'answer', answer: staleAnswer(good, this.#steps(nowMs)) })
  }

  #stale(nowMs: Milliseconds): PositiveEntry | undefined {
    const { cache } = this.#services
    const { key, namespace } = this.#start
    return cache.staleAnswer(cache.get(key, namespace), nowMs)
  }

  #attempts(nowMs: Milliseconds): readonly Attempt[] {
    return this.#logs.flat().map(record => toAttempt(record, nowMs))
  }

  #steps(nowMs: Milliseconds): readonly string[] {
    const steps = [this.#firstStep]
    for (const log of this.#logs) for (const record of log) steps.push(...toSteps(record, nowMs))
    return steps
  }
}

const unanswered: Outcome = { kind: 'error', code: 'EAI_AGAIN', attempts: [] }

const isSystem = (upstream: Upstream) => upstream.kind === 'system'
