import type { Address, Family } from '../address/address.js'
import type { Milliseconds, Seconds } from '../units.js'
import { boundTtl, failureMs, longestFailureMs, type TtlBounds } from './ttl.js'

/** What one family's query was answered with. */
export interface Part {
  /** Possibly empty: NODATA. */
  readonly addresses: readonly Address[]
  /** As it came off the wire, the smallest on the chain. */
  readonly ttl: Seconds
  readonly receivedAtMs: Milliseconds
}

/** A positive answer on its way into the cache. */
export interface Positive {
  /** At least one of them with an address. */
  readonly parts: readonly Part[]
  /** The family whose query has failed or is still out, while the other has addresses. */
  readonly missing: Family | undefined
  /** Where the addresses come from, in words. */
  readonly steps: readonly string[]
}

/** Addresses that were answered. */
export interface Good {
  /** IPv4 first, frozen. */
  readonly addresses: readonly Address[]
  /** Fresh before, expired from then on. */
  readonly expiresAtMs: Milliseconds
  /** From then on a use of it starts a refresh in the background. */
  readonly refreshAtMs: Milliseconds
  readonly steps: readonly string[]
  /** The family whose addresses were taken over from the answer before, and until when they may be. */
  readonly kept: { readonly family: Family; readonly untilMs: Milliseconds } | undefined
}

/** That there is nothing, or that nobody would say; `note` tells more. */
export interface Bad<Note> {
  readonly kind: 'negative' | 'failure'
  readonly untilMs: Milliseconds
  /** How many failures in a row; 0 for a negative answer. */
  readonly failures: number
  readonly note: Note
}

/** A name in the cache. `view` is the reader's own, who says until when it is good; forgotten whenever `good` changes. */
export interface Entry<Note, View, Owner> {
  readonly owner: Owner
  good: Good | undefined
  bad: Bad<Note> | undefined
  view: View | undefined
  viewUntilMs: Milliseconds
}

/** The last tenth of an answer's life is for its refresh, as in unbound's prefetch. */
const refreshFrom = 0.9

/** The answer that follows on `before`. Its `expiresAtMs` is not after `nowMs` where it must not be kept (TTL 0). */
export function followWith(
  { parts, missing, steps }: Positive,
  before: Good | undefined,
  bounds: TtlBounds,
  nowMs: Milliseconds,
): Good {
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
  const kept = ttl > 0 ? keptFamily(before, missing, bounds, nowMs) : undefined
  if (kept !== undefined) {
    addresses.push(...(before?.addresses.filter(({ family }) => family === kept.family) ?? []))
    expiresAtMs = Math.min(expiresAtMs, nowMs + longestFailureMs)
  }
  let refreshAtMs = expiresAtMs - (1 - refreshFrom) * ttl * 1_000
  // IPv4 is what connects use first: without it, one asks again soon. A server that refuses AAAA does so for ever.
  if (missing === 4) refreshAtMs = Math.min(refreshAtMs, nowMs + longestFailureMs)
  return { addresses: inOrder(addresses), expiresAtMs, refreshAtMs, steps, kept }
}

/** One family's failure takes nothing away that was known: its old addresses stay while a stale answer may serve. */
function keptFamily(
  before: Good | undefined,
  missing: Family | undefined,
  { stale }: TtlBounds,
  nowMs: Milliseconds,
): Good['kept'] {
  if (before === undefined || missing === undefined) return undefined
  if (!before.addresses.some(({ family }) => family === missing)) return undefined
  const untilMs = before.kept?.family === missing ? before.kept.untilMs : before.expiresAtMs + stale * 1_000
  return untilMs > nowMs ? { family: missing, untilMs } : undefined
}

/** IPv4 first, as the connecting side tries them; within a family as they came, each once. */
function inOrder(addresses: readonly Address[]): readonly Address[] {
  if (addresses.length === 1) return Object.freeze(addresses.map(address => Object.freeze(address)))
  const unique = [...new Map(addresses.map(each => [each.address, Object.freeze(each)])).values()]
  return Object.freeze(unique.sort((one, other) => one.family - other.family))
}

/** The failure that follows on what was remembered. A minute without one begins anew. */
export function followFailure<Note>(before: Bad<Note> | undefined, note: Note, nowMs: Milliseconds): Bad<Note> {
  const inARow = before !== undefined && nowMs < before.untilMs + forgetFailuresMs ? before.failures : 0
  const failures = inARow + 1
  return { kind: 'failure', untilMs: nowMs + failureMs(failures), failures, note }
}

const forgetFailuresMs: Milliseconds = 60_000
