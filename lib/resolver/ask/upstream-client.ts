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
import type { AttemptLog, AttemptRecord } from './attempt-log.js'
import { interpretResponse, ttlWithoutSoa, type Reply } from './chain.js'
import { ServerStates } from './server-states.js'

/** getaddrinfo reports no TTL. */
const systemTtl: Seconds = 10

export type UpstreamClientOptions = Pick<
  ResolverOptions,
  'transport' | 'systemLookup' | 'onQuery' | 'attemptMs' | 'now'
>

export interface SystemAskOptions {
  readonly log: AttemptLog
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
    const attempt = options.log.begin(upstream.label, `${type} ${name}`, this.now())
    if (upstream.kind !== 'system')
      return this.#end(attempt, await this.#exchange(upstream, question, options, attempt), options)
    // With a final dot: the caller walks the search list itself.
    const reply = await this.#lookup(`${name}.`, type === 'A' ? 4 : 6, options.signal)
    if (reply.kind !== 'failure') this.states.wasHeard(upstream, this.now())
    return this.#end(attempt, reply, options)
  }

  /** Like `ask`, but getaddrinfo, for a name as it was written. */
  async askSystem(name: string, family: 0 | Family, options: SystemAskOptions): Promise<Reply> {
    const attempt = options.log.begin('system', name, this.now())
    return this.#end(attempt, await this.#lookup(name, family, options.signal), options)
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
