import type { Part } from '../../cache/entry.js'
import { defer } from '../../deferred.js'
import type { Flight } from '../../cache/single-flight.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds, Seconds } from '../../units.js'
import type { Question } from '../../wire/question.js'
import type { ServerAsker } from './ask-server.js'
import { AttemptLog } from './attempt-log.js'
import { maxLinks } from './chain.js'
import type { ServerStates } from './server-states.js'
import { UpstreamRace, type Answered } from './upstream-race.js'

/** What a name's query for one type came to. */
export type QueryResult =
  | ({ readonly kind: 'addresses'; readonly step: string } & Part)
  | { readonly kind: 'negative'; readonly rcode: 'NXDOMAIN' | 'NODATA'; readonly ttl: Seconds }
  | { readonly kind: 'failure' }

/** What all queries of a resolver share. */
export interface QueryDeck {
  readonly asker: ServerAsker
  readonly states: ServerStates
  readonly now: () => Milliseconds
}

/** One question, with the questions that a chain without an address leads to. Shared by all who need it at the time. */
export class Query implements Flight {
  readonly log = new AttemptLog()
  readonly result: Promise<QueryResult>
  readonly #deck: QueryDeck
  readonly #question: Question
  readonly #upstreams: readonly Upstream[]
  readonly #intervalMs: Milliseconds
  readonly #result = defer<QueryResult>()
  #onSilence: (() => void)[] = []
  #isSilent = false
  #race: UpstreamRace | undefined
  #isEnded = false
  #holders = 0

  constructor(deck: QueryDeck, question: Question, upstreams: readonly Upstream[], intervalMs: Milliseconds) {
    this.#deck = deck
    this.#question = question
    this.#upstreams = upstreams
    this.#intervalMs = intervalMs
    this.result = this.#result.promise
  }

  get isOpen(): boolean {
    return !this.#isEnded
  }

  /** Keeps it going until it is let go. `onSilence` is called when every server was waited for in vain. */
  hold(onSilence: () => void): void {
    this.#holders++
    this.#onSilence.push(onSilence)
    if (this.#isSilent) queueMicrotask(onSilence)
  }

  /** Ends it with the last holder. Each holder calls this once. */
  letGo(onSilence: () => void): void {
    this.#onSilence = this.#onSilence.filter(each => each !== onSilence)
    if (--this.#holders === 0) this.end()
  }

  async run(): Promise<void> {
    try {
      this.#result.resolve(await this.#follow())
    } finally {
      this.end()
    }
  }

  end(): void {
    this.#isEnded = true
    this.#race?.cancel()
    this.#result.resolve({ kind: 'failure' })
  }

  async #follow(): Promise<QueryResult> {
    let { name } = this.#question
    let ttl = Infinity
    let step = ''
    const seen = [name]
    for (let links = 0; links <= maxLinks;) {
      const answered = await this.#ask(name)
      if (answered === undefined) break
      const { server, verdict } = answered
      ttl = Math.min(ttl, verdict.ttl)
      step += `${step === '' ? '' : '; '}${server}: ${verdict.text}`
      if (verdict.kind === 'addresses') {
        const { kind, addresses } = verdict
        return { kind, addresses, ttl, receivedAtMs: this.#deck.now(), step }
      }
      if (verdict.kind === 'negative') return { kind: 'negative', rcode: verdict.rcode, ttl }
      links += verdict.links
      name = verdict.target
      if (seen.includes(name)) break
      seen.push(name)
    }
    return { kind: 'failure' }
  }

  #ask(name: string): Promise<Answered | undefined> {
    if (this.#isEnded) return Promise.resolve(undefined)
    const { asker, states, now } = this.#deck
    const question = name === this.#question.name ? this.#question : { name, type: this.#question.type }
    this.#race = new UpstreamRace({
      upstreams: states.order(this.#upstreams, now()),
      intervalMs: this.#intervalMs,
      ask: (upstream, signal) => asker.ask(upstream, question, this.log, signal),
      onSilent: upstream => states.hasFailed(upstream, now()),
      onSilence: () => this.#tellSilence(),
    })
    return this.#race.answered
  }

  #tellSilence(): void {
    this.#isSilent = true
    for (const listener of this.#onSilence) listener()
  }
}
