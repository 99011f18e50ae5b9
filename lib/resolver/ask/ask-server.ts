import { isIP } from 'node:net'
import type { Address, Family } from '../../address/address.js'
import type { CancelSignal } from '../../cancel.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Seconds } from '../../units.js'
import type { Question } from '../../wire/question.js'
import type { Response } from '../../wire/response.js'
import type { AttemptLog } from './attempt-log.js'
import { judge, ttlWithoutSoa, type Verdict } from './chain.js'
import type { ResolverOptions } from '../options.js'
import type { ServerStates } from './server-states.js'

/** getaddrinfo tells no TTL. */
export const systemTtl: Seconds = 10

export type AskOptions = Pick<ResolverOptions, 'transport' | 'systemLookup' | 'onQuery' | 'attemptMs' | 'now'>

/** Asks one server one question. */
export class ServerAsker {
  readonly #options: AskOptions
  readonly #states: ServerStates

  constructor(options: AskOptions, states: ServerStates) {
    this.#options = options
    this.#states = states
  }

  /** What the server said, noted in the log too. Never rejects: what can't be used is a verdict as well. */
  ask(upstream: Upstream, question: Question, log: AttemptLog, signal: CancelSignal): Promise<Verdict> {
    const { name, type } = question
    const verdict =
      upstream.kind === 'system'
        ? // Absolute: the search list is walked already, by whoever asks.
          this.#lookUp(`${name}.`, type === 'A' ? 4 : 6, signal)
        : this.#exchange(upstream, question, signal)
    return this.#observe(upstream.label, `${type} ${name}`, log, signal, verdict)
  }

  /** Like `ask`, but getaddrinfo, for a name as it was written. */
  askSystem(name: string, family: 0 | Family, log: AttemptLog, signal: CancelSignal): Promise<Verdict> {
    return this.#observe('system', name, log, signal, this.#lookUp(name, family, signal))
  }

  async #observe(
    server: string,
    question: string,
    log: AttemptLog,
    signal: CancelSignal,
    verdict: Promise<Verdict>,
  ): Promise<Verdict> {
    const { attemptMs, now, onQuery } = this.#options
    const startedMs = now()
    const attempt = log.begin(server, question, startedMs)
    const said = await verdict
    const endedMs = now()
    const silence = endedMs - startedMs >= attemptMs ? 'timeout' : 'cancelled'
    const isAnswer = said.kind === 'addresses' || said.kind === 'alias'
    const ended = attempt.end(signal.aborted ? silence : outcomeOf(said), isAnswer, endedMs)
    try {
      onQuery?.(ended)
    } catch {
      // A listener's fault is not the look-up's.
    }
    return said
  }

  async #exchange(upstream: Upstream, question: Question, signal: CancelSignal): Promise<Verdict> {
    try {
      const edns = this.#states.takesEdns(upstream, this.#options.now())
      let response = await this.#options.transport.exchange(upstream, question, { signal, edns })
      if (edns && ednsRefusals.has(response.rcode)) response = await this.#exchangePlain(upstream, question, signal)
      this.#states.hasAnswered(upstream)
      return judge(question, response)
    } catch (error) {
      if (!signal.aborted) this.#states.hasFailed(upstream, this.#options.now())
      return { kind: 'unusable', outcome: codeOf(error) }
    }
  }

  /** RFC 6891 section 7: who can't read an OPT record says FORMERR, or NOTIMP, and is then asked without. */
  async #exchangePlain(upstream: Upstream, question: Question, signal: CancelSignal): Promise<Response> {
    const response = await this.#options.transport.exchange(upstream, question, { signal, edns: false })
    if (!ednsRefusals.has(response.rcode)) this.#states.needsPlain(upstream, this.#options.now())
    return response
  }

  async #lookUp(name: string, family: 0 | Family, signal: CancelSignal): Promise<Verdict> {
    try {
      const looked = await this.#options.systemLookup(name, family, signal)
      // Copies: what goes into the cache is frozen.
      const addresses = looked.filter(each => isUsable(each, family)).map(({ ...each }) => each)
      const text = addresses.map(({ address }) => address).slice(0, 3)
      if (addresses.length > 0) return { kind: 'addresses', addresses, ttl: systemTtl, text: text.join(', ') }
    } catch (error) {
      const code = codeOf(error)
      if (code !== 'ENOTFOUND' && code !== 'ENODATA') return { kind: 'unusable', outcome: code }
    }
    return { kind: 'negative', rcode: 'NXDOMAIN', ttl: ttlWithoutSoa, text: `nothing for ${name}` }
  }
}

const isUsable = (each: Address, family: 0 | Family) =>
  isIP(each.address) === each.family && (family === 0 || each.family === family)

/** `RCODE16` is BADVERS. */
const ednsRefusals = new Set<Response['rcode']>(['FORMERR', 'NOTIMP', 'RCODE16'])

function outcomeOf(verdict: Verdict): string {
  if (verdict.kind === 'unusable') return verdict.outcome
  return verdict.kind === 'negative' ? verdict.rcode : 'NOERROR'
}

/** The error's code, or its name where it has none: an error from outside may be anything. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
