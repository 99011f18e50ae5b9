import type { Dispatcher } from 'undici'
import type { Milliseconds } from '../units.js'
import { encodeQuery } from '../wire/query.js'
import type { Response } from '../wire/response.js'
import { withAbort } from './abort.js'
import { closedError, isLost } from './exchange-error.js'
import { aged, httpError, readMessage, MEDIA_TYPE } from './http-response.js'
import { ownSocket } from './own-socket.js'
import { identityOptions } from './server-identity.js'
import type { StreamSettings } from './stream.js'
import type { ExchangeOptions, Question } from './transport.js'
import { parseWhole } from './whole-response.js'
import type { Upstream } from './upstream.js'

export type HttpsUpstream = Extract<Upstream, { kind: 'https' }>

/** Enough over HTTP/2, which carries many queries at a time; over HTTP/1.1 a name's A and AAAA go side by side. */
const MAX_CONNECTIONS = 2
/** When an attempt to connect is given up that nobody may be waiting for any more. */
const CONNECT_TIMEOUT_MS: Milliseconds = 5000
const IDLE_MS: Milliseconds = 10_000
/** RFC 8484 section 4.1: the same id always, so that HTTP caches know equal queries. */
const ID = 0

/** A server's connections, and how many responses have come over them. */
interface Pooled {
  readonly url: string
  readonly pool: Dispatcher
  received: number
}

/** A question on its way. */
interface Asked {
  readonly upstream: HttpsUpstream
  readonly question: Question
  readonly query: Buffer
  readonly signal: AbortSignal
}

/**
 * Asks over HTTPS (RFC 8484) by POST, over HTTP/2 where the server speaks it. undici is loaded at the first question;
 * it reuses connections, which hold up nothing while idle. Redirects are not followed: they are a wrong status.
 */
export class HttpsTransport {
  readonly #settings: StreamSettings
  readonly #pools = new Map<string, Promise<Pooled>>()
  readonly #open = new Set<Dispatcher>()
  #isClosed = false

  constructor(settings: StreamSettings) {
    this.#settings = settings
  }

  exchange(upstream: HttpsUpstream, question: Question, options: ExchangeOptions): Promise<Response> {
    return withAbort(options.signal, async signal => {
      try {
        const query = encodeQuery(question, { id: ID, edns: options.edns })
        return await this.#exchange({ upstream, question, query, signal })
      } catch (error) {
        throw this.#isClosed ? closedError(upstream.label) : httpError(upstream.label, error)
      }
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.allSettled([...this.#open].map(pool => pool.destroy()))
  }

  async #exchange(asked: Asked): Promise<Response> {
    const pooled = await this.#pooledFor(asked.upstream)
    const isReused = pooled.received > 0
    return await this.#ask(pooled, asked).catch(async (error: unknown) => {
      if (!isReused || asked.signal.aborted || !isLost(error)) throw error
      // The server had closed the connection before it saw the query, as it may at any time.
      return this.#ask(await this.#pooledFor(asked.upstream), asked)
    })
  }

  async #ask(pooled: Pooled, { upstream, question, query, signal }: Asked): Promise<Response> {
    const { pathname, search } = new URL(upstream.url)
    const receivedBefore = pooled.received
    try {
      const data = await pooled.pool.request({
        path: pathname + search,
        method: 'POST',
        headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE },
        body: query,
        signal,
        // Lets HTTP/2 carry it beside others: asking twice changes nothing.
        idempotent: true,
      })
      pooled.received++
      const packet = await readMessage(upstream.label, data)
      return aged(parseWhole(packet, { id: ID, question }), data.headers['age'])
    } catch (error) {
      // Nothing at all came since: perhaps nobody is there any more, and only a new connection can tell.
      if (pooled.received === receivedBefore) this.#retire(pooled)
      throw httpError(upstream.label, error)
    }
  }

  async #pooledFor({ url, label }: HttpsUpstream): Promise<Pooled> {
    if (this.#isClosed) throw closedError(label)
    let pooled = this.#pools.get(url)
    if (pooled === undefined) this.#pools.set(url, (pooled = this.#createPool(url)))
    try {
      return await pooled
    } catch (error) {
      this.#pools.delete(url)
      throw error
    }
  }

  async #createPool(url: string): Promise<Pooled> {
    const { Pool } = await import('undici')
    if (this.#isClosed) throw closedError(url)
    const { trust, lookup } = this.#settings
    const { origin, hostname } = new URL(url)
    const identity = identityOptions(hostname.replace(/^\[|\]$/g, ''))
    const pool = new Pool(origin, {
      allowH2: true,
      connections: MAX_CONNECTIONS,
      connect: { ...trust, ...identity, lookup, timeout: CONNECT_TIMEOUT_MS, rejectUnauthorized: true, ...ownSocket },
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      // The caller's signal rules.
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    this.#open.add(pool)
    return { url, pool, received: 0 }
  }

  /** Takes no further queries; ends once those that it has are settled. */
  #retire({ url, pool }: Pooled): void {
    if (!this.#open.has(pool) || this.#isClosed) return
    this.#pools.delete(url)
    const forget = () => this.#open.delete(pool)
    pool.close().then(forget, forget)
  }
}
