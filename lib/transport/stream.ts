import type { Response } from '../wire/response.js'
import { openTcp, openTls, type TlsSettings } from './connect.js'
import { closedError, exchangeError, isLost, lostError } from './exchange-error.js'
import { HttpsConnection, httpsServer, NoRoomError } from './https/https-connection.js'
import { Semaphore } from './semaphore.js'
import { StreamConnection, type Connection, type ConnectionHooks } from './stream-connection.js'
import type { ExchangeOptions, Question } from './transport.js'
import type { AddressUpstream } from './udp.js'
import type { Upstream } from './upstream.js'

/** A server over TCP, TLS or HTTPS. */
export type StreamUpstream =
  Extract<Upstream, { kind: 'tls' | 'https' }> | (AddressUpstream & { readonly kind: 'udp' | 'tcp' })

/**
 * How many queries to one server are in flight at a time: over TCP 4 connections' worth (unbound accepts 10 connections
 * in all unless told otherwise), over TLS as many connections, each with one query. Over HTTP/2 as many as over UDP, and
 * over HTTP/1.1 as over TLS.
 */
const MAX_IN_FLIGHT = { tcp: 64, tls: 8, https: 100 } as const
/** To one server, those included that end once their last query is settled. */
const MAX_CONNECTIONS = 8
/** Each attempt after the first means that a connection was closed which had answered others. */
const MAX_ATTEMPTS = 16

/** A server's connections. */
interface Server {
  readonly semaphore: Semaphore
  /** Those that take queries. */
  readonly taking: Set<Connection>
  /** All that are open, the oldest first. */
  readonly open: Set<Connection>
  readonly connect: (hooks: ConnectionHooks) => Connection
}

/**
 * Asks over TCP (RFC 7766), TLS (RFC 7858) and HTTPS (RFC 8484). Connections are kept for a moment after their last
 * answer: a name's chain then needs no further handshake, which over TLS costs more than all else.
 */
export class StreamTransport {
  readonly #settings: TlsSettings
  // As many as the configuration has ever named.
  readonly #servers = new Map<string, Server>()
  #isClosed = false

  constructor(settings: TlsSettings) {
    this.#settings = settings
  }

  /** Resolves with the whole response. Rejects with TransportError, or the signal's reason. */
  async exchange(upstream: StreamUpstream, question: Question, options: ExchangeOptions): Promise<Response> {
    const server = this.#serverOf(upstream)
    for (let attempt = 1; ; attempt++) {
      const leave = await server.semaphore.enter(options.signal)
      let connection: Connection | undefined
      try {
        connection = this.#connectionTo(upstream.label, server)
        return await connection.query(question, options)
      } catch (error) {
        if (options.signal.aborted) throw error
        // It may close a connection at any time; what it answered was not this query (RFC 7766 section 6.2.4).
        const mayAnswer = error instanceof NoRoomError || (isLost(error) && connection?.hasAnswered === true)
        if (!mayAnswer || attempt === MAX_ATTEMPTS) throw exchangeError(upstream.label, error)
      } finally {
        leave()
      }
    }
  }

  close(): void {
    this.#isClosed = true
    for (const [label, { open }] of this.#servers) {
      for (const connection of open) connection.fail(closedError(label))
    }
  }

  #serverOf(upstream: StreamUpstream): Server {
    const key = upstream.kind === 'https' ? upstream.url : upstream.label
    let server = this.#servers.get(key)
    if (server === undefined) {
      const semaphore = new Semaphore(MAX_IN_FLIGHT[upstream.kind === 'udp' ? 'tcp' : upstream.kind])
      server = { semaphore, taking: new Set(), open: new Set(), connect: this.#connectorOf(upstream, semaphore) }
      this.#servers.set(key, server)
    }
    return server
  }

  #connectorOf(upstream: StreamUpstream, semaphore: Semaphore): Server['connect'] {
    const { kind, label } = upstream
    const settings = this.#settings
    if (kind === 'https') {
      const server = httpsServer(upstream, MAX_IN_FLIGHT.https)
      const onReady = (capacity: number) => {
        server.capacity = capacity
        semaphore.setLimit(Math.min(MAX_IN_FLIGHT.https, capacity * MAX_CONNECTIONS))
      }
      return hooks => new HttpsConnection(server, openTls(server.address, settings), hooks, onReady)
    }
    if (kind === 'tls') {
      const { host, port, serverName = host } = upstream
      const address = { host, port, identity: serverName, protocols: [] }
      return hooks => new StreamConnection(label, openTls(address, settings), 'secureConnect', hooks)
    }
    return hooks => new StreamConnection(label, openTcp(upstream.address, upstream.port), 'connect', hooks)
  }

  /** One with room for a query, or a new one. */
  #connectionTo(label: string, server: Server): Connection {
    if (this.#isClosed) throw closedError(label)
    const { taking, open } = server
    for (const present of taking) if (present.hasRoom) return present
    if (open.size >= MAX_CONNECTIONS) endOne(server, label)
    const connection: Connection = server.connect({
      onRetire: () => taking.delete(connection),
      onClose: () => open.delete(connection),
    })
    taking.add(connection)
    open.add(connection)
    return connection
  }
}

/** Makes room for a new connection: the oldest one that nobody waits for goes, or that takes no more queries. */
function endOne({ open, taking }: Server, label: string): void {
  const oldest = [...open]
  const least =
    oldest.find(connection => !connection.isAwaited) ?? oldest.find(connection => !taking.has(connection)) ?? oldest[0]
  if (least === undefined) return
  open.delete(least)
  least.fail(lostError(label))
}
