import type { Milliseconds } from '../../../lib/units.js'

/** A server may not put us off for longer than this. */
const longestMs = 3_600_000

/**
 * How long an answer asks to be left alone (RFC 9110 section 10.2.3): seconds or a date, at most an hour; undefined
 * where it says nothing that can be read. A date counts from the answer's own `Date`, as clocks differ. Pure.
 */
export function retryAfterMs(
  retryAfter: string | undefined,
  date: string | undefined,
  nowEpochMs: number,
): Milliseconds | undefined {
  const text = retryAfter?.trim() ?? ''
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, longestMs)
  const until = httpDate(text)
  if (until === undefined) return undefined
  return Math.min(Math.max(until - (httpDate(date ?? '') ?? nowEpochMs), 0), longestMs)
}

// Date.parse takes many things for a date; an HTTP date begins with a day's name.
function httpDate(text: string): number | undefined {
  const epochMs = /^(mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(epochMs) ? undefined : epochMs
}
