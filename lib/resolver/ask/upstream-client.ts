import { isIP } from 'node:net'
import type { Address, Family } from '../../address/address.js'
import type { CancelSignal } from '../../cancel.js'
import { codeOf, isError } from '../../thrown.js'
import { TransportError } from '../../transport/transport.js'
import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds, Seconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import type { Response } from '../../wire/response.js'
import type { ResolverOptions } from '../options.js'
import type { Attempt } from '../types.js'
import { interpretResponse, ttlWithoutSoa, type Reply } from './chain.js'
import { ServerStates } from './server-states.js'

/** One ask of one server. Most are never read, so they become text only when asked for. */
export interface AttemptRecord {
  readonly server: string
  readonly question: string
  readonly startedMs: Milliseconds
  endedMs: Milliseconds | undefined
  /** Until it has ended, why no answer has come so far. */
  reply: Reply
}

const noReply: Reply = { kind: 'failure', outcome: 'timeout' }

/** The ask as it is now; one that has no answer yet is a `timeout`. */
export function toAttempt(
  { server, question, startedMs, endedMs, reply }: AttemptRecord,
  nowMs: Milliseconds,
): Attempt {
  const outcome = reply.kind === 'failure' ? reply.outcome : reply.kind === 'negative' ? reply.rcode : 'NOERROR'
  const attempt = { server, outcome, durationMs: (endedMs ?? nowMs) - startedMs, question }
  return reply.kind === 'failure' && reply.reason !== undefined ? { ...attempt, reason: reply.reason } : attempt
}

/** `udp://192.0.2.53:53: SERVFAIL for A b0.example after 3 ms`; no step for one that led to addresses, whose text has it. */
export function toSteps(record: AttemptRecord, nowMs: Milliseconds): readonly string[] {
  if (record.reply.kind === 'addresses' || record.reply.kind === 'alias') return []
  const { server, outcome, durationMs, question, reason } = toAttempt(record, nowMs)
  const end = record.endedMs === undefined ? 'no answer yet' : outcome
  const why = reason === undefined ? '' : ` (${reason})`
  return [`${server}: ${end}${why} for ${question ?? ''} after ${Math.round(durationMs)} ms`]
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
  ask(upstream: Upstream, question: Question, options: AskOptions): Promise<Reply> {
    const { name, type } = question
    return this.#record(upstream.label, `${type} ${name}`, options, record => {
      if (upstream.kind !== 'system') return this.#exchange(upstream, question, options, record)
      // With a final dot: the caller walks the search list itself.
      return this.#lookup(`${name}.`, type === 'A' ? 4 : 6, options.signal).then(reply => {
        if (reply.kind !== 'failure') this.states.wasHeard(upstream, this.now())
        return reply
      })
    })
  }

  /** Like `ask`, but getaddrinfo, for a name as it was written. */
  askSystem(name: string, family: 0 | Family, options: SystemAskOptions): Promise<Reply> {
    return this.#record('system', name, options, () => this.#lookup(name, family, options.signal))
  }

  async #record(
    server: string,
    question: string,
    { log, signal }: SystemAskOptions,
    ask: (record: AttemptRecord) => Promise<Reply>,
  ): Promise<Reply> {
    const { attemptMs, now, onQuery } = this.#options
    const record: AttemptRecord = { server, question, startedMs: now(), endedMs: undefined, reply: noReply }
    if (log.length < maxRecords) log.push(record)
    const reply = await ask(record)
    const endedMs = now()
    record.endedMs = endedMs
    record.reply = reply
    if (signal.aborted) {
      // It was given up: after its time, or since another one was quicker.
      const outcome = endedMs - record.startedMs >= attemptMs ? 'timeout' : 'cancelled'
      record.reply = { kind: 'failure', outcome }
    }
    try {
      onQuery?.(toAttempt(record, endedMs))
    } catch {
      // A listener's fault must not fail the look-up.
    }
    return reply
  }

  /**
   * RFC 6891 section 7: a server that can't read an OPT record says FORMERR, or NOTIMP, and is then asked without. Old
   * firewalls and load balancers say SERVFAIL or REFUSED, or nothing.
   */
  async #exchange(
    upstream: Upstream,
    question: Question,
    { signal, isSecondAsk }: AskOptions,
    record: AttemptRecord,
  ): Promise<Reply> {
    const { states, now } = this
    const { transport } = this.#options
    const takesEdns = states.takesEdns(upstream, now())
    const edns = takesEdns && !isSecondAsk
    const onTruncated = () => {
      states.wasHeard(upstream, now())
      const reason = 'the answer was too long for UDP; over TCP: no answer'
      record.reply = { kind: 'failure', outcome: 'timeout', reason }
    }
    try {
      let response = await transport.exchange(upstream, question, { signal, edns, onTruncated })
      const isRefused = edns && ednsRefusals.has(response.rcode)
      if (isRefused) response = await transport.exchange(upstream, question, { signal, edns: false, onTruncated })
      if (edns && !isRefused) states.hasTakenEdns(upstream)
      else if (takesEdns && !ednsRefusals.has(response.rcode))
        states.needsPlain(upstream, isRefused ? 'refusal' : 'silence', now())
      const receivedAtMs = now()
      states.wasHeard(upstream, receivedAtMs)
      return interpretResponse(question, response, { server: upstream.label, receivedAtMs })
    } catch (error) {
      return { kind: 'failure', outcome: outcomeOfError(error), reason: reasonOf(error) }
    }
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
