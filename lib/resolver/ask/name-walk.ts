import type { Family } from '../../address/address.js'
import { startTimer, stopTimer } from '../../timers.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds, Seconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import type { AddressReply, NegativeReply } from './chain.js'
import type { Queries, Query, QueryResult } from './query.js'
import type { AttemptRecord } from './upstream-client.js'

/** The result for a name, over the families asked for and the search list. */
export type NameResult =
  | {
      readonly kind: 'addresses'
      /** One for each family with addresses. */
      readonly parts: readonly AddressReply[]
      /** The family without an answer so far. */
      readonly missing: Family | undefined
      /** No family is out. */
      readonly isWhole: boolean
    }
  /** `isWeak`: only servers whose negative proves nothing said so. */
  | Pick<NegativeReply, 'kind' | 'ttl' | 'isWeak'>
  | { readonly kind: 'failure' }

export interface WalkOptions {
  readonly queries: Queries
  readonly upstreams: readonly Upstream[]
  readonly family: 0 | Family
  /** Gets the log of each query. */
  readonly logs: (readonly AttemptRecord[])[]
  /** Called for each query whose servers were all asked and waited for; may be called more than once. */
  readonly onSilence: () => void
  /** Called once; after addresses that are not whole, once more with the reply of the family that was out. */
  readonly onResult: (result: NameResult) => void
}

/**
 * How long the other family is waited for once one has addresses. Both are asked at the same moment, so its answer is
 * due now. Connects use IPv4 if there is any: with A in hand, AAAA is only a reserve, and is worth a scheduler's
 * hiccup, no more. With AAAA in hand, A is worth RFC 8305's resolution delay (section 3), there for the reverse order.
 */
const otherFamilyMs: Readonly<Record<Question['type'], Milliseconds>> = { A: 20, AAAA: 50 }

/** One of the absolute names that a name may mean. */
interface Candidate {
  /** One for each family, A first. */
  readonly queries: Query[]
  readonly onChange: () => void
  result: NameResult | undefined
  /** Runs while one family has enough for a result, and the other is out. */
  timer: NodeJS.Timeout | undefined
}

/**
 * Asks for one candidate of a name after another, until one has addresses. A candidate that fails or is stalled doesn't
 * hold up the next, and may still win. That no candidate exists is known only when none has failed.
 */
export class NameWalk {
  readonly #options: WalkOptions
  readonly #types: readonly Question['type'][]
  readonly #names: Iterator<string>
  /** In the order of asking. All but the last have a result or are stalled. */
  readonly #candidates: Candidate[] = []
  #winner: Candidate | undefined
  #isEnded = false

  constructor(candidates: Iterable<string>, options: WalkOptions) {
    const { family } = options
    this.#options = options
    this.#types = family === 0 ? ['A', 'AAAA'] : [family === 4 ? 'A' : 'AAAA']
    this.#names = candidates[Symbol.iterator]()
    this.#advance()
  }

  /** Lets go of all queries. Those that nobody else holds end. */
  end(): void {
    this.#isEnded = true
    for (const { queries, onChange, timer } of this.#candidates) {
      stopTimer(timer)
      for (const query of queries) if (query.result === undefined) query.letGo(onChange)
    }
  }

  #ask(name: string): void {
    const { queries, upstreams, logs } = this.#options
    const onChange = () => this.#onChange(candidate)
    const candidate: Candidate = { queries: [], onChange, result: undefined, timer: undefined }
    this.#candidates.push(candidate)
    for (const type of this.#types) {
      const query = queries.hold({ name, type }, upstreams, onChange)
      candidate.queries.push(query)
      logs.push(query.log)
    }
    // Others may have held a query for so long that it is stalled.
    if (!isMoving(candidate)) onChange()
  }

  /** A query of the candidate has ended or is stalled. */
  #onChange(candidate: Candidate): void {
    const { queries, timer } = candidate
    if (queries.every(({ result }) => result !== undefined)) {
      this.#settle(candidate)
      return
    }
    if (queries.some(({ result, stall }) => result === undefined && stall === 'silent')) this.#options.onSilence()
    const enough = timer === undefined ? queries.find(isEnough) : undefined
    if (enough !== undefined) candidate.timer = startTimer(() => this.#settle(candidate), otherFamilyMs[enough.type])
    this.#advance()
  }

  /** The candidate has a result, or a better one. */
  #settle(candidate: Candidate): void {
    stopTimer(candidate.timer)
    candidate.result = mergeFamilies(candidate.queries)
    if (candidate !== this.#winner) this.#advance()
    else if (!this.#isEnded) this.#options.onResult(candidate.result)
  }

  /**
   * The first candidate with addresses wins. One before it that has a weak negative alone is waited for, since that is
   * soon over, and a later suffix may be a wildcard's; one whose servers are silent is not.
   */
  #advance(): void {
    if (this.#isEnded || this.#winner !== undefined) return
    for (const candidate of this.#candidates) {
      const { result, queries } = candidate
      if (result?.kind === 'addresses') {
        this.#winner = candidate
        this.#options.onResult(result)
        return
      }
      if (result === undefined && queries.some(isWeak) && !queries.some(isSilent)) break
    }
    if (!this.#candidates.some(isMoving)) this.#askNext()
  }

  #askNext(): void {
    const next = this.#names.next()
    if (next.done !== true) {
      this.#ask(next.value)
      return
    }
    const results = this.#candidates.flatMap(({ result }) => result ?? [])
    if (results.length === this.#candidates.length) this.#options.onResult(mergeCandidates(results))
  }
}

const isWeak = ({ stall }: Query) => stall === 'weak'

const isSilent = ({ stall }: Query) => stall === 'silent'

const isMoving = ({ result, queries }: Candidate) =>
  result === undefined && queries.every(({ stall }) => stall === undefined)

/** NXDOMAIN is about the name (RFC 8020), but broken load balancers say it to AAAA alone (RFC 4074 section 4.2). */
const isEnough = ({ type, result }: Query) =>
  result?.kind === 'addresses' || (type === 'A' && saysNoName(result) && !result.isWeak)

const saysNoName = (result: QueryResult | undefined): result is NegativeReply =>
  result?.kind === 'negative' && result.rcode === 'NXDOMAIN'

/**
 * One family's addresses are an answer whatever the other said; that nothing exists is known only if both say so. A
 * family whose query has failed, is still out, or got a weak negative alone, is missing.
 */
function mergeFamilies(queries: readonly Query[]): NameResult {
  const results = queries.flatMap(({ result }) => result ?? [])
  const parts = results.filter(result => result.kind === 'addresses')
  if (parts.length > 0) {
    const out = queries.find(({ result }) => !isKnown(result))
    const missing = out === undefined ? undefined : out.type === 'A' ? 4 : 6
    return { kind: 'addresses', parts, missing, isWhole: results.length === queries.length }
  }
  const negatives = results.filter(result => result.kind === 'negative')
  const ofA = queries.find(({ type }) => type === 'A')?.result
  const noName = saysNoName(ofA) ? ofA : undefined
  if (negatives.length === 0 || (negatives.length < results.length && noName === undefined)) return { kind: 'failure' }
  return {
    kind: 'negative',
    ttl: shortest(negatives),
    isWeak: noName?.isWeak ?? negatives.some(({ isWeak }) => isWeak),
  }
}

const isKnown = (result: QueryResult | undefined) =>
  result?.kind === 'addresses' || (result?.kind === 'negative' && !result.isWeak)

/** The result for a name without addresses: a failure unless every candidate is known not to exist. */
function mergeCandidates(results: readonly NameResult[]): NameResult {
  const negatives = results.filter(result => result.kind === 'negative')
  if (negatives.length < results.length) return { kind: 'failure' }
  return { kind: 'negative', ttl: shortest(negatives), isWeak: negatives.some(({ isWeak }) => isWeak) }
}

const shortest = (negatives: readonly { readonly ttl: Seconds }[]) => Math.min(...negatives.map(({ ttl }) => ttl))
