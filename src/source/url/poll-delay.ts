import type { Milliseconds } from '../../../lib/units.js'

export interface PollState {
  readonly pollMs: Milliseconds
  /** Failed attempts since the last good one. */
  readonly failures: number
  /** A copy is in force, so that waiting costs freshness only. */
  readonly hasCopy: boolean
  /** What the server asked for, if it did. */
  readonly retryAfterMs: Milliseconds | undefined
  /** From 0 to 1, 1 excluded. */
  readonly random: number
}

const firstRetryMs = 1_000
const slowestFirstRetryMs = 30_000
const slowestRetryMs = 300_000

/**
 * How long to wait before the URL is asked again. After a good answer: the poll, 10 % shorter to 10 % longer. After
 * failures it doubles from the poll on, to eight polls but at most five minutes (or the poll, where that is longer);
 * without a copy yet, from 1 s to 30 s. Up to a half is taken off, so that many clients don't come back together; a
 * `Retry-After` that is longer is waited out, and a tenth more at most. Pure.
 */
export function pollDelayMs({ pollMs, failures, hasCopy, retryAfterMs, random }: PollState): Milliseconds {
  if (failures === 0) return pollMs * (0.9 + 0.2 * random)
  const doublings = 2 ** Math.min(failures - 1, 30)
  const backoffMs = hasCopy
    ? Math.min(pollMs * Math.min(doublings, 8), Math.max(slowestRetryMs, pollMs))
    : Math.min(firstRetryMs * doublings, slowestFirstRetryMs)
  return Math.max(backoffMs * (0.5 + 0.5 * random), (retryAfterMs ?? 0) * (1 + 0.1 * random))
}

/** The longest wait that a server's `Retry-After` can ask for. */
const longestRetryAfterMs = 3_600_000

/**
 * How long an answer asks clients to wait (RFC 9110 section 10.2.3): seconds or a date, at most an hour; undefined where
 * it says nothing that can be read. A date counts from the answer's own `Date`, as clocks differ. Pure.
 */
export function retryAfterMs(
  retryAfter: string | undefined,
  date: string | undefined,
  nowEpochMs: number,
): Milliseconds | undefined {
  const text = retryAfter?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, longestRetryAfterMs)
  const until = httpDate(text)
  if (until === undefined) return undefined
  return Math.min(Math.max(until - (httpDate(date ?? '') ?? nowEpochMs), 0), longestRetryAfterMs)
}

// Date.parse takes many things for a date; an HTTP date begins with a day's name.
function httpDate(text: string): number | undefined {
  const epochMs = /^(mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(epochMs) ? undefined : epochMs
}
