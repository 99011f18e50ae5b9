import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Response } from '../wire/response.js'
import { closedError, exchangeError, isLost } from './exchange-error.js'
import { ownSocket } from './own-socket.js'
import { identityOptions } from './server-identity.js'
import { Slots } from './slots.js'
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
 * How many queries to one server are in flight at a time: over TCP 4 connections' worth (unbound accepts 10 connections
 * in all unless told otherwise), over TLS as many connections, each with one query.
 */
const MAX_IN_FLIGHT = { tcp: 64, tls: 8 } as const
/** Each attempt after the first means that a connection was closed which had answered others. */
const MAX_ATTEMPTS = 16

interface Server {
  readonly slots: Slots
  /** Those that take queries. */
  readonly connections: Set<StreamConnection>
}

/**
 * Asks over TCP (RFC 7766) and TLS (RFC 7858). Connections are kept for a moment after their last answer: a name's chain
 * then needs no further handshake, which over TLS costs more than all else.
 */
export class StreamTransport {
  readonly #settings: StreamSettings
  // As many as the configuration has ever named.
  readonly #servers = new Map<string, Server>()
  readonly #open = new Set<StreamConnection>()
  #isClosed = false

  constructor(settings: StreamSettings) {
    this.#settings = settings
  }

  /** Resolves with the whole response. Rejects with TransportError, or the signal's reason. */
  async exchange(upstream: StreamUpstream, question: Question, options: ExchangeOptions): Promise<Response> {
    const { slots, connections } = this.#serverOf(upstream)
    await slots.enter(options.signal)
    try {
      for (let attempt = 1; ; attempt++) {
        const connection = this.#connectionTo(upstream, connections)
        try {
          return await connection.query(question, options)
        } catch (error) {
          // It may close a connection at any time; what it answered was not this query (RFC 7766 section 6.2.4).
          const isWorthAnother = isLost(error) && connection.hasAnswered && attempt < MAX_ATTEMPTS
          if (!isWorthAnother || options.signal.aborted) throw error
        }
      }
    } catch (error) {
      throw options.signal.aborted ? error : exchangeError(upstream.label, error)
    } finally {
      slots.release()
    }
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#open) connection.fail(closedError('dns'))
  }

  #serverOf({ label, kind }: StreamUpstream): Server {
    let server = this.#servers.get(label)
    if (server === undefined) {
      server = { slots: new Slots(kind === 'tls' ? MAX_IN_FLIGHT.tls : MAX_IN_FLIGHT.tcp), connections: new Set() }
      this.#servers.set(label, server)
    }
    return server
  }

  /** One with room for a query, or a new one. */
  #connectionTo(upstream: StreamUpstream, connections: Set<StreamConnection>): StreamConnection {
    if (this.#isClosed) throw closedError(upstream.label)
    for (const present of connections) if (present.hasRoom) return present
    const isTls = upstream.kind === 'tls'
    const socket = isTls
      ? this.#connectTls(upstream.host, upstream.port)
      : connectPlain(upstream.address, upstream.port)
    const connection = new StreamConnection(upstream.label, socket, isTls ? 'secureConnect' : 'connect', () =>
      connections.delete(connection),
    )
    connections.add(connection)
    this.#open.add(connection)
    socket.once('close', () => this.#open.delete(connection))
    return connection
  }

  /** Fails (`ECERT`) unless the certificate is trusted and names the host, or the address where that is the host. */
  #connectTls(host: string, port: number): Socket {
    const { trust, lookup } = this.#settings
    return connectTls({
      host,
      port,
      lookup,
      ...identityOptions(host),
      ...trust,
      ...ownSocket,
      rejectUnauthorized: true,
    })
  }
}

const connectPlain = (host: string, port: number): Socket => connectTcp({ host, port, ...ownSocket })
