import { isIP } from 'node:net'
import type { Address, Family } from '../../address/address.js'
import type { CancelSignal } from '../../cancel.js'
import { codeOf, isError } from '../../thrown.js'
import { TransportError, type ExchangeOptions } from '../../transport/transport.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds, Seconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import type { Response } from '../../wire/response.js'
import type { ResolverOptions } from '../options.js'
import type { Attempt } from '../types.js'
import { interpretResponse, ttlWithoutSoa, type Reply } from './chain.js'
import { ServerStates } from './server-states.js'

/** One ask of one server. Most are never read, so they become text only when asked for. */
export class AttemptRecord {
  readonly startedMs: Milliseconds
  readonly #server: string
  readonly #question: string
  #endedMs: Milliseconds | undefined
  #outcome = 'timeout'
  #reason: string | undefined
  #hasAddresses = false

  constructor(server: string, question: string, startedMs: Milliseconds) {
    this.startedMs = startedMs
    this.#server = server
    this.#question = question
  }

  /** Why no answer has come so far. */
  note(reason: string): void {
    this.#reason = reason
  }

  end(reply: Reply, nowMs: Milliseconds): void {
    this.#endedMs = nowMs
    this.#reason = reply.kind === 'failure' ? reply.reason : undefined
    this.#outcome = reply.kind === 'failure' ? reply.outcome : reply.kind === 'negative' ? reply.rcode : 'NOERROR'
    this.#hasAddresses = reply.kind === 'addresses' || reply.kind === 'alias'
  }

  /** The ask as it is now; one that has no answer yet is a `timeout`. */
  toAttempt(nowMs: Milliseconds): Attempt {
    const attempt = {
      server: this.#server,
      outcome: this.#outcome,
      durationMs: (this.#endedMs ?? nowMs) - this.startedMs,
      question: this.#question,
    }
    return this.#reason === undefined ? attempt : { ...attempt, reason: this.#reason }
  }

  /** `udp://192.0.2.53:53: SERVFAIL for A b0.example after 3 ms`; undefined for one that led to addresses. */
  toStep(nowMs: Milliseconds): string | undefined {
    if (this.#hasAddresses) return undefined
    const end = this.#endedMs === undefined ? 'no answer yet' : this.#outcome
    const why = this.#reason === undefined ? '' : ` (${this.#reason})`
    const ms = Math.round((this.#endedMs ?? nowMs) - this.startedMs)
    return `${this.#server}: ${end}${why} for ${this.#question} after ${ms} ms`
  }
}

/** Cap on recorded attempts: with many servers and candidates the rest would say the same. */
const maxRecords = 64
/** getaddrinfo reports no TTL. */
const systemTtl: Seconds = 10

export type UpstreamClientOptions = Pick<
  ResolverOptions,
  'transport' | 'systemLookup' | 'onQuery' | 'attemptMs' | 'now'
>

export interface SystemAskOptions {
  /** Gets a record of the ask, in the order of asking. */
  readonly log: AttemptRecord[]
  readonly signal: CancelSignal
}

export interface AskOptions extends SystemAskOptions {
  /** True where the server has been silent on the same question: this time it gets it without EDNS. */
  readonly isSecondAsk: boolean
}

/** Asks one server one question. */
export class UpstreamClient {
  readonly states = new ServerStates()
  readonly now: () => Milliseconds
  readonly #options: UpstreamClientOptions

  constructor(options: UpstreamClientOptions) {
    this.#options = options
    this.now = options.now
  }

  /** The server's reply, recorded in the log too. Never rejects: a failure is a reply as well. */
  async ask(upstream: Upstream, question: Question, options: AskOptions): Promise<Reply> {
    const { name, type } = question
    const attempt = this.#begin(options.log, upstream.label, `${type} ${name}`)
    if (upstream.kind !== 'system')
      return this.#end(attempt, await this.#exchange(upstream, question, options, attempt), options)
    // With a final dot: the caller walks the search list itself.
    const reply = await this.#lookup(`${name}.`, type === 'A' ? 4 : 6, options.signal)
    if (reply.kind !== 'failure') this.states.wasHeard(upstream, this.now())
    return this.#end(attempt, reply, options)
  }

  /** Like `ask`, but getaddrinfo, for a name as it was written. */
  async askSystem(name: string, family: 0 | Family, options: SystemAskOptions): Promise<Reply> {
    const attempt = this.#begin(options.log, 'system', name)
    return this.#end(attempt, await this.#lookup(name, family, options.signal), options)
  }

  #begin(log: AttemptRecord[], server: string, question: string): AttemptRecord {
    const attempt = new AttemptRecord(server, question, this.now())
    if (log.length < maxRecords) log.push(attempt)
    return attempt
  }

  /** Records the reply, or that the server was given up: after its time, or since another one was quicker. */
  #end(attempt: AttemptRecord, reply: Reply, { signal }: SystemAskOptions): Reply {
    const nowMs = this.now()
    const waitedMs = nowMs - attempt.startedMs
    const outcome = waitedMs >= this.#options.attemptMs ? 'timeout' : 'cancelled'
    attempt.end(signal.aborted ? { kind: 'failure', outcome } : reply, nowMs)
    try {
      this.#options.onQuery?.(attempt.toAttempt(nowMs))
    } catch {
      // A listener's fault must not fail the look-up.
    }
    return reply
  }

  async #exchange(
    upstream: Upstream,
    question: Question,
    { signal, isSecondAsk }: AskOptions,
    attempt: AttemptRecord,
  ): Promise<Reply> {
    const { transport, now } = this.#options
    const takesEdns = this.states.takesEdns(upstream, now())
    const edns = takesEdns && !isSecondAsk
    const onTruncated = () => {
      this.states.wasHeard(upstream, now())
      attempt.note('the answer was too long for UDP; over TCP: no answer')
    }
    try {
      let response = await transport.exchange(upstream, question, { signal, edns, onTruncated })
      if (edns && ednsRefusals.has(response.rcode))
        response = await this.#exchangePlain(upstream, question, { signal, onTruncated })
      else if (edns) this.states.hasTakenEdns(upstream)
      else if (takesEdns && !ednsRefusals.has(response.rcode)) this.states.needsPlain(upstream, 'silence', now())
      const receivedAtMs = now()
      this.states.wasHeard(upstream, receivedAtMs)
      return interpretResponse(question, response, { server: upstream.label, receivedAtMs })
    } catch (error) {
      return { kind: 'failure', outcome: outcomeOfError(error), reason: reasonOf(error) }
    }
  }

  /**
   * RFC 6891 section 7: a server that can't read an OPT record says FORMERR, or NOTIMP, and is then asked without. Old
   * firewalls and load balancers say SERVFAIL or REFUSED.
   */
  async #exchangePlain(
    upstream: Upstream,
    question: Question,
    options: Pick<ExchangeOptions, 'signal' | 'onTruncated'>,
  ): Promise<Response> {
    const { transport, now } = this.#options
    const response = await transport.exchange(upstream, question, { ...options, edns: false })
    if (!ednsRefusals.has(response.rcode)) this.states.needsPlain(upstream, 'refusal', now())
    return response
  }

  async #lookup(name: string, family: 0 | Family, signal: CancelSignal): Promise<Reply> {
    try {
      const found = await this.#options.systemLookup(name, family, signal)
      // Copies: what goes into the cache is frozen.
      const addresses = found.filter(each => isUsable(each, family)).map(({ ...each }) => each)
      if (addresses.length > 0) {
        const text = `system: ${addresses.map(({ address }) => address).slice(0, 3).join(', ')}` // prettier-ignore
        return { kind: 'addresses', addresses, ttl: systemTtl, receivedAtMs: this.#options.now(), text }
      }
    } catch (error) {
      const code = outcomeOfError(error)
      if (code !== 'ENOTFOUND' && code !== 'ENODATA') return { kind: 'failure', outcome: code }
    }
    const text = `system: nothing for ${name}`
    return { kind: 'negative', rcode: 'NXDOMAIN', ttl: ttlWithoutSoa, isWeak: false, text }
  }
}

const isUsable = (each: Address, family: 0 | Family) =>
  isIP(each.address) === each.family && (family === 0 || each.family === family)

/** `RCODE16` is BADVERS. */
const ednsRefusals = new Set<Response['rcode']>(['FORMERR', 'NOTIMP', 'RCODE16', 'SERVFAIL', 'REFUSED'])

/** An error from outside may be anything. */
const outcomeOfError = (error: unknown): string => codeOf(error) ?? (isError(error) ? error.name : 'error')

/** The transport's reason, unless it is no more than the system's own words for the code: `connect ECONNREFUSED …`. */
function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof TransportError)) return undefined
  const { code, reason } = error
  return reason === code || reason.split(' ', 2).includes(code) ? undefined : reason
}
