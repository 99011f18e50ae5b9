import { isIP } from 'node:net'
import type { Address, Family } from '../../address/address.js'
import type { CancelSignal } from '../../cancel.js'
import { codeOf, isError } from '../../thrown.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds, Seconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import type { Response } from '../../wire/response.js'
import type { ResolverOptions } from '../options.js'
import type { AttemptLog } from './attempt-log.js'
import { interpretResponse, ttlWithoutSoa, type Reply } from './chain.js'
import { ServerStates } from './server-states.js'

/** getaddrinfo reports no TTL. */
export const systemTtl: Seconds = 10
/** A reason comes from a certificate or an HTTP server, so from anybody. */
const maxReasonLength = 200

export type UpstreamClientOptions = Pick<
  ResolverOptions,
  'transport' | 'systemLookup' | 'onQuery' | 'attemptMs' | 'now'
>

export interface AskOptions {
  readonly log: AttemptLog
  readonly signal: CancelSignal
  /** True where the server has been silent on the same question: this time it gets it without EDNS. */
  readonly isSecondAsk: boolean
}

/** Asks one server one question. */
export class UpstreamClient {
  readonly states = new ServerStates()
  readonly #options: UpstreamClientOptions

  constructor(options: UpstreamClientOptions) {
    this.#options = options
  }

  get now(): () => Milliseconds {
    return this.#options.now
  }

  /** The server's reply, recorded in the log too. Never rejects: a failure is a reply as well. */
  ask(upstream: Upstream, question: Question, options: AskOptions): Promise<Reply> {
    const { name, type } = question
    const reply =
      upstream.kind === 'system'
        ? // With a final dot: the caller walks the search list itself.
          this.#askSystem(`${name}.`, type === 'A' ? 4 : 6, options.signal)
        : this.#exchange(upstream, question, options)
    return this.#observe(upstream.label, `${type} ${name}`, options, reply)
  }

  /** Like `ask`, but getaddrinfo, for a name as it was written. */
  askSystem(name: string, family: 0 | Family, options: Omit<AskOptions, 'isSecondAsk'>): Promise<Reply> {
    return this.#observe('system', name, options, this.#askSystem(name, family, options.signal))
  }

  async #observe(
    server: string,
    question: string,
    { log, signal }: Pick<AskOptions, 'log' | 'signal'>,
    pending: Promise<Reply>,
  ): Promise<Reply> {
    const { attemptMs, now, onQuery } = this.#options
    const startedMs = now()
    const attempt = log.begin(server, question, startedMs)
    const reply = await pending
    const endedMs = now()
    const hasAddresses = reply.kind === 'addresses' || reply.kind === 'alias'
    const silence = endedMs - startedMs >= attemptMs ? 'timeout' : 'cancelled'
    const reason = reply.kind === 'failure' && !signal.aborted ? reply.reason : undefined
    const outcome = signal.aborted ? silence : outcomeOf(reply)
    const ended = attempt.end({ outcome, reason, hasAddresses }, endedMs)
    try {
      onQuery?.(ended)
    } catch {
      // A listener's fault must not fail the look-up.
    }
    return reply
  }

  async #exchange(upstream: Upstream, question: Question, { signal, isSecondAsk }: AskOptions): Promise<Reply> {
    const { transport, now } = this.#options
    try {
      const takesEdns = this.states.takesEdns(upstream, now())
      const edns = takesEdns && !isSecondAsk
      let response = await transport.exchange(upstream, question, { signal, edns })
      if (edns && ednsRefusals.has(response.rcode)) response = await this.#exchangePlain(upstream, question, signal)
      else if (edns) this.states.hasTakenEdns(upstream)
      else if (takesEdns && !ednsRefusals.has(response.rcode)) this.states.needsPlain(upstream, 'silence', now())
      const receivedAtMs = now()
      this.states.wasHeard(upstream, receivedAtMs)
      return interpretResponse(question, response, { server: upstream.label, receivedAtMs })
    } catch (error) {
      return { kind: 'failure', outcome: outcomeOfError(error), reason: reasonOf(error, upstream.label) }
    }
  }

  /**
   * RFC 6891 section 7: a server that can't read an OPT record says FORMERR, or NOTIMP, and is then asked without. Old
   * firewalls and load balancers say SERVFAIL or REFUSED.
   */
  async #exchangePlain(upstream: Upstream, question: Question, signal: CancelSignal): Promise<Response> {
    const { transport, now } = this.#options
    const response = await transport.exchange(upstream, question, { signal, edns: false })
    if (!ednsRefusals.has(response.rcode)) this.states.needsPlain(upstream, 'refusal', now())
    return response
  }

  async #askSystem(name: string, family: 0 | Family, signal: CancelSignal): Promise<Reply> {
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

function outcomeOf(reply: Reply): string {
  if (reply.kind === 'failure') return reply.outcome
  return reply.kind === 'negative' ? reply.rcode : 'NOERROR'
}

/** An error from outside may be anything. */
const outcomeOfError = (error: unknown): string => codeOf(error) ?? (isError(error) ? error.name : 'error')

/** The error's message, where it says more than its code: `HTTP status 403, content type text/plain`. */
function reasonOf(error: unknown, server: string): string | undefined {
  if (!isError(error)) return undefined
  const { message } = error
  const text = message.startsWith(`${server}: `) ? message.slice(server.length + 2) : message
  if (text === '' || text.includes(outcomeOfError(error))) return undefined
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, maxReasonLength)
}
