import type { LRUCache } from 'lru-cache'
import { loadLruCache } from '../packages.js'
import type { Milliseconds, Seconds } from '../units.js'
import { followFailure, followWith, type Bad, type Entry, type Good, type Positive } from './entry.js'
import { longestFailureMs, type TtlBounds } from './ttl.js'

export interface AnswerCacheOptions extends TtlBounds {
  /** How many names are kept; the one that was used longest ago goes first. 0: none. */
  readonly cacheMax: number
}

/**
 * Where an entry stands: a key, and whose it is; a key that another owner put in is not found. What was asked for before
 * `expireAll` or `clear` has an older generation, and is not kept.
 */
export interface Place<Owner> {
  readonly key: string
  readonly owner: Owner
  readonly generation: number
}

/**
 * Answers, negative answers and failures by name, each for as long as it is good. Holds no timer: what has expired
 * stays as long as there is room, since it may still serve as stale. Every method's time is handed in.
 */
export class AnswerCache<Note, View, Owner extends object> {
  readonly #bounds: TtlBounds
  readonly #entries: LRUCache<string, Entry<Note, View, Owner>> | undefined
  #generation = 0

  constructor({ cacheMax, ...bounds }: AnswerCacheOptions) {
    this.#bounds = bounds
    this.#entries = cacheMax > 0 ? new (loadLruCache().LRUCache)({ max: cacheMax }) : undefined
  }

  /** How many names there are, expired ones too. */
  get size(): number {
    return this.#entries?.size ?? 0
  }

  /** The entry, which then counts as used; its parts may all have expired. */
  get(key: string, owner: Owner): Entry<Note, View, Owner> | undefined {
    const entry = this.#entries?.get(key)
    return entry?.owner === owner ? entry : undefined
  }

  /** Where an answer that is asked for now will stand. */
  place(key: string, owner: Owner): Place<Owner> {
    return { key, owner, generation: this.#generation }
  }

  /** What is remembered against the name: a negative answer or a failure. */
  remembered({ key, owner }: Place<Owner>, nowMs: Milliseconds): Bad<Note> | undefined {
    const bad = this.get(key, owner)?.bad
    return bad !== undefined && nowMs < bad.untilMs ? bad : undefined
  }

  /** The last good answer, fresh or expired, if it may serve when all else has failed. */
  lastResort({ key, owner }: Place<Owner>, nowMs: Milliseconds): Good | undefined {
    const good = this.get(key, owner)?.good
    return good !== undefined && nowMs < good.expiresAtMs + this.#bounds.stale * 1_000 ? good : undefined
  }

  /** The answer as it is from now on. It is kept unless its TTL is 0, which also ends the one before. */
  storeAnswer(place: Place<Owner>, positive: Positive, nowMs: Milliseconds): Good {
    const good = followWith(positive, this.get(place.key, place.owner)?.good, this.#bounds, nowMs)
    this.#put(place, good.expiresAtMs > nowMs ? { good, bad: undefined } : undefined)
    return good
  }

  /** There is nothing by that name, for `ttl` seconds at most; what was known of it is gone. */
  storeNegative(place: Place<Owner>, ttl: Seconds, note: Note, nowMs: Milliseconds): void {
    const untilMs = nowMs + Math.min(ttl, this.#bounds.negativeTtl) * 1_000
    const bad = { kind: 'negative' as const, untilMs, failures: 0, note }
    this.#put(place, untilMs > nowMs ? { good: undefined, bad } : undefined)
  }

  /** Nobody would say, so nobody is asked for a while; what was known stays. Says how long that while is. */
  storeFailure(place: Place<Owner>, note: Note, nowMs: Milliseconds): Milliseconds {
    const entry = this.get(place.key, place.owner)
    const bad = followFailure(entry?.bad, note, nowMs)
    this.#put(place, { good: entry?.good, bad })
    return bad.untilMs - nowMs
  }

  /** A refresh has failed: the next is not before a while. */
  postponeRefresh({ key, owner }: Place<Owner>, nowMs: Milliseconds): void {
    const entry = this.get(key, owner)
    if (entry?.good !== undefined) entry.good = { ...entry.good, refreshAtMs: nowMs + longestFailureMs }
  }

  /** Nothing is fresh any more, and nothing is held against a name; good answers may still serve as stale. */
  expireAll(nowMs: Milliseconds): void {
    this.#generation++
    for (const [, entry] of this.#entries?.entries() ?? []) {
      entry.bad = undefined
      entry.viewUntilMs = -Infinity
      if (entry.good !== undefined && entry.good.expiresAtMs > nowMs)
        entry.good = { ...entry.good, expiresAtMs: nowMs, refreshAtMs: nowMs }
    }
  }

  clear(): void {
    this.#generation++
    this.#entries?.clear()
  }

  #put(
    { key, owner, generation }: Place<Owner>,
    content: Pick<Entry<Note, View, Owner>, 'good' | 'bad'> | undefined,
  ): void {
    if (generation !== this.#generation) return
    if (content === undefined) this.#entries?.delete(key)
    else this.#entries?.set(key, { owner, ...content, view: undefined, viewUntilMs: -Infinity })
  }
}
