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

/** RFC 9520 section 3.2: a failure is remembered for at least one second, longer each time, and at most five minutes. */
const firstFailureMs: Milliseconds = 1_000
/** The client's own retries end after seconds, so the RFC's five minutes would outlast them all. */
export const longestFailureMs: Milliseconds = 5_000

/** The TTL that a positive answer gets. A TTL with the top bit set is a large one like any other (RFC 8767 section 4). */
export function boundTtl(ttl: Seconds, { minTtl, maxTtl }: TtlBounds): Seconds {
  return Math.min(Math.max(ttl, minTtl), maxTtl)
}

/** How long the failure is remembered that is the `failures`-th in a row, counted from 1. */
export function failureMs(failures: number): Milliseconds {
  return Math.min(firstFailureMs * 2 ** (failures - 1), longestFailureMs)
}
