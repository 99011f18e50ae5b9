import type { Positive } from '../../cache/entry.js'
import { startTimer, stopTimer } from '../../timers.js'
import type { Milliseconds, Seconds } from '../../units.js'
import type { Query, QueryResult } from './query.js'

/** The queries for one name, a type each. */
export interface Pair<T> {
  readonly A: T
  readonly AAAA: T
}

/** What one name came to over the families asked for. */
export type PairResult =
  /** A family that is undefined was not asked for, or is still out. */
  | { readonly kind: 'addresses'; readonly results: Pair<QueryResult | undefined> }
  | { readonly kind: 'negative'; readonly rcode: 'NXDOMAIN' | 'NODATA'; readonly ttl: Seconds }
  | { readonly kind: 'failure' }

/**
 * How long the other family is waited for once one has addresses. Both are asked at the same moment, so that its answer
 * is due now. A connect takes IPv4 if there is any: with A in hand, AAAA is only a reserve, and is worth a scheduler's
 * hiccup, no more. With AAAA in hand, A is worth RFC 8305's resolution delay (section 3), there for the reverse order.
 */
const otherFamilyMs: Pair<Milliseconds> = { A: 20, AAAA: 50 }

/** The verdict on a name, as soon as there is enough for one. What is still out then goes on. */
export async function settlePair({ A, AAAA }: Pair<Query | undefined>): Promise<PairResult> {
  if (AAAA === undefined) return combine({ A: await A?.result, AAAA: undefined })
  if (A === undefined) return combine({ A: undefined, AAAA: await AAAA.result })
  const first = await Promise.race([
    A.result.then(result => ({ type: 'A' as const, result })),
    AAAA.result.then(result => ({ type: 'AAAA' as const, result })),
  ])
  const other = first.type === 'A' ? AAAA.result : A.result
  const second = isEnough(first) ? await within(otherFamilyMs[first.type], other) : await other
  return combine(first.type === 'A' ? { A: first.result, AAAA: second } : { A: second, AAAA: first.result })
}

/** NXDOMAIN is about the name (RFC 8020), but broken load balancers say it to AAAA alone (RFC 4074 section 4.2). */
function isEnough({ type, result }: { readonly type: keyof Pair<unknown>; readonly result: QueryResult }): boolean {
  return result.kind === 'addresses' || (type === 'A' && saysNoName(result))
}

const saysNoName = (result: QueryResult | undefined) => result?.kind === 'negative' && result.rcode === 'NXDOMAIN'

/** One family's addresses are an answer whatever the other said; nothing is known to be missing if both say so. */
export function combine(results: Pair<QueryResult | undefined>): PairResult {
  const all = [results.A, results.AAAA].filter(result => result !== undefined)
  if (all.some(result => result.kind === 'addresses')) return { kind: 'addresses', results }
  const negative = all.filter(result => result.kind === 'negative')
  if (negative.length === 0 || (negative.length < all.length && !saysNoName(results.A))) return { kind: 'failure' }
  const rcode = saysNoName(results.A) || negative.every(saysNoName) ? 'NXDOMAIN' : 'NODATA'
  return { kind: 'negative', rcode, ttl: Math.min(...negative.map(result => result.ttl)) }
}

/** What the families' results make of the cache's entry; a query without a result is still out. */
export function toPositive(queries: Pair<Query | undefined>, results: Pair<QueryResult | undefined>): Positive {
  const parts = [results.A, results.AAAA].filter(result => result?.kind === 'addresses')
  const isMissing = (type: keyof Pair<unknown>) =>
    queries[type] !== undefined && (results[type] === undefined || results[type].kind === 'failure')
  return {
    parts,
    missing: isMissing('A') ? 4 : isMissing('AAAA') ? 6 : undefined,
    steps: parts.map(({ step }) => step),
  }
}

async function within<T>(limitMs: Milliseconds, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<undefined>(resolve => {
    timer = startTimer(() => resolve(undefined), limitMs)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    stopTimer(timer)
  }
}
