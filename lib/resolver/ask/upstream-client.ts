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
import type { AttemptEnd, AttemptLog } from './attempt-log.js'
import { interpretResponse, ttlWithoutSoa, type Reply } from './chain.js'
import { ServerStates } from './server-states.js'

/** getaddrinfo reports no TTL. */
export const systemTtl: Seconds = 10

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
    return this.#observe(upstream.label, `${type} ${name}`, options, onTruncated =>
      upstream.kind === 'system'
        ? // With a final dot: the caller walks the search list itself.
          this.#askSystem(`${name}.`, type === 'A' ? 4 : 6, options.signal)
        : this.#exchange(upstream, question, {
            ...options,
            onTruncated: () => {
              this.states.wasHeard(upstream, this.#options.now())
              onTruncated()
            },
          }),
    )
  }

  /** Like `ask`, but getaddrinfo, for a name as it was written. */
  askSystem(name: string, family: 0 | Family, options: Omit<AskOptions, 'isSecondAsk'>): Promise<Reply> {
    return this.#observe('system', name, options, () => this.#askSystem(name, family, options.signal))
  }

  async #observe(
    server: string,
    question: string,
    { log, signal }: Pick<AskOptions, 'log' | 'signal'>,
    ask: (onTruncated: () => void) => Promise<Reply>,
  ): Promise<Reply> {
    const { attemptMs, now, onQuery } = this.#options
    const startedMs = now()
    const attempt = log.begin(server, question, startedMs)
    let silence: string | undefined
    const reply = await ask(() => {
      silence = 'the answer was too long for UDP, and over TCP none came'
      attempt.note(silence)
    })
    const endedMs = now()
    const ended = attempt.end(
      signal.aborted
        ? { outcome: endedMs - startedMs >= attemptMs ? 'timeout' : 'cancelled', reason: silence, hasAddresses: false }
        : toEnd(reply),
      endedMs,
    )
    try {
      onQuery?.(ended)
    } catch {
      // A listener's fault must not fail the look-up.
    }
    return reply
  }

  async #exchange(
    upstream: Upstream,
    question: Question,
    { signal, isSecondAsk, onTruncated }: AskOptions & { readonly onTruncated: () => void },
  ): Promise<Reply> {
    const { transport, now } = this.#options
    try {
      const takesEdns = this.states.takesEdns(upstream, now())
      const edns = takesEdns && !isSecondAsk
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

function toEnd(reply: Reply): AttemptEnd {
  if (reply.kind === 'failure') return { outcome: reply.outcome, reason: reply.reason, hasAddresses: false }
  if (reply.kind === 'negative') return { outcome: reply.rcode, hasAddresses: false }
  return { outcome: 'NOERROR', hasAddresses: true }
}

/** An error from outside may be anything. */
const outcomeOfError = (error: unknown): string => codeOf(error) ?? (isError(error) ? error.name : 'error')

/** The transport's reason, unless it is no more than the system's own words for the code: `connect ECONNREFUSED …`. */
function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof TransportError)) return undefined
  const { code, reason } = error
  return reason === code || reason.split(' ', 2).includes(code) ? undefined : reason
}
