import type { LRUCache } from 'lru-cache'
import { loadLruCache } from '../packages.js'
import type { Milliseconds, Seconds } from '../units.js'
import {
  longestFailureMs,
  mergeWithPrevious,
  nextFailure,
  type Entry,
  type FreshAnswer,
  type PositiveEntry,
  type TtlBounds,
} from './entry.js'

export interface AnswerCacheOptions extends TtlBounds {
  /** How many names are kept; the one that was used longest ago goes first. 0: none. */
  readonly cacheMax: number
}

/**
 * Where an entry is kept: a key, and its owner; an entry of another owner is not found. What was asked for before
 * `expireAll` or `clear` has an older generation, and is not kept.
 */
export interface CacheSlot<Owner> {
  readonly key: string
  readonly owner: Owner
  readonly generation: number
}

/**
 * Answers, negative answers and failures by name, each for as long as it is good. Holds no timer: what has expired
 * stays as long as there is room, since it may still serve as stale. Every method's time is handed in.
 */
export class AnswerCache<Report, View, Owner extends object> {
  readonly #bounds: AnswerCacheOptions
  /** Made when the first entry is, and with it its package is loaded. */
  #entries: LRUCache<string, Entry<Report, View, Owner>> | undefined
  #generation = 0

  constructor(bounds: AnswerCacheOptions) {
    this.#bounds = bounds
  }

  /** How many names there are, expired ones too. */
  get size(): number {
    return this.#entries?.size ?? 0
  }

  /** The entry, which then counts as used; its parts may all have expired. */
  get(key: string, owner: Owner): Entry<Report, View, Owner> | undefined {
    const entry = this.#entries?.get(key)
    return entry?.owner === owner ? entry : undefined
  }

  /** The slot for an answer that is asked for now. */
  slot(key: string, owner: Owner): CacheSlot<Owner> {
    return { key, owner, generation: this.#generation }
  }

  /** The last good answer of the entry, fresh or expired, if it may serve when all else has failed. */
  staleAnswer(entry: Entry<Report, View, Owner> | undefined, nowMs: Milliseconds): PositiveEntry | undefined {
    const good = entry?.good
    return good !== undefined && nowMs < good.expiresAtMs + this.#bounds.stale * 1_000 ? good : undefined
  }

  /**
   * The entry that the answer makes. One of TTL 0 is kept too, as expired: caches in front of us count down to 0, and
   * some say 0 exactly while their own upstream is down, so it must not cost the answer that may serve as stale.
   */
  storeAnswer(slot: CacheSlot<Owner>, answer: FreshAnswer, nowMs: Milliseconds): PositiveEntry {
    const before = this.get(slot.key, slot.owner)
    const good = mergeWithPrevious(answer, before?.good, this.#bounds, nowMs)
    const isOfUse = nowMs < good.expiresAtMs + this.#bounds.stale * 1_000
    this.#put(slot, before, isOfUse ? { good, bad: undefined } : undefined)
    return good
  }

  /** The name does not exist, for `ttl` seconds at most; what was known of it is dropped. */
  storeNegative(slot: CacheSlot<Owner>, ttl: Seconds, report: Report, nowMs: Milliseconds): void {
    const untilMs = nowMs + Math.min(ttl, this.#bounds.negativeTtl) * 1_000
    const bad = { kind: 'negative' as const, untilMs, failures: 0, report }
    this.#put(slot, this.get(slot.key, slot.owner), untilMs > nowMs ? { good: undefined, bad } : undefined)
  }

  /** No server would answer, so none is asked for a while; what was known stays. Returns how long that while is. */
  storeFailure(slot: CacheSlot<Owner>, report: Report, nowMs: Milliseconds): Milliseconds {
    const before = this.get(slot.key, slot.owner)
    const bad = nextFailure(before?.bad, report, nowMs)
    this.#put(slot, before, { good: before?.good, bad })
    return bad.untilMs - nowMs
  }

  /** A refresh has failed: the next is not before a while. */
  postponeRefresh({ key, owner }: CacheSlot<Owner>, nowMs: Milliseconds): void {
    const entry = this.get(key, owner)
    if (entry?.good !== undefined) entry.good = { ...entry.good, refreshAtMs: nowMs + longestFailureMs }
  }

  /** Nothing is fresh any more, and no failure is remembered; good answers may still serve as stale. */
  expireAll(nowMs: Milliseconds): void {
    this.#generation++
    for (const [, entry] of this.#entries?.entries() ?? []) {
      entry.bad = undefined
      entry.lease.untilMs = -Infinity
      if (entry.good !== undefined && entry.good.expiresAtMs > nowMs)
        entry.good = { ...entry.good, expiresAtMs: nowMs, refreshAtMs: nowMs }
    }
  }

  clear(): void {
    this.#generation++
    this.#entries?.clear()
  }

  #put(
    { key, owner, generation }: CacheSlot<Owner>,
    before: Entry<Report, View, Owner> | undefined,
    content: Pick<Entry<Report, View, Owner>, 'good' | 'bad'> | undefined,
  ): void {
    const { cacheMax } = this.#bounds
    if (generation !== this.#generation || cacheMax === 0) return
    if (before !== undefined) before.lease.untilMs = -Infinity
    if (content === undefined) this.#entries?.delete(key)
    else {
      this.#entries ??= new (loadLruCache().LRUCache)({ max: cacheMax })
      this.#entries.set(key, { owner, ...content, view: undefined, lease: { untilMs: -Infinity } })
    }
  }
}
