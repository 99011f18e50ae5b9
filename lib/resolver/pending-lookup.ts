import type { AnswerCache, CacheSlot } from '../cache/answer-cache.js'
import type { FreshAnswer } from '../cache/entry.js'
import type { Flight } from '../cache/single-flight.js'
import { Canceller, type CancelSignal } from '../cancel.js'
import { holdProcess, startTimer, stopTimer } from '../timers.js'
import type { Upstream } from '../transport/upstream.js'
import type { Milliseconds } from '../units.js'
import { cacheStep, hostsAnswer, newAnswer, staleAnswer } from './answers.js'
import type { Reply } from './ask/chain.js'
import { NameWalk, type NameResult } from './ask/name-walk.js'
import type { Queries } from './ask/query.js'
import type { AttemptRecord, UpstreamClient } from './ask/upstream-client.js'
import type { LocalFiles } from './local/local-files.js'
import { candidateNames } from './names.js'
import type { CacheNamespace } from './namespaces.js'
import type { ResolveErrorCode } from './resolve-error.js'
import type { Answer, Attempt } from './types.js'

/** Why a name can't be resolved at the moment. */
export interface FailureReport {
  readonly code: ResolveErrorCode
  readonly attempts: readonly Attempt[]
}

/** How a look-up ended. Each waiter makes an error of its own from it, since callers write into errors. */
export type Outcome =
  { readonly kind: 'answer'; readonly answer: Answer } | ({ readonly kind: 'error' } & FailureReport)

/** What all look-ups of a resolver share. */
export interface ResolverServices {
  readonly cache: AnswerCache<FailureReport, Answer, CacheNamespace>
  readonly files: LocalFiles
  readonly queries: Queries
  readonly client: UpstreamClient
  readonly timeoutMs: Milliseconds
  readonly now: () => Milliseconds
}

/** What is being resolved. */
export interface LookupKey {
  /** Canonical. */
  readonly name: string
  readonly key: string
  readonly namespace: CacheNamespace
}

type OnOutcome = (outcome: Outcome) => void

/** How long a better answer is still waited for, once there is one. */
const lateMs: Milliseconds = 500

/**
 * A look-up only moves forward, from `asking` over `silent` (every server has been waited for; the fallback is asked
 * beside them) and `late` (it has its outcome; a better answer may still come for the cache) to `ended`.
 */
const states = ['asking', 'silent', 'late', 'ended'] as const

/**
 * One look-up that several may wait for. It has an outcome by its deadline; an answer that comes later still enters the
 * cache. Without waiters it is a refresh: it asks no fallback, keeps no process alive, and its failure changes nothing.
 */
export class PendingLookup implements Flight {
  readonly #services: ResolverServices
  readonly #lookup: LookupKey
  readonly #firstStep: string
  readonly #waiters = new Set<OnOutcome>()
  readonly #logs: (readonly AttemptRecord[])[] = []
  #state: (typeof states)[number] = 'asking'
  #outcome: Outcome | undefined
  #isRefresh = true
  #slot: CacheSlot<CacheNamespace>
  #onEnd: () => void = () => undefined
  #walk: NameWalk | undefined
  #hasFallback = false
  #fallback: Promise<void> | undefined
  #systemCall: Canceller | undefined
  #deadline: NodeJS.Timeout | undefined
  #release: (() => void) | undefined
  #halfTime: NodeJS.Timeout | undefined
  #lateTimer: NodeJS.Timeout | undefined

  constructor(services: ResolverServices, lookup: LookupKey) {
    const { cache, now } = services
    this.#services = services
    this.#lookup = lookup
    this.#slot = cache.slot(lookup.key, lookup.namespace)
    this.#firstStep = cacheStep(cache.get(lookup.key, lookup.namespace)?.good, now())
  }

  /** True until there is an outcome that ends it; a waiter that joins after a stale answer was served has that at once. */
  get isOpen(): boolean {
    return this.#state === 'asking' || this.#state === 'silent'
  }

  /**
   * One more waits for the outcome, which keeps the process alive; only after `run` was called. The signal frees this
   * waiter alone, and calls `onAbort` in place of `onOutcome`: the look-up goes on, for the cache.
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

  run(onEnd: () => void): void {
    const { cache, files, timeoutMs, now } = this.#services
    this.#onEnd = onEnd
    this.#deadline = startTimer(() => this.#fail(), timeoutMs)
    if (cache.staleAnswer(this.#slot, now()) !== undefined)
      this.#halfTime = startTimer(() => this.#serveStale(), timeoutMs / 2)
    const check = files.check(now())
    if (check === undefined) this.#begin()
    else void check.then(() => this.#begin()).catch(() => this.#finish())
  }

  /** Those that still wait get an error without attempts. */
  end(): void {
    this.#settle(unanswered)
    this.#enter('ended')
  }

  /** The one place where the state changes. A step back is ignored, so a late event changes nothing. */
  #enter(next: (typeof states)[number]): void {
    if (states.indexOf(next) <= states.indexOf(this.#state)) return
    this.#state = next
    if (next === 'silent') {
      void this.#askFallback()
      return
    }
    stopTimer(this.#deadline)
    stopTimer(this.#halfTime)
    if (next === 'late') return
    stopTimer(this.#lateTimer)
    this.#onEnd()
    this.#walk?.end()
    this.#systemCall?.abort()
  }

  /** The waiters get the outcome; the look-up itself may go on. Only the first outcome counts. */
  #settle(outcome: Outcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#release?.()
    for (const onOutcome of this.#waiters) onOutcome(outcome)
    this.#waiters.clear()
  }

  #deliver(outcome: Outcome): void {
    this.#settle(outcome)
    this.#enter('late')
  }

  #begin(): void {
    if (this.#state === 'ended') return
    const { cache, files } = this.#services
    const { name, key, namespace } = this.#lookup
    this.#slot = cache.slot(key, namespace)
    const answer = hostsAnswer(files.config.hosts, name, namespace.family)
    const upstreams = namespace.upstreams ?? files.config.nameservers
    if (answer !== undefined) this.#finish({ kind: 'answer', answer })
    else if (upstreams.length > 0 && upstreams.every(isSystem)) void this.#askSystemAlone()
    else this.#askServers(upstreams)
  }

  #askServers(upstreams: readonly Upstream[]): void {
    const { queries, files } = this.#services
    const { name, namespace } = this.#lookup
    const { noAaaa, nameservers, search } = files.config
    const family = noAaaa && upstreams === nameservers ? 4 : namespace.family
    if (family === 4 && namespace.family === 6) {
      // No server is asked for IPv6 addresses.
      const attempt = { server: 'resolv.conf', outcome: 'no-aaaa', durationMs: 0, question: `AAAA ${name}` }
      this.#finish({ kind: 'error', code: 'ENOTFOUND', attempts: [attempt] })
      return
    }
    this.#hasFallback = namespace.fallback === 'system' && !upstreams.some(isSystem)
    this.#walk = new NameWalk(candidateNames(name, search), {
      queries,
      upstreams,
      family,
      logs: this.#logs,
      onSilence: () => this.#enter('silent'),
      onResult: result => this.#onResult(result),
    })
    this.#walk.run()
  }

  #onResult(result: NameResult): void {
    if (result.kind === 'failure') {
      void this.#endWithFallback()
      return
    }
    // The servers have answered: what the system says no longer counts.
    this.#systemCall?.abort()
    if (result.kind === 'negative') this.#takeNegative(result)
    else this.#take('dns', result)
    if (result.kind === 'negative' || result.isWhole) this.#finish()
    else this.#linger(lateMs)
  }

  /** A weak one is given to the waiters, unless there is a stale answer. It is not cached, and removes nothing from the cache. */
  #takeNegative({ ttl, isWeak }: Omit<Extract<NameResult, { kind: 'negative' }>, 'kind'>): void {
    const { cache, now } = this.#services
    const nowMs = now()
    if (isWeak && (this.#isRefresh || cache.staleAnswer(this.#slot, nowMs) !== undefined)) {
      this.#fail()
      return
    }
    const report: FailureReport = { code: 'ENOTFOUND', attempts: this.#attempts(nowMs) }
    if (!isWeak) cache.storeNegative(this.#slot, ttl, report, nowMs)
    this.#deliver({ kind: 'error', ...report })
  }

  #take(source: 'dns' | 'system', answer: FreshAnswer): void {
    const nowMs = this.#services.now()
    const good = this.#services.cache.storeAnswer(this.#slot, answer, nowMs)
    this.#deliver({ kind: 'answer', answer: newAnswer(source, good, this.#steps(nowMs), nowMs) })
  }

  #takeSystem(reply: Extract<Reply, { kind: 'addresses' }>): void {
    this.#take('system', { parts: [reply], missing: undefined, steps: [reply.text] })
  }

  async #askSystemAlone(): Promise<void> {
    const reply = await this.#askSystem()
    if (this.#state === 'ended') return
    if (reply.kind === 'negative') this.#takeNegative(reply)
    if (reply.kind === 'addresses') this.#takeSystem(reply)
    this.#finish()
  }

  /** Asks the system, once, where somebody waits. Resolves when it has answered too. */
  #askFallback(): Promise<void> | undefined {
    if (this.#hasFallback && !this.#isRefresh && this.isOpen) this.#fallback ??= this.#runFallback()
    return this.#fallback
  }

  async #endWithFallback(): Promise<void> {
    await this.#askFallback()
    this.#finish()
  }

  /** The system's NXDOMAIN doesn't count: the servers would have said it. */
  async #runFallback(): Promise<void> {
    const reply = await this.#askSystem()
    if (reply.kind !== 'addresses' || this.#systemCall?.aborted === true) return
    this.#takeSystem(reply)
    this.#linger(lateMs)
  }

  #askSystem(): Promise<Reply> {
    const { name, namespace } = this.#lookup
    const log: AttemptRecord[] = []
    const signal = new Canceller()
    this.#logs.push(log)
    this.#systemCall = signal
    return this.#services.client.askSystem(name, namespace.family, { log, signal })
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
    this.#deliver({ kind: 'error', ...report })
    this.#linger(rememberedMs)
  }

  /** Nothing more can come. Those that still wait get the outcome given, or a failure. */
  #finish(outcome?: Outcome): void {
    if (outcome === undefined) this.#fail()
    else this.#deliver(outcome)
    this.end()
  }

  /** Ends the wait if there is an old answer; the look-up itself goes on. */
  #serveStale(): void {
    const { cache, now } = this.#services
    const good = cache.staleAnswer(this.#slot, now())
    if (good !== undefined) this.#settle({ kind: 'answer', answer: staleAnswer(good, this.#steps(now())) })
  }

  /** Waits so long for a late answer. */
  #linger(forMs: Milliseconds): void {
    if (this.#state === 'ended') return
    stopTimer(this.#lateTimer)
    this.#lateTimer = startTimer(() => this.end(), forMs)
  }

  #attempts(nowMs: Milliseconds): readonly Attempt[] {
    return this.#logs.flat().map(record => record.toAttempt(nowMs))
  }

  #steps(nowMs: Milliseconds): readonly string[] {
    return [this.#firstStep, ...this.#logs.flat().flatMap(record => record.toStep(nowMs) ?? [])]
  }
}

const unanswered: Outcome = { kind: 'error', code: 'EAI_AGAIN', attempts: [] }

const isSystem = (upstream: Upstream) => upstream.kind === 'system'
