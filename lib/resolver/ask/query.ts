import { SingleFlight, type Flight } from '../../cache/single-flight.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import { maxLinks, type Reply } from './chain.js'
import { listKey } from './server-states.js'
import type { AttemptRecord, UpstreamClient } from './upstream-client.js'
import { UpstreamRace, type Stall } from './upstream-race.js'

/** The result of a query for one name and type. */
export type QueryResult = Exclude<Reply, { readonly kind: 'alias' }>

const failed: QueryResult = { kind: 'failure', outcome: 'timeout' }

/** One question, with the questions that a chain without an address leads to. Shared by all who need it at the time. */
export class Query implements Flight {
  readonly type: Question['type']
  readonly log: AttemptRecord[] = []
  /** Undefined until it ends. */
  result: QueryResult | undefined
  /** Why it takes a while, or took one; `silent` even where a weak negative came later. */
  stall: Stall | undefined
  readonly #client: UpstreamClient
  readonly #name: string
  readonly #upstreams: readonly Upstream[]
  readonly #intervalMs: Milliseconds
  readonly #listeners = new Set<() => void>()
  #race: UpstreamRace | undefined
  #onEnd: () => void = () => undefined

  constructor(client: UpstreamClient, question: Question, upstreams: readonly Upstream[], intervalMs: Milliseconds) {
    this.type = question.type
    this.#client = client
    this.#name = question.name
    this.#upstreams = upstreams
    this.#intervalMs = intervalMs
  }

  get isOpen(): boolean {
    return this.result === undefined
  }

  /** Keeps it going until it is let go. The listener is called when it stalls, perhaps more than once, and when it ends. */
  hold(listener: () => void): void {
    this.#listeners.add(listener)
  }

  /** Ends it with the last listener. */
  letGo(listener: () => void): void {
    this.#listeners.delete(listener)
    if (this.#listeners.size === 0) this.end()
  }

  run(onEnd: () => void): void {
    this.#onEnd = onEnd
    void this.#follow()
      .then(result => this.#settle(result))
      // A fault in here, or in a listener, must not end the process: the look-up has its deadline.
      .catch(() => this.end())
  }

  end(): void {
    this.#race?.cancel()
    this.#settle(failed)
  }

  #settle(result: QueryResult): void {
    if (this.result !== undefined) return
    this.result = result
    this.#onEnd()
    for (const listener of this.#listeners) listener()
  }

  async #follow(): Promise<QueryResult> {
    let name = this.#name
    let ttl = Infinity
    let text = ''
    let isWeak = false
    const seen = [name]
    for (let links = 0; links <= maxLinks && this.isOpen;) {
      const reply = await this.#ask({ name, type: this.type })
      if (reply.kind === 'failure') break
      // By far the most common: no chain, so nothing to add.
      if (reply.kind !== 'alias' && text === '') return reply
      ttl = Math.min(ttl, reply.ttl)
      text += text === '' ? reply.text : `; ${reply.text}`
      if (reply.kind === 'addresses') return { ...reply, ttl, text }
      isWeak ||= reply.isWeak
      if (reply.kind === 'negative') return { ...reply, ttl, text, isWeak }
      links += reply.links
      name = reply.target
      if (seen.includes(name)) break
      seen.push(name)
    }
    return failed
  }

  #ask(question: Question): Promise<Reply> {
    return new Promise(onReply => {
      this.#race = new UpstreamRace(this.#client, question, {
        upstreams: this.#upstreams,
        intervalMs: this.#intervalMs,
        log: this.log,
        onStall: stall => this.#onStall(stall),
        onReply,
      })
    })
  }

  #onStall(stall: Stall): void {
    if (this.result !== undefined) return
    if (this.stall !== 'silent') this.stall = stall
    for (const listener of this.#listeners) listener()
  }
}

/** The queries under way: one for a name, a type and a list of servers, however many wait for it. */
export class Queries {
  readonly #client: UpstreamClient
  readonly #timeoutMs: Milliseconds
  readonly #attemptMs: Milliseconds
  readonly #flights = new SingleFlight<Query>()

  constructor(client: UpstreamClient, timeoutMs: Milliseconds, attemptMs: Milliseconds) {
    this.#client = client
    this.#timeoutMs = timeoutMs
    this.#attemptMs = attemptMs
  }

  /** The query for the question, held by the listener, which lets it go. */
  hold(question: Question, upstreams: readonly Upstream[], listener: () => void): Query {
    const key = `${question.type} ${question.name} ${listKey(upstreams)}`
    let query = this.#flights.get(key)
    if (query === undefined) {
      // Each server has its turn, a lone one its second, and the fallback after them, all before the deadline.
      const turns = Math.max(upstreams.length, 2) + 1
      const intervalMs = Math.min(this.#attemptMs, this.#timeoutMs / turns)
      query = this.#flights.start(key, new Query(this.#client, question, upstreams, intervalMs))
    }
    query.hold(listener)
    return query
  }

  endAll(): void {
    this.#flights.endAll()
  }
}
