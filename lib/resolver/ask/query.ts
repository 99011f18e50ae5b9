import { SingleFlight, type Flight } from '../../cache/single-flight.js'
import { defer } from '../../deferred.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import { AttemptLog } from './attempt-log.js'
import { maxLinks, type Reply } from './chain.js'
import { listKey } from './server-states.js'
import type { UpstreamClient } from './upstream-client.js'
import { UpstreamRace } from './upstream-race.js'

/** The result of a query for one name and type. */
export type QueryResult = Exclude<Reply, { readonly kind: 'alias' }>

const failed: QueryResult = { kind: 'failure', outcome: 'timeout' }

/**
 * Why the result of a query will take a while. `silent`: every server was asked and waited for, and none has answered.
 * `weak`: only a server whose negative proves nothing has answered, and those before it get their last chance.
 */
export type Stall = 'weak' | 'silent'

/** One that waits for a query; may be called more than once. */
export type OnStall = (stall: Stall) => void

/** One question, with the questions that a chain without an address leads to. Shared by all who need it at the time. */
export class Query implements Flight {
  readonly log = new AttemptLog()
  readonly result: Promise<QueryResult>
  readonly #client: UpstreamClient
  readonly #question: Question
  readonly #upstreams: readonly Upstream[]
  readonly #intervalMs: Milliseconds
  readonly #result = defer<QueryResult>()
  readonly #listeners = new Set<OnStall>()
  #state: 'answering' | Stall | 'ended' = 'answering'
  #race: UpstreamRace | undefined

  constructor(client: UpstreamClient, question: Question, upstreams: readonly Upstream[], intervalMs: Milliseconds) {
    this.#client = client
    this.#question = question
    this.#upstreams = upstreams
    this.#intervalMs = intervalMs
    this.result = this.#result.promise
  }

  get isOpen(): boolean {
    return this.#state !== 'ended'
  }

  /** Keeps it going until it is let go. */
  hold(onStall: OnStall): void {
    this.#listeners.add(onStall)
    if (this.#state === 'weak' || this.#state === 'silent') void Promise.resolve().then(() => this.#notify(onStall))
  }

  /** Ends it with the last listener. */
  letGo(onStall: OnStall): void {
    this.#listeners.delete(onStall)
    if (this.#listeners.size === 0) this.end()
  }

  async run(): Promise<void> {
    try {
      this.#result.resolve(await this.#follow())
    } finally {
      this.end()
    }
  }

  end(): void {
    this.#state = 'ended'
    this.#race?.cancel()
    this.#result.resolve(failed)
  }

  async #follow(): Promise<QueryResult> {
    let { name } = this.#question
    let ttl = Infinity
    let text = ''
    let isWeak = false
    const seen = [name]
    for (let links = 0; links <= maxLinks;) {
      const reply = await this.#ask(name)
      if (reply.kind === 'failure') break
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

  #ask(name: string): Promise<Reply> {
    if (this.#state === 'ended') return Promise.resolve(failed)
    const { now, states } = this.#client
    const { type } = this.#question
    this.#race = new UpstreamRace({
      upstreams: this.#upstreams,
      order: states.order(this.#upstreams, now()),
      intervalMs: this.#intervalMs,
      now,
      ask: (upstream, isSecondAsk, signal) =>
        this.#client.ask(upstream, { name, type }, { log: this.log, isSecondAsk, signal }),
      onSilent: (upstream, askedAtMs) => states.wasSilent(upstream, name, askedAtMs, now()),
      onSilence: () => this.#stall('silent'),
      onWeak: () => this.#stall('weak'),
    })
    return this.#race.reply
  }

  #stall(state: Stall): void {
    if (this.#state === 'ended') return
    this.#state = state
    for (const onStall of this.#listeners) this.#notify(onStall)
  }

  #notify(onStall: OnStall): void {
    const state = this.#state
    if ((state === 'weak' || state === 'silent') && this.#listeners.has(onStall)) onStall(state)
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

  /** The query for the question, held by `onStall`, which lets it go. */
  hold(question: Question, upstreams: readonly Upstream[], onStall: OnStall): Query {
    const key = `${question.type} ${question.name} ${listKey(upstreams)}`
    const query = this.#flights.get(key) ?? this.#flights.start(key, this.#make(question, upstreams))
    query.hold(onStall)
    return query
  }

  endAll(): void {
    this.#flights.endAll()
  }

  #make(question: Question, upstreams: readonly Upstream[]): Query {
    // Each server has its turn, a lone one its second, and the fallback after them, all before the deadline.
    const turns = Math.max(upstreams.length, 2) + 1
    return new Query(this.#client, question, upstreams, Math.min(this.#attemptMs, this.#timeoutMs / turns))
  }
}
