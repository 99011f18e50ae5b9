import type { Address, Family } from '../address/address.js'
import type { CancelSignal } from '../cancel.js'
import type { Upstream } from '../transport/upstream.js'
import type { Milliseconds, Seconds } from '../units.js'

/** Where an answer came from. `stale`: it has expired, and every upstream failed just now. */
export type AnswerSource = 'literal' | 'cache' | 'hosts' | 'dns' | 'system' | 'stale'

/** What a name resolved to. */
export interface Answer {
  /** Never empty; each accepted by `net.isIP`; in the order of the answer, IPv4 first. Frozen: copy before changing. */
  readonly addresses: readonly Address[]
  /** Seconds left; the smallest on the chain. 0: good for the present waiters only, also for a stale answer. */
  readonly ttl: Seconds
  readonly source: AnswerSource
  /** Each step in words, first to last: `cache: expired 3 s ago`, `udp://192.0.2.53:53: CNAME x.example, A 192.0.2.1`. */
  readonly path: readonly string[]
  /**
   * Of a cached answer: `peek` returns this very object until then, on the resolver's clock. -Infinity as soon as the
   * cache learns another: who keeps the answer need not ask for it again before.
   */
  readonly lease?: { readonly untilMs: Milliseconds }
}

/** How one name is to be resolved. */
export interface ResolveOptions {
  /** 0: both families; the failure of one never spoils the other. */
  readonly family: 0 | Family
  /** The servers to ask in place of the resolver's own. The cache keeps each list's answers apart. */
  readonly upstreams?: readonly Upstream[] | undefined
  /** `system`: when no upstream answers, getaddrinfo is asked for the same name. */
  readonly fallback: 'system' | 'none'
  /** True: no fresh cache entry is used (all its addresses failed to connect); a fresh answer replaces it. */
  readonly fresh?: boolean
  /** Frees this waiter alone with the signal's reason; the query goes on for others and for the cache. */
  readonly signal?: CancelSignal
}

/** One upstream's part in a failed look-up: `outcome` is `SERVFAIL`, `timeout`, `ECONNREFUSED`, `NXDOMAIN` ... */
export interface Attempt {
  readonly server: string
  readonly outcome: string
  readonly durationMs: Milliseconds
  /** What it was asked: `A b0.example`, with a suffix of the search list where one was tried. */
  readonly question?: string
  /** More than `outcome` says, where that alone would be a riddle: `HTTP status 403, content type text/plain`. */
  readonly reason?: string
}

/**
 * Resolves names to addresses: literals, cache, hosts file, upstreams, the system, stale answers, in that order.
 * Fails with `ResolveError`, within the deadline that it was made with.
 */
export interface Resolver {
  /** The answer that needs no waiting (literal, hosts file, fresh cache entry), or undefined. Never throws, no I/O waited for. */
  peek(name: string, options: ResolveOptions): Answer | undefined
  /** The answer, or a rejection with `ResolveError`. After `close` it rejects at once. */
  resolve(name: string, options: ResolveOptions): Promise<Answer>
  /** How many names the cache holds, expired ones too; left out where there is none. */
  readonly cacheEntries?: number
  /** Ends queries, timers, sockets and watchers. Idempotent. */
  close(): Promise<void>
}
