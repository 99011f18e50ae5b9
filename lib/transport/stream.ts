import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Response } from '../wire/response.js'
import { closedError, exchangeError, isLost } from './exchange-error.js'
import { ownSocket } from './own-socket.js'
import { StreamConnection } from './stream-connection.js'
import type { ExchangeOptions, Question } from './transport.js'
import type { AddressUpstream } from './udp.js'
import type { Upstream } from './upstream.js'

/** A server over TCP or DNS over TLS. */
export type StreamUpstream = Extract<Upstream, { kind: 'tls' }> | (AddressUpstream & { readonly kind: 'udp' | 'tcp' })

/** How connections are made. */
export interface StreamSettings {
  /** Certificates to trust in place of the system's. */
  readonly trust: { readonly ca?: string | Buffer | (string | Buffer)[] }
  /** Finds the addresses of a server that is named: not by this client, which could end up asking itself. */
  readonly lookup: LookupFunction
}

/**
 * Asks over TCP (RFC 7766) and TLS (RFC 7858). One connection a server, kept for a moment after its last answer: a
 * name's A and AAAA and its chain then share one handshake, which over TLS costs more than all else.
 */
export class StreamTransport {
  readonly #settings: StreamSettings
  /** By server: the one that takes queries. */
  readonly #connections = new Map<string, StreamConnection>()
  readonly #open = new Set<StreamConnection>()
  #isClosed = false

  constructor(settings: StreamSettings) {
    this.#settings = settings
  }

  /** Resolves with the whole response. Rejects with TransportError, or the signal's reason. */
  async exchange(upstream: StreamUpstream, question: Question, options: ExchangeOptions): Promise<Response> {
    options.signal.throwIfAborted()
    try {
      const connection = this.#connectionTo(upstream)
      const isReused = connection.hasAnswered
      return await connection.query(question, options).catch((error: unknown) => {
        if (!isReused || options.signal.aborted || !isLost(error)) throw error
        // The server had closed it before it saw the query, as it may at any time.
        return this.#connectionTo(upstream).query(question, options)
      })
    } catch (error) {
      throw options.signal.aborted ? error : exchangeError(upstream.label, error)
    }
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#open) connection.fail(closedError('dns'))
  }

  #connectionTo(upstream: StreamUpstream): StreamConnection {
    if (this.#isClosed) throw closedError(upstream.label)
    const present = this.#connections.get(upstream.label)
    if (present !== undefined) return present
    const { label } = upstream
    const isTls = upstream.kind === 'tls'
    const socket = isTls
      ? this.#connectTls(upstream.host, upstream.port)
      : connectPlain(upstream.address, upstream.port)
    const connection = new StreamConnection(label, socket, isTls ? 'secureConnect' : 'connect', () => {
      if (this.#connections.get(label) === connection) this.#connections.delete(label)
    })
    this.#connections.set(label, connection)
    this.#open.add(connection)
    socket.once('close', () => this.#open.delete(connection))
    return connection
  }

  /** Fails (`ECERT`) unless the certificate is trusted and names the host, or the address where that is the host. */
  #connectTls(host: string, port: number): Socket {
    const { trust, lookup } = this.#settings
    const servername = isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}
    return connectTls({ host, port, lookup, ...servername, ...trust, ...ownSocket, rejectUnauthorized: true })
  }
}

const connectPlain = (host: string, port: number): Socket => connectTcp({ host, port, ...ownSocket })
