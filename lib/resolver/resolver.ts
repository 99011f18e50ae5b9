import { AnswerCache } from '../cache/answer-cache.js'
import type { Entry } from '../cache/entry.js'
import { SingleFlight } from '../cache/single-flight.js'
import type { CancelSignal } from '../cancel.js'
import { keepAlive } from '../timers.js'
import type { Transport } from '../transport/transport.js'
import type { Milliseconds, Seconds } from '../units.js'
import { cachedAnswer, cacheStep, hostsAnswer, literalAnswer, secondsLeft, staleAnswer } from './answers.js'
import { ServerAsker } from './ask/ask-server.js'
import { LocalFiles } from './local/local-files.js'
import { NameFlight, type FlightDeck, type Note, type Outcome, type Subject } from './name-flight.js'
import { canonicalName, isLocalhost } from './names.js'
import type { ResolverOptions } from './options.js'
import { Partitions, type Partition } from './partitions.js'
import type { Query } from './ask/query.js'
import { ResolveError } from './resolve-error.js'
import { ServerStates } from './ask/server-states.js'
import type { Answer, ResolveOptions, Resolver } from './types.js'

/** A resolver over the transport given, which it closes with itself. Nothing is read or asked before the first look-up. */
export function createResolver(options: ResolverOptions): Resolver {
  return new CachingResolver(options)
}

class CachingResolver implements Resolver {
  readonly #now: () => Milliseconds
  readonly #maxTtl: Seconds
  readonly #transport: Transport
  readonly #partitions: Partitions
  readonly #cache: AnswerCache<Note, Answer, Partition>
  readonly #files: LocalFiles
  readonly #deck: FlightDeck
  readonly #flights = new SingleFlight<NameFlight>()
  #closing: Promise<void> | undefined

  constructor(options: ResolverOptions) {
    const { upstreams, now, timeoutMs, attemptMs, hostsPath, resolvConfPath } = options
    const cache = new AnswerCache<Note, Answer, Partition>(options)
    const onChange = () => cache.expireAll(now())
    const files = new LocalFiles(hostsPath ?? defaultHostsPath(), resolvConfPath ?? '/etc/resolv.conf', onChange)
    const states = new ServerStates()
    const asker = new ServerAsker(options, states)
    const queries = new SingleFlight<Query>()
    this.#now = now
    this.#maxTtl = options.maxTtl
    this.#transport = options.transport
    this.#partitions = new Partitions(upstreams === 'resolv.conf' ? undefined : upstreams)
    this.#cache = cache
    this.#files = files
    this.#deck = { cache, files, queries, asker, states, timeoutMs, attemptMs, now }
  }

  peek(text: string, options: ResolveOptions): Answer | undefined {
    const partition = this.#partitions.of(options)
    const isFresh = options.fresh === true
    // Most names come as they stand in the cache.
    const key = partition.prefix === '' ? text : partition.prefix + text
    const cached = isFresh ? undefined : this.#peekCache(key, partition)
    if (cached !== undefined) return cached
    const literal = literalAnswer(text, partition.family, this.#maxTtl)
    if (literal !== undefined || this.#isClosed()) return literal
    const subject = subjectOf(text, partition)
    return subject === undefined ? undefined : this.#peekSubject(subject, isFresh)
  }

  async resolve(text: string, options: ResolveOptions): Promise<Answer> {
    options.signal?.throwIfAborted()
    if (this.#isClosed()) throw closedError(text)
    const partition = this.#partitions.of(options)
    const literal = literalAnswer(text, partition.family, this.#maxTtl)
    if (literal !== undefined) return literal
    const subject = subjectOf(text, partition)
    if (subject === undefined) throw new ResolveError('ENOTFOUND', text)
    const isFresh = options.fresh === true
    const answer = this.#peekSubject(subject, isFresh)
    if (answer !== undefined) return answer
    const outcome = this.#recall(subject, isFresh) ?? (await keepAlive(this.#wait(subject, options.signal)))
    if (outcome.kind === 'answer') return outcome.answer
    // The reason may be that it was closed in the meantime.
    if (this.#isClosed()) throw closedError(text)
    throw new ResolveError(outcome.code, text, outcome.attempts)
  }

  get cacheEntries(): number {
    return this.#cache.size
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** The warm path: one look into the cache, one at the clock. The same object as long as it would say the same. */
  #peekCache(key: string, partition: Partition): Answer | undefined {
    const entry = this.#cache.get(key, partition)
    if (entry === undefined) return undefined
    const nowMs = this.#now()
    return nowMs < entry.viewUntilMs ? entry.view : this.#renewView(entry, key, nowMs)
  }

  /** Once a second for each name in use: what is to be looked at now and then is looked at here. */
  #renewView(entry: Entry<Note, Answer, Partition>, key: string, nowMs: Milliseconds): Answer | undefined {
    const { good, owner } = entry
    if (good === undefined || nowMs >= good.expiresAtMs) return undefined
    const isDue = nowMs >= good.refreshAtMs
    if (isDue) this.#refresh(key, owner)
    void this.#files.check(nowMs)
    const ttl = secondsLeft(good, nowMs)
    entry.view = cachedAnswer(good, ttl)
    const sameUntilMs = good.expiresAtMs - (ttl - 1) * 1_000
    entry.viewUntilMs = isDue ? sameUntilMs : Math.min(sameUntilMs, good.refreshAtMs)
    return entry.view
  }

  /** What needs no waiting: a fresh entry, or a line of the hosts file. */
  #peekSubject({ name, key, partition }: Subject, isFresh: boolean): Answer | undefined {
    const cached = isFresh ? undefined : this.#peekCache(key, partition)
    if (cached !== undefined) return cached
    // The files are looked at first if that was long ago; `localhost` needs none.
    const isKnown = isLocalhost(name) || !this.#files.isDue(this.#now())
    return isKnown ? hostsAnswer(this.#files.hosts, name, partition.family) : undefined
  }

  /** What is held against a name, or the stale answer in its stead. */
  #recall({ key, partition }: Subject, isFresh: boolean): Outcome | undefined {
    const nowMs = this.#now()
    const place = this.#cache.place(key, partition)
    const bad = this.#cache.remembered(place, nowMs)
    if (bad === undefined || (bad.kind === 'negative' && isFresh)) return undefined
    const good = bad.kind === 'failure' ? this.#cache.lastResort(place, nowMs) : undefined
    if (good === undefined) return { kind: 'error', ...bad.note }
    const path = [cacheStep(good, nowMs), 'cache: nobody answered a moment ago']
    return { kind: 'answer', answer: staleAnswer(good, path) }
  }

  #wait(subject: Subject, signal: CancelSignal | undefined): Promise<Outcome> {
    const { key } = subject
    const flight = this.#flights.get(key) ?? this.#flights.start(key, new NameFlight(this.#deck, subject))
    flight.join()
    return signal === undefined ? flight.outcome : untilAborted(flight, signal)
  }

  #refresh(key: string, partition: Partition): void {
    if (this.#flights.get(key) !== undefined) return
    const name = key.slice(partition.prefix.length)
    this.#flights.start(key, new NameFlight(this.#deck, { name, key, partition }))
  }

  #isClosed(): boolean {
    return this.#closing !== undefined
  }

  async #close(): Promise<void> {
    this.#flights.endAll()
    this.#deck.queries.endAll()
    this.#cache.clear()
    await this.#transport.close()
  }
}

/** Undefined for what nobody may be asked for: no host name, or an address of the other family. */
function subjectOf(text: string, partition: Partition): Subject | undefined {
  const name = canonicalName(text)
  return name === undefined ? undefined : { name, key: partition.prefix + name, partition }
}

/** The flight's outcome, or a rejection with the signal's reason, which frees this waiter alone. */
function untilAborted(flight: NameFlight, signal: CancelSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      flight.leave()
      // Whatever it is: it was handed to `abort` by whoever waits here.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    void flight.outcome.then(outcome => {
      signal.removeEventListener('abort', onAbort)
      resolve(outcome)
    })
  })
}

const closedError = (name: string) =>
  new ResolveError('EAI_AGAIN', name, [], { cause: new Error('the resolver is closed') })

const defaultHostsPath = () =>
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts'
