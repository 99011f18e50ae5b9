import { isIP } from 'node:net'
import { AnswerCache } from '../cache/answer-cache.js'
import { SingleFlight } from '../cache/single-flight.js'
import type { Transport } from '../transport/transport.js'
import type { Milliseconds, Seconds } from '../units.js'
import { cachedAnswer, cacheStep, hostsAnswer, literalAnswer, secondsLeft, staleAnswer } from './answers.js'
import { ServerAsker } from './ask-server.js'
import { LocalFiles } from './local-files.js'
import { NameFlight, type FlightDeck, type Note, type Outcome, type Subject } from './name-flight.js'
import { canonicalName, isLocalhost } from './names.js'
import type { ResolverOptions } from './options.js'
import { Partitions, type Partition } from './partitions.js'
import type { Query } from './query.js'
import { ResolveError } from './resolve-error.js'
import { ServerStates } from './server-states.js'
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
  readonly #cache: AnswerCache<Note, Answer>
  readonly #files: LocalFiles
  readonly #deck: FlightDeck
  readonly #flights = new SingleFlight<NameFlight>()
  #closing: Promise<void> | undefined

  constructor(options: ResolverOptions) {
    const { upstreams, now, timeoutMs, attemptMs, hostsPath, resolvConfPath } = options
    const cache = new AnswerCache<Note, Answer>(options)
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

  peek(name: string, options: ResolveOptions): Answer | undefined {
    const partition = this.#partitions.of(options)
    // Most names come as they stand in the cache.
    return this.#peekCache(name, partition, options) ?? this.#peekElsewhere(name, partition, options)
  }

  async resolve(name: string, options: ResolveOptions): Promise<Answer> {
    options.signal?.throwIfAborted()
    if (this.#closing !== undefined) throw closedError(name)
    const outcome = this.#recall(name, options) ?? (await this.#lookUp(name, options))
    if (outcome.kind === 'answer') return outcome.answer
    // The reason may be that it was closed in the meantime.
    if (this.#isClosed()) throw closedError(name)
    throw new ResolveError(outcome.code, name, outcome.attempts)
  }

  get cacheEntries(): number {
    return this.#cache.size
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #peekCache(name: string, partition: Partition, { fresh }: ResolveOptions): Answer | undefined {
    if (fresh === true) return undefined
    const key = partition.prefix === '' ? name : partition.prefix + name
    const entry = this.#cache.get(key, partition)
    const nowMs = this.#now()
    if (entry?.good === undefined || nowMs >= entry.good.expiresAtMs) return undefined
    if (nowMs >= entry.good.refreshAtMs) this.#refresh({ name, key, partition })
    if (this.#files.isDue(nowMs)) void this.#files.check(nowMs)
    const ttl = secondsLeft(entry.good, nowMs)
    if (entry.view?.ttl !== ttl) entry.view = cachedAnswer(entry.good, ttl)
    return entry.view
  }

  /** What needs no waiting though it does not stand in the cache under this very spelling. */
  #peekElsewhere(text: string, partition: Partition, options: ResolveOptions): Answer | undefined {
    const { family } = partition
    const literal = literalAnswer(text, family, this.#maxTtl)
    if (literal !== undefined || this.#isClosed()) return literal
    const name = canonicalName(text)
    if (name === undefined) return undefined
    const cached = name === text ? undefined : this.#peekCache(name, partition, options)
    if (cached !== undefined) return cached
    // The files are looked at first if that was long ago; `localhost` needs none.
    return this.#files.isDue(this.#now()) && !isLocalhost(name)
      ? undefined
      : hostsAnswer(this.#files.hosts, name, family)
  }

  /** The outcome that is known without asking anyone. */
  #recall(text: string, options: ResolveOptions): Outcome | undefined {
    const answer = this.peek(text, options)
    if (answer !== undefined) return { kind: 'answer', answer }
    const name = isIP(text) === 0 ? canonicalName(text) : undefined
    if (name === undefined) return { kind: 'error', code: 'ENOTFOUND', attempts: [] }
    const partition = this.#partitions.of(options)
    const place = this.#cache.place(partition.prefix + name, partition)
    const nowMs = this.#now()
    const bad = this.#cache.remembered(place, nowMs)
    if (bad === undefined || (bad.kind === 'negative' && options.fresh === true)) return undefined
    const good = bad.kind === 'failure' ? this.#cache.lastResort(place, nowMs) : undefined
    if (good === undefined) return { kind: 'error', ...bad.note }
    const path = [cacheStep(good, nowMs), 'cache: nobody answered a moment ago']
    return { kind: 'answer', answer: staleAnswer(good, path) }
  }

  async #lookUp(text: string, options: ResolveOptions): Promise<Outcome> {
    const partition = this.#partitions.of(options)
    const name = canonicalName(text) ?? text
    const key = partition.prefix + name
    const flight = this.#flights.get(key) ?? this.#start({ name, key, partition })
    flight.join()
    return options.signal === undefined ? flight.outcome : await untilAborted(flight, options.signal)
  }

  #refresh(subject: Subject): void {
    if (this.#flights.get(subject.key) === undefined) this.#start(subject)
  }

  #start(subject: Subject): NameFlight {
    return this.#flights.start(subject.key, new NameFlight(this.#deck, subject))
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

/** The flight's outcome, or a rejection with the signal's reason, which frees this waiter alone. */
function untilAborted(flight: NameFlight, signal: AbortSignal): Promise<Outcome> {
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
