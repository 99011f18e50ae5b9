import { timeSource } from '../../../lib/timers.js'
import { TransportError, type ExchangeOptions, type Transport } from '../../../lib/transport/transport.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { Question } from '../../../lib/wire/query.js'
import type { AnswerRecord, Rcode, Response } from '../../../lib/wire/response.js'

/** What a server says: a response, an error's code, or nothing at all. */
export type Reply =
  | Response
  | { readonly error: string; readonly reason?: string }
  | 'silence'
  /** A truncated answer over UDP, and then nothing. */
  | 'silence over TCP'

/** One query as a server got it. */
export interface Asked {
  /** Without scheme and port: `192.0.2.53`. */
  readonly server: string
  readonly question: Question
  readonly edns: boolean
}

export type Script = (asked: Asked) => Reply | Promise<Reply>

/** A transport without a wire. It keeps what it was asked. */
export class FakeTransport implements Transport {
  readonly asked: Asked[] = []
  pending = 0
  closed = 0
  readonly #script: Script

  constructor(script: Script) {
    this.#script = script
  }

  /** The queries as `192.0.2.53 A b0.example`. */
  get told(): readonly string[] {
    return this.asked.map(({ server, question }) => `${server} ${question.type} ${question.name}`)
  }

  async exchange(upstream: Upstream, question: Question, options: ExchangeOptions): Promise<Response> {
    const { signal, edns } = options
    signal.throwIfAborted()
    const asked = { server: 'address' in upstream ? upstream.address : upstream.label, question, edns }
    this.asked.push(asked)
    this.pending++
    let onAbort: () => void = () => undefined
    const abort = new Promise<never>((_resolve, reject) => {
      const fail: (reason: unknown) => void = reject
      onAbort = () => fail(signal.reason)
      signal.addEventListener('abort', onAbort)
    })
    try {
      const reply = await Promise.race([abort, this.#reply(asked, options)])
      if ('error' in reply) throw new TransportError(reply.error, 'server', reply.reason ?? 'as the test says')
      return reply
    } finally {
      this.pending--
      signal.removeEventListener('abort', onAbort)
    }
  }

  async close(): Promise<void> {
    this.closed++
  }

  async #reply(asked: Asked, { onTruncated }: ExchangeOptions): Promise<Exclude<Reply, string>> {
    const reply = await this.#script(asked)
    if (reply === 'silence over TCP') onTruncated?.()
    return typeof reply === 'string' ? await new Promise(() => undefined) : reply
  }
}

/** A record as zone text has it: `b0.example. 30 IN A 192.0.2.1`. Throws on what it does not know. */
function record(text: string): AnswerRecord {
  const [owner = '', ttl = '', , type = '', data = ''] = text.split(/\s+/)
  const common = { owner: owner.replace(/\.$/, ''), ttl: Number(ttl) }
  if (type === 'CNAME') return { ...common, type, target: data.replace(/\.$/, '') }
  if (type === 'A' || type === 'AAAA') return { ...common, type, address: data }
  throw new TypeError(`'${text}' is no record that is known here`)
}

/** NOERROR with these records. */
export const found = (...records: readonly string[]): Response => said('NOERROR', ...records)

/** A response with the rcode and these records. */
export const said = (rcode: Rcode, ...records: readonly string[]): Response => ({
  rcode,
  truncated: false,
  answers: records.map(record),
  negativeTtl: undefined,
})

/** NXDOMAIN or NODATA, with an SOA of that TTL unless it is undefined. */
export const nothing = (rcode: 'NXDOMAIN' | 'NODATA', negativeTtl?: number): Response => ({
  rcode: rcode === 'NODATA' ? 'NOERROR' : rcode,
  truncated: false,
  answers: [],
  negativeTtl,
})

/** The reply, so many milliseconds late. */
export const after = (ms: number, reply: Reply): Promise<Reply> =>
  new Promise(resolve => timeSource.setTimeout(() => resolve(reply), ms))
