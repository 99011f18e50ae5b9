import type { LRUCache } from 'lru-cache'
import { loadLruCache } from '../../lib/packages.js'
import type { Address } from '../../lib/address/address.js'
import type { Milliseconds } from '../../lib/units.js'

const firstPenaltyMs: Milliseconds = 1000
const longestPenaltyMs: Milliseconds = 60_000
const freshIntervalMs: Milliseconds = 1000
// A penalty is up to a tenth longer, so that the clients of one endpoint don't all come back to it at one moment.
const jitter = 0.1

/** A place that failed: it counts as failed until its penalty is over, and each further failure doubles that. */
interface Failure {
  readonly atMs: Milliseconds
  readonly untilMs: Milliseconds
  readonly penaltyMs: Milliseconds
}

// How many places, targets and names are remembered, each; the least recently used is forgotten.
const capacity = 10_000
// Of a target with hundreds of addresses: more than these are never tried before the target is asked again.
const mostAddresses = 8

export interface HealthOptions {
  /** A monotonic clock. */
  readonly now: () => Milliseconds
  /** From 0 up to 1: how much of the jitter a penalty gets; left out: none. */
  readonly random?: () => number
}

/**
 * What the sockets' outcomes say about endpoints. A place is an address and a port, or a target's name and port where the
 * name gave no address. Pure memory: no timers, no I/O.
 */
export class Health {
  readonly #now: () => Milliseconds
  readonly #random: () => number
  // Each is made when there is something to remember: most processes never see a failure.
  #failures: LRUCache<string, Failure> | undefined
  #addresses: LRUCache<string, readonly Address[]> | undefined
  #askedAfresh: LRUCache<string, Milliseconds> | undefined
  #isClosed = false

  constructor({ now, random = () => 0 }: HealthOptions) {
    this.#random = random
    this.#now = now
  }

  /**
   * The place counts as failed from now on, 1 s at first, doubling to 60 s with each failure after a penalty. The many
   * sockets of one client that fail at one moment are one failure.
   */
  failed(host: string, port: number): void {
    if (this.#isClosed) return
    const key = keyOf(host, port)
    const nowMs = this.#now()
    this.#failures ??= newCache()
    const last = this.#failures.get(key)
    if (last !== undefined && nowMs < last.untilMs) {
      this.#failures.set(key, { ...last, atMs: nowMs })
      return
    }
    // Reset the backoff after ten minutes without a failure.
    const isRecent = last !== undefined && nowMs - last.untilMs < 10 * longestPenaltyMs
    const penaltyMs = isRecent ? Math.min(2 * last.penaltyMs, longestPenaltyMs) : firstPenaltyMs
    this.#failures.set(key, { atMs: nowMs, untilMs: nowMs + penaltyMs * (1 + jitter * this.#random()), penaltyMs })
  }

  /** The place's failures are forgotten. */
  succeeded(host: string, port: number): void {
    this.#failures?.delete(keyOf(host, port))
  }

  /** When the place last failed, while its penalty lasts; else undefined. */
  failedAtMs(host: string, port: number): Milliseconds | undefined {
    const failure = this.#failures?.get(keyOf(host, port))
    return failure !== undefined && this.#now() < failure.untilMs ? failure.atMs : undefined
  }

  /** True where the place's last try has failed, within the time given, and none has succeeded since. */
  isFailing(host: string, port: number, withinMs: Milliseconds): boolean {
    const failure = this.#failures?.get(keyOf(host, port))
    return failure !== undefined && this.#now() - failure.atMs < withinMs
  }

  /** True where there is an address and each has failed. */
  haveAllFailed(addresses: readonly Address[], port: number): boolean {
    if (this.#failures === undefined) return false
    return addresses.length > 0 && addresses.every(({ address }) => this.failedAtMs(address, port) !== undefined)
  }

  /** The target has these addresses. Without any, the target itself counts as failed. */
  resolved(host: string, port: number, addresses: readonly Address[]): void {
    if (addresses.length === 0) {
      this.failed(host, port)
      return
    }
    // A target that is an address is a place of its own, and whether that fails only its connects say.
    if (addresses[0]?.address === host) return
    const key = keyOf(host, port)
    this.#failures?.delete(key)
    const few = addresses.length > mostAddresses ? addresses.slice(0, mostAddresses) : addresses
    if (!this.#isClosed) (this.#addresses ??= newCache()).set(key, few)
  }

  /** When the target last failed (its name, or the last of its addresses); undefined where it may be tried. */
  targetFailedAtMs(host: string, port: number): Milliseconds | undefined {
    const own = this.failedAtMs(host, port)
    if (own !== undefined) return own
    const addresses = this.#addresses?.get(keyOf(host, port)) ?? []
    if (!this.haveAllFailed(addresses, port)) return undefined
    return Math.max(...addresses.map(({ address }) => this.failedAtMs(address, port) ?? 0))
  }

  /** True at most once a second for a name: a look-up that passes the cache by may be made now. */
  mayAskAfresh(name: string): boolean {
    const nowMs = this.#now()
    const lastMs = this.#askedAfresh?.get(name)
    if (lastMs !== undefined && nowMs - lastMs < freshIntervalMs) return false
    if (!this.#isClosed) (this.#askedAfresh ??= newCache()).set(name, nowMs)
    return true
  }

  /** Forgets everything, and remembers nothing more. */
  close(): void {
    this.#isClosed = true
    for (const memory of [this.#failures, this.#addresses, this.#askedAfresh]) memory?.clear()
  }
}

const keyOf = (host: string, port: number) => `${host}|${port}`

/** By size, since with a number of entries all their places are made at once, in a millisecond and more. */
function newCache<Value extends object | number>(): LRUCache<string, Value> {
  const { LRUCache } = loadLruCache()
  return new LRUCache({ maxSize: capacity, sizeCalculation: () => 1 })
}
