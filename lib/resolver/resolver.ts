import { AnswerCache } from '../cache/answer-cache.js'
import { knownFailure } from '../cache/entry.js'
import type { Upstream } from '../transport/upstream.js'
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
import {
  PendingLookup,
  type CachedName,
  type CacheNamespace,
  type LookupStart,
  type ResolverServices,
} from './pending-lookup.js'
import { ResolveError } from './resolve-error.js'
import type { Answer, ResolveOptions, Resolver } from './types.js'

/** A resolver over the transport given, which it closes with itself. Nothing is read or asked before the first look-up. */
export function createResolver(options: ResolverOptions): Resolver {
  return new CachingResolver(options)
}

class CachingResolver implements Resolver {
  readonly #options: ResolverOptions
  readonly #namespaces: CacheNamespaces
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
    this.#options = options
    this.#namespaces = new CacheNamespaces(upstreams === 'resolv.conf' ? undefined : upstreams)
    const queries = new Queries(client, timeoutMs, attemptMs)
    this.#services = { cache, files, queries, client, pending: new Map(), timeoutMs, now }
  }

  peek(text: string, options: ResolveOptions): Answer | undefined {
    const found = this.#look(text, options)
    return found !== undefined && 'addresses' in found ? found : undefined
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
    return this.#services.cache.size
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
    const key = namespace.prefix + text
    // A look-up under way needs no more than its name, as it is mostly written: it checks the hosts file itself.
    const joined = this.#open(key)
    if (joined !== undefined) {
      const entry = options.fresh === true ? undefined : this.#services.cache.get(key, namespace)
      const answer = entry && this.#freshAnswer(entry, key)
      return answer === undefined ? joined : { kind: 'answer', answer }
    }
    const found = this.#look(text, options)
    // No server may be asked for it: an invalid host name, or an address of the other family.
    if (found === undefined) return { kind: 'error', code: 'ENOTFOUND', attempts: [] }
    if ('addresses' in found) return { kind: 'answer', answer: found }
    const recalled = found.entry && this.#recall(found.entry, options.fresh === true)
    return recalled ?? this.#open(found.key) ?? new PendingLookup(this.#services, found)
  }

  /** The answer that is at hand, or what a look-up begins with; undefined for a name that no server may be asked for. */
  #look(text: string, options: ResolveOptions): Answer | LookupStart | undefined {
    const { cache, files, now } = this.#services
    const namespace = this.#namespaces.of(options)
    const { prefix, family } = namespace
    // Most names are in the cache as they are written here.
    let key = prefix + text
    let entry = cache.get(key, namespace)
    let answer = options.fresh === true ? undefined : entry && this.#freshAnswer(entry, key)
    answer ??= literalAnswer(text, family, this.#options.maxTtl)
    if (answer !== undefined || this.#isClosed) return answer
    const name = canonicalName(text)
    if (name === undefined) return undefined
    if (name !== text) {
      key = prefix + name
      entry = cache.get(key, namespace)
      answer = options.fresh === true ? undefined : entry && this.#freshAnswer(entry, key)
    }
    // The files are checked first if that was long ago; `localhost` needs none.
    if (isLocalhost(name) || !files.isDue(now())) answer ??= hostsAnswer(files.config.hosts, name, family)
    return answer ?? { name, key, namespace, entry }
  }

  /** The look-up that can be joined. */
  #open(key: string): PendingLookup | undefined {
    const lookup = this.#services.pending.get(key)
    return lookup?.isOpen === true ? lookup : undefined
  }

  /** The entry's answer while it is fresh: the same object as long as its TTL shows the same. */
  #freshAnswer(entry: CachedName, key: string): Answer | undefined {
    const { files, now } = this.#services
    const { good, lease, owner: namespace } = entry
    const nowMs = now()
    if (nowMs < lease.untilMs) return entry.view
    if (good === undefined || nowMs >= good.expiresAtMs) return undefined
    // Once a second for each name in use, so what needs a check now and then is checked here.
    void files.check(nowMs)
    const isDue = nowMs >= good.refreshAtMs
    if (isDue && this.#open(key) === undefined)
      new PendingLookup(this.#services, { name: key.slice(namespace.prefix.length), key, namespace, entry })
    const ttl = secondsLeft(good, nowMs)
    const sameUntilMs = good.expiresAtMs - (ttl - 1) * 1_000
    entry.lease = { untilMs: isDue ? sameUntilMs : Math.min(sameUntilMs, good.refreshAtMs) }
    entry.view = cachedAnswer(good, ttl, entry.lease)
    return entry.view
  }

  /** The failure that is remembered for the name, or the stale answer that serves in its place. */
  #recall(entry: CachedName, isFresh: boolean): Outcome | undefined {
    const { cache, now } = this.#services
    const nowMs = now()
    const bad = knownFailure(entry, nowMs)
    if (bad === undefined || (bad.kind === 'negative' && isFresh)) return undefined
    const good = bad.kind === 'failure' ? cache.staleAnswer(entry, nowMs) : undefined
    if (good === undefined) return { kind: 'error', ...bad.report }
    const path = [cacheStep(good, nowMs), 'cache: no server answered a moment ago']
    return { kind: 'answer', answer: staleAnswer(good, path) }
  }

  async #close(): Promise<void> {
    const { cache, pending, queries } = this.#services
    for (const lookup of pending.values()) lookup.end()
    queries.endAll()
    cache.clear()
    await this.#options.transport.close()
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
