import type { Part } from '../cache/entry.js'
import { defer } from '../deferred.js'
import type { Flight } from '../cache/single-flight.js'
import type { Upstream } from '../transport/upstream.js'
import type { Milliseconds, Seconds } from '../units.js'
import type { Question } from '../wire/question.js'
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

export interface QueryOptions {
  readonly question: Question
  readonly upstreams: readonly Upstream[]
  readonly intervalMs: Milliseconds
  readonly asker: ServerAsker
  readonly states: ServerStates
  readonly now: () => Milliseconds
}

/** One question, with the questions that a chain without an address leads to. Shared by all who need it at the time. */
export class Query implements Flight {
  readonly log = new AttemptLog()
  readonly result: Promise<QueryResult>
  readonly #options: QueryOptions
  readonly #result = defer<QueryResult>()
  #onSilence: (() => void)[] = []
  #isSilent = false
  #race: UpstreamRace | undefined
  #isEnded = false
  #holders = 0

  constructor(options: QueryOptions) {
    this.#options = options
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
    const result = await this.#follow()
    this.#isEnded = true
    this.#result.resolve(result)
  }

  end(): void {
    this.#isEnded = true
    this.#race?.cancel()
    this.#result.resolve({ kind: 'failure' })
  }

  async #follow(): Promise<QueryResult> {
    let { name } = this.#options.question
    let ttl = Infinity
    const steps: string[] = []
    const seen = [name]
    for (let links = 0; links <= maxLinks;) {
      const answered = await this.#ask(name)
      if (answered === undefined) break
      ttl = Math.min(ttl, answered.ttl)
      steps.push(`${answered.server}: ${answered.text}`)
      if (answered.kind === 'addresses')
        return { ...answered, ttl, receivedAtMs: this.#options.now(), step: steps.join('; ') }
      if (answered.kind === 'negative') return { ...answered, ttl }
      links += answered.links
      name = answered.target
      if (seen.includes(name)) break
      seen.push(name)
    }
    return { kind: 'failure' }
  }

  async #ask(name: string): Promise<Answered | undefined> {
    if (this.#isEnded) return undefined
    const { question, upstreams, intervalMs, asker, states, now } = this.#options
    this.#race = new UpstreamRace({
      upstreams: states.order(upstreams, now()),
      intervalMs,
      ask: (upstream, signal) => asker.ask(upstream, { name, type: question.type }, this.log, signal),
      onSilent: upstream => states.hasFailed(upstream, now()),
      onSilence: () => this.#tellSilence(),
    })
    return this.#race.verdict
  }

  #tellSilence(): void {
    this.#isSilent = true
    for (const listener of this.#onSilence) listener()
  }
}
