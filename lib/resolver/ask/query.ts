import { Canceller } from '../../cancel.js'
import { startTimer, stopTimer } from '../../timers.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import { joinLinks, maxLinks, type Alias, type Reply } from './chain.js'
import { listKey } from './server-states.js'
import type { AttemptRecord, UpstreamClient } from './upstream-client.js'

/** The result of a query for one name and type. */
export type QueryResult = Exclude<Reply, Alias>

/**
 * Why the result will take a while. `silent`: every server was asked and waited for, and none has answered. `weak`: only
 * a server whose negative proves nothing has answered, and those before it get their last chance.
 */
export type Stall = 'weak' | 'silent'

interface QueryOptions {
  /** As configured, at least one: what the first says is final, a negative of another is weak. */
  readonly upstreams: readonly Upstream[]
  /** How long a server is waited for before the next is asked as well. */
  readonly intervalMs: Milliseconds
  /** Called once, before the listeners. */
  readonly onEnd: () => void
}

/** How often a silent server is asked: a lost packet is far more common than a dead server. */
const asksPerServer = 2

/** A server that the name in question is asked of. */
interface Contestant {
  readonly upstream: Upstream
  /** Its place in the configured list, from 0. */
  readonly rank: number
  /** 0 too once it has failed, or has given a weak negative. */
  asksLeft: number
  askedAtMs: Milliseconds
  pending: number
}

/**
 * One question, asked of one server after another until one answers: the next is asked as well when the last is silent
 * for an interval, and at once when it failed. Where a chain of aliases ends without an address, its end is asked for in
 * the same way. Begins when made, and is shared by all who need the answer at the time.
 *
 * Servers are not equals: the second may know nothing of the first one's private zone. So its negative counts only after
 * each server before it has had its second ask, or its first one where it is demoted, and an interval for it.
 */
export class Query {
  readonly type: Question['type']
  readonly log: AttemptRecord[] = []
  /** Called when it stalls, perhaps more than once, and when it ends. */
  readonly listeners = new Set<() => void>()
  /** Undefined until it ends. */
  result: QueryResult | undefined
  /** Why it takes a while, or took one; `silent` even where a weak negative came later. */
  stall: Stall | undefined
  readonly #client: UpstreamClient
  readonly #options: QueryOptions
  /** The name asked for at the moment, after those whose aliases led to it. */
  readonly #names: string[] = []
  #alias: Alias | undefined
  #contestants: readonly Contestant[] = []
  /** Aborted once the name in question has a reply. */
  #canceller = new Canceller()
  #weak: { readonly rank: number; readonly reply: Reply } | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(client: UpstreamClient, { name, type }: Question, options: QueryOptions) {
    this.type = type
    this.#client = client
    this.#options = options
    this.#askFor(name)
  }

  /** Ends it with the last listener. */
  letGo(listener: () => void): void {
    this.listeners.delete(listener)
    if (this.listeners.size === 0) this.end()
  }

  /** Before its time, as a failure. */
  end(): void {
    this.#finish(failed)
  }

  #askFor(name: string): void {
    const { upstreams } = this.#options
    this.#names.push(name)
    this.#contestants = this.#client.states.order(upstreams, this.#client.now()).map(upstream => {
      return { upstream, rank: upstreams.indexOf(upstream), asksLeft: asksPerServer, askedAtMs: 0, pending: 0 }
    })
    this.#askNext()
  }

  /** In the order of the servers, and once more in that order. */
  #askNext(): void {
    const contestants = this.#contestants
    const next =
      contestants.find(({ asksLeft }) => asksLeft === asksPerServer) ?? contestants.find(({ asksLeft }) => asksLeft > 0)
    if (next !== undefined) {
      this.#startInterval(() => this.#passOver(next))
      this.#ask(next)
      return
    }
    stopTimer(this.#timer)
    if (contestants.every(({ pending }) => pending === 0)) this.end()
    else this.#stallAs('silent')
  }

  #ask(contestant: Contestant): void {
    const signal = this.#canceller
    const question = { name: this.#names.at(-1) ?? '', type: this.type }
    const isSecondAsk = contestant.asksLeft < asksPerServer
    contestant.asksLeft--
    contestant.pending++
    contestant.askedAtMs = this.#client.now()
    this.#client
      .ask(contestant.upstream, question, { log: this.log, isSecondAsk, signal })
      .then(reply => {
        contestant.pending--
        if (!signal.aborted) this.#take(contestant, reply)
      })
      // A fault in here, or in a listener, must not end the process: the look-up has its deadline.
      .catch(() => this.end())
  }

  #take(contestant: Contestant, reply: Reply): void {
    const isFirst = contestant.rank === 0
    if (reply.kind === 'addresses' || (isFirst && reply.kind !== 'failure')) {
      this.#finish(reply)
      return
    }
    if (reply.kind === 'alias') {
      this.#finish({ ...reply, isWeak: true })
      return
    }
    contestant.asksLeft = 0
    if (reply.kind === 'negative') this.#keepWeak(contestant.rank, { ...reply, isWeak: true })
    else if (this.#weak === undefined) {
      this.#askNext()
      return
    }
    const weak = this.#weak
    if (weak !== undefined && this.#contestants.every(each => each.rank >= weak.rank || each.pending === 0))
      this.#finish(weak.reply)
  }

  /** Asks all servers before it that may still say something, at once. */
  #keepWeak(rank: number, reply: Reply): void {
    const isFirst = this.#weak === undefined
    if (this.#weak === undefined || rank < this.#weak.rank) this.#weak = { rank, reply }
    if (!isFirst) return
    for (const each of this.#contestants) if (each.rank < rank && each.asksLeft > 0) this.#ask(each)
    this.#startInterval(() => this.#endLastChance())
    this.#stallAs('weak')
  }

  #endLastChance(): void {
    for (const each of this.#contestants) if (each.pending > 0) this.#noteSilence(each)
    this.#finish(this.#weak?.reply ?? failed)
  }

  /** It has been waited for, and the next is asked as well. */
  #passOver(contestant: Contestant): void {
    const contestants = this.#contestants
    this.#noteSilence(contestant)
    // A lone server has a second chance first.
    if (contestants.length > 1 && contestants.every(({ asksLeft }) => asksLeft < asksPerServer)) this.#stallAs('silent')
    this.#askNext()
  }

  /** It may still answer. */
  #noteSilence({ upstream, askedAtMs }: Contestant): void {
    const { states, now } = this.#client
    states.wasSilent(upstream, this.#names.at(-1) ?? '', askedAtMs, now())
  }

  /** In place of the timer before; one that was stopped may call once more. */
  #startInterval(callback: () => void): void {
    stopTimer(this.#timer)
    const timer = startTimer(() => {
      if (timer === this.#timer && this.result === undefined) callback()
    }, this.#options.intervalMs)
    this.#timer = timer
  }

  #stallAs(stall: Stall): void {
    if (this.stall !== 'silent') this.stall = stall
    for (const listener of this.listeners) listener()
  }

  /** The reply counts for the name in question: the end, unless it is an alias that leads on. */
  #finish(reply: Reply): void {
    if (this.result !== undefined) return
    stopTimer(this.#timer)
    this.#canceller.abort()
    const whole = this.#alias === undefined ? reply : joinLinks(this.#alias, reply)
    if (whole.kind === 'alias' && whole.links <= maxLinks && !this.#names.includes(whole.target)) {
      this.#alias = whole
      this.#weak = undefined
      this.#canceller = new Canceller()
      this.#askFor(whole.target)
      return
    }
    this.result = whole.kind === 'alias' ? failed : whole
    this.#options.onEnd()
    for (const listener of this.listeners) listener()
  }
}

const failed: QueryResult = { kind: 'failure', outcome: 'timeout' }

/** The queries under way: one for a name, a type and a list of servers, however many wait for it. */
export class Queries {
  readonly #client: UpstreamClient
  readonly #timeoutMs: Milliseconds
  readonly #attemptMs: Milliseconds
  readonly #open = new Map<string, Query>()

  constructor(client: UpstreamClient, timeoutMs: Milliseconds, attemptMs: Milliseconds) {
    this.#client = client
    this.#timeoutMs = timeoutMs
    this.#attemptMs = attemptMs
  }

  /** The query for the question, which goes on until the listener lets it go. There is at least one server. */
  hold(question: Question, upstreams: readonly Upstream[], listener: () => void): Query {
    const key = `${question.type} ${question.name} ${listKey(upstreams)}`
    let query = this.#open.get(key)
    if (query === undefined) {
      // Each server has its turn, a lone one its second, and the fallback after them, all before the deadline.
      const turns = Math.max(upstreams.length, 2) + 1
      const intervalMs = Math.min(this.#attemptMs, this.#timeoutMs / turns)
      query = new Query(this.#client, question, { upstreams, intervalMs, onEnd: () => this.#open.delete(key) })
      this.#open.set(key, query)
    }
    query.listeners.add(listener)
    return query
  }

  endAll(): void {
    for (const query of this.#open.values()) query.end()
  }
}
