import { AnswerCache } from '../cache/answer-cache.js'
import type { Entry } from '../cache/entry.js'
import { SingleFlight } from '../cache/single-flight.js'
import type { Transport } from '../transport/transport.js'
import type { Milliseconds, Seconds } from '../units.js'
import { cachedAnswer, cacheStep, hostsAnswer, literalAnswer, secondsLeft, staleAnswer } from './answers.js'
import { Queries } from './ask/query.js'
import { UpstreamClient } from './ask/upstream-client.js'
import { LocalFiles } from './local/local-files.js'
import { canonicalName, isLocalhost } from './names.js'
import { CacheNamespaces, type CacheNamespace } from './namespaces.js'
import type { ResolverOptions } from './options.js'
import {
  PendingLookup,
  type FailureReport,
  type LookupKey,
  type Outcome,
  type ResolverServices,
} from './pending-lookup.js'
import { ResolveError } from './resolve-error.js'
import type { Answer, ResolveOptions, Resolver } from './types.js'

/** A resolver over the transport given, which it closes with itself. Nothing is read or asked before the first look-up. */
export function createResolver(options: ResolverOptions): Resolver {
  return new CachingResolver(options)
}

class CachingResolver implements Resolver {
  readonly #now: () => Milliseconds
  readonly #maxTtl: Seconds
  readonly #transport: Transport
  readonly #namespaces: CacheNamespaces
  readonly #cache: AnswerCache<FailureReport, Answer, CacheNamespace>
  readonly #files: LocalFiles
  readonly #services: ResolverServices
  readonly #pending = new SingleFlight<PendingLookup>()
  #isClosed = false
  #closing: Promise<void> | undefined

  constructor(options: ResolverOptions) {
    const { upstreams, now, timeoutMs, attemptMs, hostsPath, resolvConfPath, onWarning } = options
    const cache = new AnswerCache<FailureReport, Answer, CacheNamespace>(options)
    const files = new LocalFiles({
      hostsPath: hostsPath ?? defaultHostsPath(),
      resolvConfPath: resolvConfPath ?? '/etc/resolv.conf',
      isExcluded: options.isExcluded,
      onChange: () => cache.expireAll(now()),
      onWarning: message => onWarning?.(message),
    })
    const client = new UpstreamClient(options)
    this.#now = now
    this.#maxTtl = options.maxTtl
    this.#transport = options.transport
    this.#namespaces = new CacheNamespaces(upstreams === 'resolv.conf' ? undefined : upstreams)
    this.#cache = cache
    this.#files = files
    this.#services = { cache, files, queries: new Queries(client, timeoutMs, attemptMs), client, timeoutMs, now }
  }

  peek(text: string, options: ResolveOptions): Answer | undefined {
    const namespace = this.#namespaces.of(options)
    const isFresh = options.fresh === true
    // Most names are in the cache as they are written here.
    const cached = isFresh ? undefined : this.#peekCache(namespace.prefix + text, namespace)
    if (cached !== undefined) return cached
    const literal = literalAnswer(text, namespace.family, this.#maxTtl)
    if (literal !== undefined || this.#isClosed) return literal
    const lookup = toLookupKey(text, namespace)
    return lookup === undefined ? undefined : this.#peekLookup(lookup, isFresh)
  }

  resolve(text: string, options: ResolveOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { signal } = options
      signal?.throwIfAborted()
      if (this.#isClosed) throw closedError(text)
      const found = this.#find(text, options)
      if (!(found instanceof PendingLookup)) {
        resolve(this.#answerOf(found, text))
        return
      }
      const onOutcome = (outcome: Outcome) => {
        try {
          resolve(this.#answerOf(outcome, text))
        } catch (error) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- it was thrown the line before
          reject(error)
        }
      }
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason, whatever it is
      found.join(onOutcome, signal, () => reject(signal?.reason))
    })
  }

  get cacheEntries(): number {
    return this.#cache.size
  }

  close(): Promise<void> {
    // First: ending the look-ups calls those who wait for them.
    this.#isClosed = true
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** The answer or the remembered failure, or the look-up that is to be waited for. */
  #find(text: string, options: ResolveOptions): Outcome | PendingLookup {
    const namespace = this.#namespaces.of(options)
    const isFresh = options.fresh === true
    // A look-up under way needs no more than its name, as it is mostly written: it checks the hosts file itself.
    const joined = this.#pending.get(namespace.prefix + text)
    const cached = joined === undefined || isFresh ? undefined : this.#peekCache(namespace.prefix + text, namespace)
    if (cached !== undefined) return { kind: 'answer', answer: cached }
    if (joined !== undefined) return joined
    const literal = literalAnswer(text, namespace.family, this.#maxTtl)
    if (literal !== undefined) return { kind: 'answer', answer: literal }
    const lookup = toLookupKey(text, namespace)
    if (lookup === undefined) return { kind: 'error', code: 'ENOTFOUND', attempts: [] }
    const answer = this.#peekLookup(lookup, isFresh)
    if (answer !== undefined) return { kind: 'answer', answer }
    const { key } = lookup
    return (
      this.#recall(lookup, isFresh) ??
      this.#pending.get(key) ??
      this.#pending.start(key, new PendingLookup(this.#services, lookup))
    )
  }

  #answerOf(outcome: Outcome, text: string): Answer {
    if (outcome.kind === 'answer') return outcome.answer
    // The reason may be that the resolver was closed in the meantime.
    if (this.#isClosed) throw closedError(text)
    throw new ResolveError(outcome.code, text, outcome.attempts)
  }

  /** The warm path: one read of the cache, one of the clock. The same object as long as its TTL shows the same. */
  #peekCache(key: string, namespace: CacheNamespace): Answer | undefined {
    const entry = this.#cache.get(key, namespace)
    if (entry === undefined) return undefined
    const nowMs = this.#now()
    return nowMs < entry.viewUntilMs ? entry.view : this.#renewView(entry, key, nowMs)
  }

  /** Runs once a second for each name in use, so what needs a check now and then is checked here. */
  #renewView(
    entry: Entry<FailureReport, Answer, CacheNamespace>,
    key: string,
    nowMs: Milliseconds,
  ): Answer | undefined {
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
  #peekLookup({ name, key, namespace }: LookupKey, isFresh: boolean): Answer | undefined {
    const cached = isFresh ? undefined : this.#peekCache(key, namespace)
    if (cached !== undefined) return cached
    // The files are checked first if that was long ago; `localhost` needs none.
    const isKnown = isLocalhost(name) || !this.#files.isDue(this.#now())
    return isKnown ? hostsAnswer(this.#files.hosts, name, namespace.family) : undefined
  }

  /** The failure that is remembered for a name, or the stale answer that serves in its place. */
  #recall({ key, namespace }: LookupKey, isFresh: boolean): Outcome | undefined {
    const nowMs = this.#now()
    const slot = this.#cache.slot(key, namespace)
    const bad = this.#cache.knownFailure(slot, nowMs)
    if (bad === undefined || (bad.kind === 'negative' && isFresh)) return undefined
    const good = bad.kind === 'failure' ? this.#cache.staleAnswer(slot, nowMs) : undefined
    if (good === undefined) return { kind: 'error', ...bad.report }
    const path = [cacheStep(good, nowMs), 'cache: no server answered a moment ago']
    return { kind: 'answer', answer: staleAnswer(good, path) }
  }

  #refresh(key: string, namespace: CacheNamespace): void {
    if (this.#pending.get(key) !== undefined) return
    const name = key.slice(namespace.prefix.length)
    this.#pending.start(key, new PendingLookup(this.#services, { name, key, namespace }))
  }

  async #close(): Promise<void> {
    this.#pending.endAll()
    this.#services.queries.endAll()
    this.#cache.clear()
    await this.#transport.close()
  }
}

/** Undefined for what no server may be asked for: an invalid host name, or an address of the other family. */
function toLookupKey(text: string, namespace: CacheNamespace): LookupKey | undefined {
  const name = canonicalName(text)
  return name === undefined ? undefined : { name, key: namespace.prefix + name, namespace }
}

const closedError = (name: string) =>
  new ResolveError('EAI_AGAIN', name, [], { cause: new Error('the resolver is closed') })

const defaultHostsPath = () =>
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts'
