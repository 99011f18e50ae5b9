import { AnswerCache } from '../cache/answer-cache.js'
import { knownFailure } from '../cache/entry.js'
import type { Transport } from '../transport/transport.js'
import type { Upstream } from '../transport/upstream.js'
import type { Milliseconds, Seconds } from '../units.js'
import {
  cachedAnswer,
  cacheStep,
  hostsAnswer,
  literalAnswer,
  secondsLeft,
  staleAnswer,
  type FailureReport,
  type Outcome,
} from './answers.js'
import { Queries } from './ask/query.js'
import { listKey } from './ask/server-states.js'
import { UpstreamClient } from './ask/upstream-client.js'
import { LocalFiles } from './local-files.js'
import { canonicalName, isLocalhost } from './names.js'
import type { ResolverOptions } from './options.js'
import { PendingLookup, type CachedName, type CacheNamespace, type ResolverServices } from './pending-lookup.js'
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
    const queries = new Queries(client, timeoutMs, attemptMs)
    this.#services = { cache, files, queries, client, pending: new Map(), timeoutMs, now }
  }

  peek(text: string, options: ResolveOptions): Answer | undefined {
    const namespace = this.#namespaces.of(options)
    const isFresh = options.fresh === true
    // Most names are in the cache as they are written here.
    const cached = isFresh ? undefined : this.#peekCache(namespace.prefix + text, namespace)
    if (cached !== undefined) return cached
    const literal = literalAnswer(text, namespace.family, this.#maxTtl)
    if (literal !== undefined || this.#isClosed) return literal
    const name = canonicalName(text)
    if (name === undefined) return undefined
    const answer = isFresh || name === text ? undefined : this.#peekCache(namespace.prefix + name, namespace)
    if (answer !== undefined) return answer
    // The files are checked first if that was long ago; `localhost` needs none.
    const isKnown = isLocalhost(name) || !this.#files.isDue(this.#now())
    return isKnown ? hostsAnswer(this.#files.config.hosts, name, namespace.family) : undefined
  }

  resolve(text: string, options: ResolveOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { signal } = options
      signal?.throwIfAborted()
      if (this.#isClosed) throw closedError(text)
      const settle = (outcome: Outcome) => {
        if (outcome.kind === 'answer') resolve(outcome.answer)
        // The reason may be that the resolver was closed in the meantime.
        else reject(this.#isClosed ? closedError(text) : new ResolveError(outcome.code, text, outcome.attempts))
      }
      const found = this.#find(text, options)
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's own reason, whatever it is
      if (found instanceof PendingLookup) found.join(settle, signal, () => reject(signal?.reason))
      else settle(found)
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
    const { prefix } = namespace
    const isFresh = options.fresh === true
    // A look-up under way needs no more than its name, as it is mostly written: it checks the hosts file itself.
    const joined = this.#open(prefix + text)
    if (joined !== undefined) {
      const cached = isFresh ? undefined : this.#peekCache(prefix + text, namespace)
      return cached === undefined ? joined : { kind: 'answer', answer: cached }
    }
    const answer = this.peek(text, options)
    if (answer !== undefined) return { kind: 'answer', answer }
    const name = canonicalName(text)
    // No server may be asked for it: an invalid host name, or an address of the other family.
    if (name === undefined) return { kind: 'error', code: 'ENOTFOUND', attempts: [] }
    const key = prefix + name
    const entry = this.#cache.get(key, namespace)
    const recalled = entry && this.#recall(entry, isFresh)
    return recalled ?? this.#open(key) ?? new PendingLookup(this.#services, { name, key, namespace }, entry)
  }

  /** The look-up that can be joined. */
  #open(key: string): PendingLookup | undefined {
    const lookup = this.#services.pending.get(key)
    return lookup?.isOpen === true ? lookup : undefined
  }

  /** The warm path: one read of the cache, one of the clock. The same object as long as its TTL shows the same. */
  #peekCache(key: string, namespace: CacheNamespace): Answer | undefined {
    const entry = this.#cache.get(key, namespace)
    if (entry === undefined) return undefined
    const nowMs = this.#now()
    return nowMs < entry.lease.untilMs ? entry.view : this.#renewView(entry, key, nowMs)
  }

  /** Runs once a second for each name in use, so what needs a check now and then is checked here. */
  #renewView(entry: CachedName, key: string, nowMs: Milliseconds): Answer | undefined {
    const { good } = entry
    if (good === undefined || nowMs >= good.expiresAtMs) return undefined
    const isDue = nowMs >= good.refreshAtMs
    if (isDue) this.#refresh(key, entry)
    void this.#files.check(nowMs)
    const ttl = secondsLeft(good, nowMs)
    const sameUntilMs = good.expiresAtMs - (ttl - 1) * 1_000
    entry.lease = { untilMs: isDue ? sameUntilMs : Math.min(sameUntilMs, good.refreshAtMs) }
    entry.view = cachedAnswer(good, ttl, entry.lease)
    return entry.view
  }

  /** The failure that is remembered for the name, or the stale answer that serves in its place. */
  #recall(entry: CachedName, isFresh: boolean): Outcome | undefined {
    const nowMs = this.#now()
    const bad = knownFailure(entry, nowMs)
    if (bad === undefined || (bad.kind === 'negative' && isFresh)) return undefined
    const good = bad.kind === 'failure' ? this.#cache.staleAnswer(entry, nowMs) : undefined
    if (good === undefined) return { kind: 'error', ...bad.report }
    const path = [cacheStep(good, nowMs), 'cache: no server answered a moment ago']
    return { kind: 'answer', answer: staleAnswer(good, path) }
  }

  #refresh(key: string, entry: CachedName): void {
    if (this.#open(key) !== undefined) return
    const { owner: namespace } = entry
    const name = key.slice(namespace.prefix.length)
    new PendingLookup(this.#services, { name, key, namespace }, entry)
  }

  async #close(): Promise<void> {
    const { pending, queries } = this.#services
    for (const lookup of pending.values()) lookup.end()
    queries.endAll()
    this.#cache.clear()
    await this.#transport.close()
  }
}

type NamespaceTable = (CacheNamespace | undefined)[]

/** Finds each look-up's namespace, always the same object for the same options. */
class CacheNamespaces {
  readonly #own: readonly Upstream[] | undefined
  readonly #ownTable: NamespaceTable = []
  readonly #byList = new WeakMap<readonly Upstream[], NamespaceTable>()
  readonly #byContent = new Map<string, NamespaceTable>()
  #made = 0

  /** `own`: the servers of look-ups that name none. */
  constructor(own: CacheNamespace['upstreams']) {
    this.#own = own
  }

  of({ upstreams, family, fallback }: ResolveOptions): CacheNamespace {
    const table = upstreams === undefined ? this.#ownTable : this.#tableOf(upstreams)
    const index = fallback === 'system' ? family : family + 1
    return (table[index] ??= {
      upstreams: upstreams ?? this.#own,
      family,
      fallback,
      prefix: this.#made++ === 0 ? '' : `${this.#made}|`,
    })
  }

  /** By content, so that a map that was read again finds the answers of its old lists. */
  #tableOf(upstreams: readonly Upstream[]): NamespaceTable {
    const known = this.#byList.get(upstreams)
    if (known !== undefined) return known
    const content = listKey(upstreams)
    const table = this.#byContent.get(content) ?? []
    this.#byContent.set(content, table)
    this.#byList.set(upstreams, table)
    return table
  }
}

const closedError = (name: string) =>
  new ResolveError('EAI_AGAIN', name, [], { cause: new Error('the resolver is closed') })

const defaultHostsPath = () =>
  process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts'
