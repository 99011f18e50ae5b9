import type { Address, Family } from '../address/address.js'
import type { Milliseconds, Seconds } from '../units.js'

/** How long answers may live. All in whole seconds. */
export interface TtlBounds {
  /** A positive answer's TTL is raised to this. 0: TTLs are taken as they are, and an answer of TTL 0 is never fresh. */
  readonly minTtl: Seconds
  /** A positive answer's TTL is cut to this; it wins over `minTtl`. */
  readonly maxTtl: Seconds
  /** The most that a negative answer lives. 0: none is kept. */
  readonly negativeTtl: Seconds
  /** How long after its end an answer may still serve when nothing better can be had. 0: never. */
  readonly stale: Seconds
}

/** A positive answer on its way into the cache. */
export interface FreshAnswer {
  /** What each family's query was answered with; at least one has an address. */
  readonly parts: readonly {
    /** Empty for NODATA. */
    readonly addresses: readonly Address[]
    /** As it came off the wire, the smallest on the chain. */
    readonly ttl: Seconds
    readonly receivedAtMs: Milliseconds
  }[]
  /** The family without an answer so far, while the other has addresses. */
  readonly missing: Family | undefined
  /** Where the addresses come from, in words. */
  readonly steps: readonly string[]
}

/** Addresses that were answered. */
export interface PositiveEntry {
  /** IPv4 first, frozen. */
  readonly addresses: readonly Address[]
  /** Fresh before, expired from then on. */
  readonly expiresAtMs: Milliseconds
  /** From then on a use of it starts a refresh in the background. */
  readonly refreshAtMs: Milliseconds
  readonly steps: readonly string[]
  /** The family whose addresses were taken over from the answer before, and until when they may be. */
  readonly carriedOver: { readonly family: Family; readonly untilMs: Milliseconds } | undefined
}

/** That a name does not exist, or that no server would answer; `report` has the details. */
export interface NegativeEntry<Report> {
  readonly kind: 'negative' | 'failure'
  readonly untilMs: Milliseconds
  /** How many failures in a row; 0 for a negative answer. */
  readonly failures: number
  readonly report: Report
}

/** Until when something holds. Its maker may end it early, which every holder sees. */
export interface Lease {
  untilMs: Milliseconds
}

/** A name in the cache. The reader makes `view` and its lease, which ends whenever `good` changes. */
export interface Entry<Report, View, Owner> {
  readonly owner: Owner
  good: PositiveEntry | undefined
  bad: NegativeEntry<Report> | undefined
  view: View | undefined
  lease: Lease
}

/** The negative answer or the failure that is remembered for the name. */
export function knownFailure<Report>(
  entry: Entry<Report, unknown, unknown> | undefined,
  nowMs: Milliseconds,
): NegativeEntry<Report> | undefined {
  const bad = entry?.bad
  return bad !== undefined && nowMs < bad.untilMs ? bad : undefined
}

/** RFC 9520 section 3.2: a failure is remembered for at least one second, longer each time, and at most five minutes. */
const firstFailureMs: Milliseconds = 1_000
/** The client's own retries end after seconds, so the RFC's five minutes would outlast them all. */
export const longestFailureMs: Milliseconds = 5_000

/** The last tenth of an answer's life is for its refresh, as in unbound's prefetch. */
const refreshFrom = 0.9

/** The TTL that a positive answer gets. A TTL with the top bit set is a large one like any other (RFC 8767 section 4). */
export function boundTtl(ttl: Seconds, { minTtl, maxTtl }: TtlBounds): Seconds {
  return Math.min(Math.max(ttl, minTtl), maxTtl)
}

/** The entry that an answer makes of the one before it. It has expired at once where it is not fresh for anybody (TTL 0). */
export function mergeWithPrevious(
  { parts, missing, steps }: FreshAnswer,
  previous: PositiveEntry | undefined,
  bounds: TtlBounds,
  nowMs: Milliseconds,
): PositiveEntry {
  const addresses: Address[] = []
  let ttl = Infinity
  let expiresAtMs = Infinity
  for (const part of parts) {
    if (part.addresses.length === 0) continue
    addresses.push(...part.addresses)
    const partTtl = boundTtl(part.ttl, bounds)
    ttl = Math.min(ttl, partTtl)
    expiresAtMs = Math.min(expiresAtMs, part.receivedAtMs + partTtl * 1_000)
  }
  const carriedOver = missing && familyCarriedOver(previous, missing, bounds, nowMs)
  if (carriedOver !== undefined) {
    addresses.push(...(previous?.addresses.filter(({ family }) => family === carriedOver.family) ?? []))
    expiresAtMs = Math.min(expiresAtMs, nowMs + longestFailureMs)
  }
  let refreshAtMs = expiresAtMs - (1 - refreshFrom) * ttl * 1_000
  // Connects use IPv4 first, so a missing A is asked for again soon. A server that refuses AAAA goes on refusing it.
  if (missing === 4) refreshAtMs = Math.min(refreshAtMs, nowMs + longestFailureMs)
  return { addresses: ipv4First(addresses), expiresAtMs, refreshAtMs, steps, carriedOver }
}

/** The failure of one family takes away nothing that was known: its old addresses stay as long as they may be stale. */
function familyCarriedOver(
  previous: PositiveEntry | undefined,
  missing: Family,
  { stale }: TtlBounds,
  nowMs: Milliseconds,
): PositiveEntry['carriedOver'] {
  if (previous?.addresses.some(({ family }) => family === missing) !== true) return undefined
  const { carriedOver, expiresAtMs } = previous
  const untilMs = carriedOver?.family === missing ? carriedOver.untilMs : expiresAtMs + stale * 1_000
  return untilMs > nowMs ? { family: missing, untilMs } : undefined
}

/** IPv4 first, as connects try them; within a family as they came, each once. */
function ipv4First(addresses: readonly Address[]): readonly Address[] {
  if (addresses.length === 1) return Object.freeze(addresses.map(address => Object.freeze(address)))
  const unique = [...new Map(addresses.map(each => [each.address, Object.freeze(each)])).values()]
  return Object.freeze(unique.sort((one, other) => one.family - other.family))
}

/** The failure after what was remembered. A minute without one ends the row. */
export function nextFailure<Report>(
  previous: NegativeEntry<Report> | undefined,
  report: Report,
  nowMs: Milliseconds,
): NegativeEntry<Report> {
  const inARow = previous !== undefined && nowMs < previous.untilMs + forgetFailuresMs ? previous.failures : 0
  const failures = inARow + 1
  return { kind: 'failure', untilMs: nowMs + failureMs(failures), failures, report }
}

const forgetFailuresMs: Milliseconds = 60_000

/** How long the failure is remembered that is the `failures`-th in a row, counted from 1. */
export function failureMs(failures: number): Milliseconds {
  return Math.min(firstFailureMs * 2 ** (failures - 1), longestFailureMs)
}
