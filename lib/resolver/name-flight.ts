import type { AnswerCache, Place } from '../cache/answer-cache.js'
import type { Positive } from '../cache/entry.js'
import type { Flight, SingleFlight } from '../cache/single-flight.js'
import { Canceller } from '../cancel.js'
import { defer } from '../deferred.js'
import { startTimer, stopTimer } from '../timers.js'
import type { Upstream } from '../transport/upstream.js'
import type { Milliseconds, Seconds } from '../units.js'
import { cacheStep, hostsAnswer, newAnswer, staleAnswer } from './answers.js'
import type { ServerAsker } from './ask/ask-server.js'
import { AttemptLog } from './ask/attempt-log.js'
import type { Verdict } from './ask/chain.js'
import { toPositive } from './ask/family-pair.js'
import type { LocalFiles } from './local/local-files.js'
import { NameWalk, type WalkResult } from './ask/name-walk.js'
import { candidateNames } from './names.js'
import type { Partition } from './partitions.js'
import type { Query } from './ask/query.js'
import type { ResolveErrorCode } from './resolve-error.js'
import type { ServerStates } from './ask/server-states.js'
import type { Answer, Attempt } from './types.js'

/** Why a name can't be resolved at the moment. */
export interface Note {
  readonly code: ResolveErrorCode
  readonly attempts: readonly Attempt[]
}

/** What a look-up came to. Each waiter makes an error of its own from it, since errors are written into. */
export type Outcome = { readonly kind: 'answer'; readonly answer: Answer } | ({ readonly kind: 'error' } & Note)

/** What all flights of a resolver share. */
export interface FlightDeck {
  readonly cache: AnswerCache<Note, Answer, Partition>
  readonly files: LocalFiles
  readonly queries: SingleFlight<Query>
  readonly asker: ServerAsker
  readonly states: ServerStates
  readonly timeoutMs: Milliseconds
  readonly attemptMs: Milliseconds
  readonly now: () => Milliseconds
}

/** What is being resolved. */
export interface Subject {
  /** Canonical. */
  readonly name: string
  readonly key: string
  readonly partition: Partition
}

/** How long a better answer is still waited for, once there is one. */
const lateMs: Milliseconds = 500

/**
 * One look-up that several may wait for. It has an outcome by its deadline; an answer that comes later still enters the
 * cache. Without waiters it is a refresh: it asks no fallback, keeps no process alive, and its failure changes nothing.
 */
export class NameFlight implements Flight {
  readonly outcome: Promise<Outcome>
  readonly #deck: FlightDeck
  readonly #subject: Subject
  readonly #outcome = defer<Outcome>()
  readonly #firstStep: string
  readonly #mayServeStale: boolean
  #state: 'open' | 'late' | 'ended' = 'open'
  #place: Place<Partition>
  #waiters = 0
  #isRefresh = true
  #walk: NameWalk | undefined
  #isSilent = false
  #hasServersAnswer = false
  #fallsBack = false
  #fallback: Promise<void> | undefined
  #systemLog: AttemptLog | undefined
  #systemCall: Canceller | undefined
  #deadline: NodeJS.Timeout | undefined
  #halfTime: NodeJS.Timeout | undefined
  #lateTimer: NodeJS.Timeout | undefined

  constructor(deck: FlightDeck, subject: Subject) {
    const { cache, now } = deck
    const good = cache.get(subject.key, subject.partition)?.good
    this.#deck = deck
    this.#subject = subject
    this.outcome = this.#outcome.promise
    this.#place = cache.place(subject.key, subject.partition)
    this.#firstStep = cacheStep(good, now())
    this.#mayServeStale = good !== undefined
  }

  /** True until there is an outcome that ends it; who joins after a stale answer was served has that at once. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /** One more waits for the outcome: until then, the process stays alive. Only after `run` was called. */
  join(): void {
    this.#waiters++
    this.#isRefresh = false
    this.#deadline?.ref()
    if (this.#isSilent) void this.#fallBack()
  }

  /** One waiter less. The look-up goes on, for the cache. */
  leave(): void {
    if (--this.#waiters === 0) this.#deadline?.unref()
  }

  async run(): Promise<void> {
    const { timeoutMs } = this.#deck
    this.#deadline = startTimer(() => this.#fail(), timeoutMs)
    if (this.#mayServeStale) this.#halfTime = startTimer(() => this.#serveStale(), timeoutMs / 2)
    try {
      await this.#resolve()
    } finally {
      this.#fail()
      this.end()
    }
  }

  /** Whoever still waits has an error without attempts. */
  end(): void {
    this.#deliver({ kind: 'error', code: 'EAI_AGAIN', attempts: [] })
    this.#state = 'ended'
    stopTimer(this.#lateTimer)
    this.#walk?.end()
    this.#systemCall?.abort()
  }

  async #resolve(): Promise<void> {
    const { cache, files, now } = this.#deck
    const { name, key, partition } = this.#subject
    const check = files.check(now())
    if (check !== undefined) await check
    if (this.#state === 'ended') return
    this.#place = cache.place(key, partition)
    const answer = hostsAnswer(files.hosts, name, partition.family)
    const upstreams = partition.upstreams ?? files.nameservers
    if (answer !== undefined) this.#deliver({ kind: 'answer', answer })
    else if (isSystemAlone(upstreams)) this.#takeSystem(await this.#askSystem())
    else await this.#askServers(upstreams)
  }

  async #askServers(upstreams: readonly Upstream[]): Promise<void> {
    const { name, partition } = this.#subject
    this.#fallsBack = partition.fallback === 'system' && !upstreams.some(isSystem)
    const result = await this.#walkOver(upstreams).run(candidateNames(name, this.#deck.files.search))
    if (this.#isEnded()) return
    this.#hasServersAnswer = result.kind !== 'failure'
    if (result.kind === 'addresses') await this.#takeAddresses(result)
    else if (result.kind === 'negative') this.#takeNegative(result.ttl)
    else await this.#fallBack()
  }

  #walkOver(upstreams: readonly Upstream[]): NameWalk {
    this.#walk = new NameWalk(this.#deck, this.#subject.partition.family, upstreams, () => {
      this.#isSilent = true
      void this.#fallBack()
    })
    return this.#walk
  }

  async #takeAddresses({ queries, results }: Extract<WalkResult, { kind: 'addresses' }>): Promise<void> {
    this.#take('dns', toPositive(queries, results))
    if (this.#subject.partition.family !== 0 || (results.A !== undefined && results.AAAA !== undefined)) return
    this.#linger(lateMs)
    const [A, AAAA] = await Promise.all([queries.A?.result, queries.AAAA?.result])
    const isBetter = (A !== results.A && A?.kind !== 'failure') || (AAAA !== results.AAAA && AAAA?.kind !== 'failure')
    if (isBetter && !this.#isEnded()) this.#take('dns', toPositive(queries, { A, AAAA }))
  }

  #takeNegative(ttl: Seconds): void {
    const nowMs = this.#deck.now()
    const note: Note = { code: 'ENOTFOUND', attempts: this.#attempts(nowMs) }
    this.#deck.cache.storeNegative(this.#place, ttl, note, nowMs)
    this.#deliver({ kind: 'error', ...note })
  }

  #take(source: 'dns' | 'system', positive: Positive): void {
    const nowMs = this.#deck.now()
    const good = this.#deck.cache.storeAnswer(this.#place, positive, nowMs)
    this.#deliver({ kind: 'answer', answer: newAnswer(source, good, this.#steps(nowMs), nowMs) })
  }

  /** The system's answer, where it is asked in the servers' place. */
  #takeSystem(verdict: Verdict): void {
    if (this.#isEnded()) return
    if (verdict.kind === 'negative') this.#takeNegative(verdict.ttl)
    if (verdict.kind !== 'addresses') return
    const { addresses, ttl, text } = verdict
    const part = { addresses, ttl, receivedAtMs: this.#deck.now() }
    this.#take('system', { parts: [part], missing: undefined, steps: [`system: ${text}`] })
  }

  /** Done when the system has answered too, if it is asked at all. Its NXDOMAIN is not the servers': no answer. */
  #fallBack(): Promise<void> {
    if (!this.#fallsBack || this.#isRefresh || this.#state !== 'open') return this.#fallback ?? Promise.resolve()
    this.#fallback ??= this.#askSystem().then(verdict => {
      if (verdict.kind !== 'addresses' || this.#hasServersAnswer || this.#isEnded()) return
      this.#takeSystem(verdict)
      this.#linger(lateMs)
    })
    return this.#fallback
  }

  #askSystem(): Promise<Verdict> {
    const { name, partition } = this.#subject
    this.#systemLog = new AttemptLog()
    this.#systemCall = new Canceller()
    return this.#deck.asker.askSystem(name, partition.family, this.#systemLog, this.#systemCall)
  }

  /** The deadline, or all there was to ask has failed. */
  #fail(): void {
    if (this.#state !== 'open') return
    const { cache, now } = this.#deck
    const nowMs = now()
    const note: Note = { code: 'EAI_AGAIN', attempts: this.#attempts(nowMs) }
    let rememberedMs = lateMs
    if (this.#isRefresh) cache.postponeRefresh(this.#place, nowMs)
    else rememberedMs = cache.storeFailure(this.#place, note, nowMs)
    this.#serveStale()
    this.#deliver({ kind: 'error', ...note })
    this.#linger(rememberedMs)
  }

  /** Ends the wait if there is an old answer; the look-up itself goes on. */
  #serveStale(): void {
    const { cache, now } = this.#deck
    const good = cache.lastResort(this.#place, now())
    if (good === undefined) return
    this.#outcome.resolve({ kind: 'answer', answer: staleAnswer(good, this.#steps(now())) })
    this.#deadline?.unref()
  }

  /** Only the first outcome counts. */
  #deliver(outcome: Outcome): void {
    this.#outcome.resolve(outcome)
    if (this.#state !== 'open') return
    this.#state = 'late'
    stopTimer(this.#deadline)
    stopTimer(this.#halfTime)
  }

  /** A late answer may still come, for so long. */
  #linger(forMs: Milliseconds): void {
    stopTimer(this.#lateTimer)
    this.#lateTimer = startTimer(() => this.end(), forMs)
  }

  #attempts(nowMs: Milliseconds): readonly Attempt[] {
    return [...(this.#walk?.attempts(nowMs) ?? []), ...(this.#systemLog?.list(nowMs) ?? [])]
  }

  #steps(nowMs: Milliseconds): readonly string[] {
    return [this.#firstStep, ...(this.#walk?.steps(nowMs) ?? []), ...(this.#systemLog?.steps(nowMs) ?? [])]
  }

  // Not a comparison where it is needed: an await lies between, which the compiler does not see.
  #isEnded(): boolean {
    return this.#state === 'ended'
  }
}

const isSystem = (upstream: Upstream) => upstream.kind === 'system'

const isSystemAlone = (upstreams: readonly Upstream[]) => upstreams.length > 0 && upstreams.every(isSystem)
