import type { Family } from '../../address/address.js'
import type { FreshAnswer } from '../../cache/entry.js'
import { defer } from '../../deferred.js'
import { startTimer, stopTimer } from '../../timers.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds, Seconds } from '../../units.js'
import type { Attempt } from '../types.js'
import type { OnStall, Queries, Query, QueryResult, Stall } from './query.js'

/** The result for a name, over the families asked for and the search list. */
export type NameResult =
  /** `later`: the same with a family that was still out when this one was enough; undefined where it adds nothing. */
  | {
      readonly kind: 'addresses'
      readonly answer: FreshAnswer
      readonly later: Promise<FreshAnswer | undefined> | null
    }
  /** `isWeak`: only servers whose negative proves nothing said so. */
  | {
      readonly kind: 'negative'
      readonly rcode: 'NXDOMAIN' | 'NODATA'
      readonly ttl: Seconds
      readonly isWeak: boolean
    }
  | { readonly kind: 'failure' }

/** Something for each of the two types. */
interface Pair<T> {
  readonly A: T
  readonly AAAA: T
}

/**
 * How long the other family is waited for once one has addresses. Both are asked at the same moment, so its answer is
 * due now. Connects use IPv4 if there is any: with A in hand, AAAA is only a reserve, and is worth a scheduler's
 * hiccup, no more. With AAAA in hand, A is worth RFC 8305's resolution delay (section 3), there for the reverse order.
 */
const otherFamilyMs: Pair<Milliseconds> = { A: 20, AAAA: 50 }

/** One of the absolute names that a name may mean. */
interface Candidate {
  result: NameResult | undefined
  /** Of its two queries the one that is stalled for longer. */
  stall: Stall | undefined
}

/** Asks for one candidate of a name after another, until one has addresses. */
export class NameWalk {
  readonly #queries: Queries
  readonly #family: 0 | Family
  readonly #upstreams: readonly Upstream[]
  readonly #onSilence: () => void
  readonly #held: { readonly query: Query; readonly onStall: OnStall }[] = []
  readonly #candidates: Candidate[] = []
  /** Settles when the walk can go on, or end. */
  #step = defer<undefined>()

  /** `onSilence` is called for each query whose servers were all asked and waited for. */
  constructor(queries: Queries, family: 0 | Family, upstreams: readonly Upstream[], onSilence: () => void) {
    this.#queries = queries
    this.#family = family
    this.#upstreams = upstreams
    this.#onSilence = onSilence
  }

  /**
   * The addresses of the first candidate that has any. A candidate that fails or is stalled doesn't hold up the next,
   * and may still win. That no candidate exists is known only when none has failed.
   */
  async run(candidates: Iterable<string>): Promise<NameResult> {
    const results: Promise<unknown>[] = []
    for (const name of candidates) {
      const candidate: Candidate = { result: undefined, stall: undefined }
      this.#candidates.push(candidate)
      this.#step = defer()
      results.push(this.#ask(name, candidate))
      await this.#step.promise
      const winner = this.#findWinner()
      if (winner !== undefined) return winner
    }
    const all = Promise.all(results).then(() => undefined)
    while (this.#candidates.some(({ result }) => result === undefined)) {
      this.#step = defer()
      await Promise.race([this.#step.promise, all])
      const winner = this.#findWinner()
      if (winner !== undefined) return winner
    }
    return this.#findWinner() ?? mergeCandidates(this.#candidates.flatMap(({ result }) => result ?? []))
  }

  /**
   * The first candidate with addresses. One before it that has a weak negative alone is waited for, since that is soon
   * over, and a later suffix may be a wildcard's; one whose servers are silent is not.
   */
  #findWinner(): NameResult | undefined {
    for (const { result, stall } of this.#candidates) {
      if (result?.kind === 'addresses') return result
      if (result === undefined && stall === 'weak') return undefined
    }
    return undefined
  }

  /** Each server's part so far. */
  attempts(nowMs: Milliseconds): readonly Attempt[] {
    return this.#held.flatMap(({ query }) => query.log.list(nowMs))
  }

  /** Each part so far that led to no addresses, in words. */
  steps(nowMs: Milliseconds): readonly string[] {
    return this.#held.flatMap(({ query }) => query.log.steps(nowMs))
  }

  /** Lets go of all queries. Those that nobody else holds end. */
  end(): void {
    for (const { query, onStall } of this.#held) query.letGo(onStall)
    this.#held.length = 0
  }

  /** Done when the candidate has its result. */
  async #ask(name: string, candidate: Candidate): Promise<void> {
    const onStall = (stall: Stall) => {
      if (candidate.stall !== 'silent') candidate.stall = stall
      if (stall === 'silent') this.#onSilence()
      this.#step.resolve(undefined)
    }
    candidate.result = await awaitFamilies({
      A: this.#family === 6 ? undefined : this.#hold(name, 'A', onStall),
      AAAA: this.#family === 4 ? undefined : this.#hold(name, 'AAAA', onStall),
    })
    this.#step.resolve(undefined)
  }

  #hold(name: string, type: 'A' | 'AAAA', onStall: OnStall): Query {
    const query = this.#queries.hold({ name, type }, this.#upstreams, onStall)
    this.#held.push({ query, onStall })
    return query
  }
}

/** The result for a name as soon as there is enough for one. What is still out then goes on. */
async function awaitFamilies(queries: Pair<Query | undefined>): Promise<NameResult> {
  const { A, AAAA } = queries
  if (AAAA === undefined) return mergeFamilies(queries, { A: await A?.result, AAAA: undefined })
  if (A === undefined) return mergeFamilies(queries, { A: undefined, AAAA: await AAAA.result })
  const first = await Promise.race([
    A.result.then(result => ({ type: 'A' as const, result })),
    AAAA.result.then(result => ({ type: 'AAAA' as const, result })),
  ])
  const other = first.type === 'A' ? AAAA.result : A.result
  const second = isEnough(first) ? await within(otherFamilyMs[first.type], other) : await other
  return mergeFamilies(
    queries,
    first.type === 'A' ? { A: first.result, AAAA: second } : { A: second, AAAA: first.result },
  )
}

/** NXDOMAIN is about the name (RFC 8020), but broken load balancers say it to AAAA alone (RFC 4074 section 4.2). */
function isEnough({ type, result }: { readonly type: keyof Pair<unknown>; readonly result: QueryResult }): boolean {
  return result.kind === 'addresses' || (type === 'A' && saysNoName(result) && !result.isWeak)
}

type Negative = Extract<QueryResult, { readonly kind: 'negative' }>

const saysNoName = (result: QueryResult | undefined): result is Negative =>
  result?.kind === 'negative' && result.rcode === 'NXDOMAIN'

/** One family's addresses are an answer whatever the other said; that nothing exists is known only if both say so. */
function mergeFamilies(queries: Pair<Query | undefined>, results: Pair<QueryResult | undefined>): NameResult {
  const all = [results.A, results.AAAA].filter(result => result !== undefined)
  if (all.some(({ kind }) => kind === 'addresses')) {
    return { kind: 'addresses', answer: toFreshAnswer(queries, results), later: laterAnswer(queries, results) }
  }
  const negatives = all.filter(result => result.kind === 'negative')
  const noName = saysNoName(results.A) ? results.A : undefined
  if (negatives.length === 0 || (negatives.length < all.length && noName === undefined)) return { kind: 'failure' }
  const rcode = noName !== undefined || negatives.every(saysNoName) ? 'NXDOMAIN' : 'NODATA'
  const isWeak = noName?.isWeak ?? negatives.some(negative => negative.isWeak)
  return { kind: 'negative', rcode, ttl: Math.min(...negatives.map(({ ttl }) => ttl)), isWeak }
}

/** A family whose query has failed, is still out, or got a weak negative alone, is missing. */
function toFreshAnswer(queries: Pair<Query | undefined>, results: Pair<QueryResult | undefined>): FreshAnswer {
  const parts = [results.A, results.AAAA].filter(result => result?.kind === 'addresses')
  const isMissing = (type: keyof Pair<unknown>) => queries[type] !== undefined && !isKnown(results[type])
  return {
    parts,
    missing: isMissing('A') ? 4 : isMissing('AAAA') ? 6 : undefined,
    steps: parts.map(({ text }) => text),
  }
}

const isKnown = (result: QueryResult | undefined) =>
  result?.kind === 'addresses' || (result?.kind === 'negative' && !result.isWeak)

function laterAnswer(
  queries: Pair<Query | undefined>,
  results: Pair<QueryResult | undefined>,
): Promise<FreshAnswer | undefined> | null {
  const out = (['A', 'AAAA'] as const).find(type => queries[type] !== undefined && results[type] === undefined)
  const query = out === undefined ? undefined : queries[out]
  if (out === undefined || query === undefined) return null
  return query.result.then(result =>
    isKnown(result) ? toFreshAnswer(queries, { ...results, [out]: result }) : undefined,
  )
}

/** The result for a name without addresses: a failure unless every candidate is known not to exist. */
function mergeCandidates(results: readonly NameResult[]): NameResult {
  const negatives = results.filter(result => result.kind === 'negative')
  if (negatives.length < results.length) return { kind: 'failure' }
  const rcode = negatives.every(result => result.rcode === 'NXDOMAIN') ? 'NXDOMAIN' : 'NODATA'
  const ttl = Math.min(...negatives.map(result => result.ttl))
  return { kind: 'negative', rcode, ttl: ttl === Infinity ? 0 : ttl, isWeak: negatives.some(({ isWeak }) => isWeak) }
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
