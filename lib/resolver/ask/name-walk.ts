import type { Family } from '../../address/address.js'
import type { SingleFlight } from '../../cache/single-flight.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Question } from '../../wire/question.js'
import type { Milliseconds, Seconds } from '../../units.js'
import { settlePair, type Pair, type PairResult } from './family-pair.js'
import { Query, type QueryDeck } from './query.js'
import { listKey } from './server-states.js'
import type { Attempt } from '../types.js'

/** What a name came to over its candidates. */
export type WalkResult =
  /** `queries`: those of the candidate that had them; one without a result may still be out. */
  | (Extract<PairResult, { kind: 'addresses' }> & { readonly queries: Pair<Query | undefined> })
  | Exclude<PairResult, { kind: 'addresses' }>

export interface WalkDeck extends QueryDeck {
  readonly queries: SingleFlight<Query>
  readonly timeoutMs: Milliseconds
  readonly attemptMs: Milliseconds
}

/** Asks for one candidate of a name after another, until one has addresses. */
export class NameWalk {
  readonly #deck: WalkDeck
  readonly #family: 0 | Family
  readonly #upstreams: readonly Upstream[]
  readonly #onSilence: () => void
  readonly #held: Query[] = []

  /** `onSilence` is called for each query whose servers were all waited for in vain. */
  constructor(deck: WalkDeck, family: 0 | Family, upstreams: readonly Upstream[], onSilence: () => void) {
    this.#deck = deck
    this.#family = family
    this.#upstreams = upstreams
    this.#onSilence = onSilence
  }

  /**
   * The first candidate's addresses, or that no candidate has any. A failure ends the walk, as in musl: what a later
   * suffix's server says would be about another name, while the one that was meant may well exist.
   */
  async run(candidates: Iterable<string>): Promise<WalkResult> {
    let rcode: 'NXDOMAIN' | 'NODATA' = 'NXDOMAIN'
    let ttl: Seconds = Infinity
    for (const name of candidates) {
      const queries = this.#ask(name)
      const result = await settlePair(queries)
      if (result.kind === 'addresses') return { kind: 'addresses', results: result.results, queries }
      if (result.kind === 'failure') return result
      if (result.rcode === 'NODATA') rcode = 'NODATA'
      ttl = Math.min(ttl, result.ttl)
    }
    return { kind: 'negative', rcode, ttl: ttl === Infinity ? 0 : ttl }
  }

  /** Each server's part so far. */
  attempts(nowMs: Milliseconds): readonly Attempt[] {
    return this.#held.flatMap(({ log }) => log.list(nowMs))
  }

  /** Each part so far that led to no addresses, in words. */
  steps(nowMs: Milliseconds): readonly string[] {
    return this.#held.flatMap(({ log }) => log.steps(nowMs))
  }

  /** Lets go of all queries. What nobody else waits for ends. */
  end(): void {
    for (const query of this.#held) query.letGo(this.#onSilence)
    this.#held.length = 0
  }

  #ask(name: string): Pair<Query | undefined> {
    return {
      A: this.#family === 6 ? undefined : this.#hold(name, 'A'),
      AAAA: this.#family === 4 ? undefined : this.#hold(name, 'AAAA'),
    }
  }

  #hold(name: string, type: 'A' | 'AAAA'): Query {
    const { queries } = this.#deck
    const key = `${type} ${name} ${listKey(this.#upstreams)}`
    const query = queries.get(key) ?? queries.start(key, this.#makeQuery({ name, type }))
    query.hold(this.#onSilence)
    this.#held.push(query)
    return query
  }

  #makeQuery(question: Question): Query {
    const { timeoutMs, attemptMs } = this.#deck
    // Each server has its turn, a lone one its second, and the fallback after them, all before the deadline.
    const turns = Math.max(this.#upstreams.length, 2) + 1
    return new Query(this.#deck, question, this.#upstreams, Math.min(attemptMs, timeoutMs / turns))
  }
}
