import type { Family } from '../address/address.js'
import type { SingleFlight } from '../cache/single-flight.js'
import type { Milliseconds, Seconds } from '../units.js'
import { settlePair, type Pair, type PairResult } from './family-pair.js'
import { Query, type QueryOptions } from './query.js'
import { upstreamKey } from './server-states.js'
import type { Attempt } from './types.js'

/** What a name came to over its candidates. */
export type WalkResult =
  /** `queries`: those of the candidate that had them; one without a result may still be out. */
  | (Extract<PairResult, { kind: 'addresses' }> & { readonly queries: Pair<Query | undefined> })
  | Exclude<PairResult, { kind: 'addresses' }>

export interface WalkOptions extends Omit<QueryOptions, 'question'> {
  readonly family: 0 | Family
  readonly queries: SingleFlight<Query>
  /** Called for each query whose servers were all waited for in vain. */
  readonly onSilence: () => void
}

/** Asks for one candidate of a name after another, until one has addresses. */
export class NameWalk {
  readonly #options: WalkOptions
  readonly #list: string
  readonly #held: Query[] = []

  constructor(options: WalkOptions) {
    this.#options = options
    this.#list = options.upstreams.map(upstreamKey).join(' ')
  }

  /**
   * The first candidate's addresses, or that no candidate has any. A failure ends the walk, as in musl: what a later
   * suffix's server says would be about another name, while the one that was meant may well exist.
   */
  async run(candidates: readonly string[]): Promise<WalkResult> {
    let rcode: 'NXDOMAIN' | 'NODATA' = 'NXDOMAIN'
    let ttl: Seconds = Infinity
    for (const name of candidates) {
      const queries = this.#ask(name)
      const result = await settlePair(queries)
      if (result.kind === 'addresses') return { ...result, queries }
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
    for (const query of this.#held) query.letGo(this.#options.onSilence)
    this.#held.length = 0
  }

  #ask(name: string): Pair<Query | undefined> {
    const { family } = this.#options
    return {
      A: family === 6 ? undefined : this.#hold(name, 'A'),
      AAAA: family === 4 ? undefined : this.#hold(name, 'AAAA'),
    }
  }

  #hold(name: string, type: 'A' | 'AAAA'): Query {
    const { queries, onSilence } = this.#options
    const key = `${type} ${name} ${this.#list}`
    const query = queries.get(key) ?? queries.start(key, new Query({ ...this.#options, question: { name, type } }))
    query.hold(onSilence)
    this.#held.push(query)
    return query
  }
}
