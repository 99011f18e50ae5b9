import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { parseUpstream, type Upstream } from '../../lib/transport/upstream.js'
import type { Certificate } from './certificate.js'
import { frame, parseQuery, type Query } from './dns-message.js'

export type WireKind = 'udp' | 'tcp' | 'tls' | 'https'

/** A query with the way that it came by. */
export interface ServerQuery extends Query {
  readonly via: WireKind
  /** Of tcp and tls: to write anything but whole frames, or to end it. */
  readonly stream?: Socket
}

/** What a DoH server may answer in place of `200 application/dns-message`. */
export interface HttpReply {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}

/** Nothing: silence. Bytes: one message. A list: each a message, in order (https sends the first alone). */
export type Reply = undefined | Uint8Array | readonly Uint8Array[] | HttpReply
/** Says what is sent for a query, at once or later. */
export type Handler = (query: ServerQuery) => Reply | Promise<Reply>

/** The ways that a server listens on: `udp` and `tcp` on one port, as DNS has it; `tls` and `https` each on another. */
export interface ServerKinds {
  /** The loopback address to listen on; 127.0.0.1 unless given. */
  readonly address?: '127.0.0.1' | '::1'
  readonly udp?: boolean
  readonly tcp?: boolean
  readonly tls?: Certificate
  readonly https?: Certificate
}

export interface DnsServer extends AsyncDisposable {
  /** Every query so far, in the order in which they came. */
  readonly queries: readonly ServerQuery[]
  /** How many connections were accepted so far over tcp, tls and https. */
  readonly connections: number
  /** How to reach it; `host` (tls, https) is its address unless given. Throws where it does not listen. */
  upstream(kind: WireKind, host?: string): Upstream
  /** Stops listening and ends every connection. */
  close(): Promise<void>
}

/** Starts a DNS server on loopback, which says what the handler wants, be it right or wrong. */
export async function startDnsServer(kinds: ServerKinds, handler: Handler): Promise<DnsServer> {
  const server = new TestServer(handler, kinds.address ?? '127.0.0.1')
  if (kinds.udp === true || kinds.tcp === true) await server.listenPlain(kinds.udp === true, kinds.tcp === true)
  if (kinds.tls !== undefined) await server.listenTls(kinds.tls)
  if (kinds.https !== undefined) await server.listenHttps(kinds.https)
  return server
}

/** A port of 127.0.0.1 that nothing listens on, neither over UDP nor over TCP. */
export async function closedPort(): Promise<number> {
  const server = new TestServer(() => undefined, '127.0.0.1')
  const port = await server.listenPlain(true, true)
  await server.close()
  return port
}

class TestServer implements DnsServer {
  readonly queries: ServerQuery[] = []
  connections = 0
  readonly #handler: Handler
  readonly #ports = new Map<WireKind, number>()
  readonly #sockets = new Set<Socket>()
  readonly #closers: (() => Promise<unknown>)[] = []

  readonly #address: string

  constructor(handler: Handler, address: string) {
    this.#address = address
    this.#handler = handler
  }

  async listenPlain(udp: boolean, tcp: boolean): Promise<number> {
    const server = createServer(socket => this.#serveStream(socket, 'tcp'))
    for (;;) {
      const port = await this.#listen(server)
      const socket = createSocket(this.#address === '::1' ? 'udp6' : 'udp4')
      const bound = await new Promise<boolean>(resolve => {
        socket.once('error', () => resolve(false)).bind(port, this.#address, () => resolve(true))
      })
      await (bound && tcp ? undefined : closeServer(server))
      if (bound && tcp) this.#closers.push(() => closeServer(server))
      if (bound && udp) this.#serveUdp(socket)
      else socket.close()
      if (!bound) continue
      if (tcp) this.#ports.set('tcp', port)
      if (udp) this.#ports.set('udp', port)
      return port
    }
  }

  async listenTls(certificate: Certificate): Promise<void> {
    const server = createTlsServer({ ...certificate }, socket => this.#serveStream(socket, 'tls'))
    server.on('tlsClientError', () => undefined)
    server.on('connection', (socket: Socket) => this.#track(socket))
    this.#ports.set('tls', await this.#listen(server))
    this.#closers.push(() => closeServer(server))
  }

  async listenHttps(certificate: Certificate): Promise<void> {
    const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
      // The client may go away at any point.
      this.#serveHttp(request, response).catch(() => response.destroy())
    })
    server.on('connection', (socket: Socket) => this.#track(socket))
    server.on('secureConnection', () => this.connections++)
    server.on('sessionError', () => undefined)
    this.#ports.set('https', await this.#listen(server))
    this.#closers.push(() => closeServer(server))
  }

  upstream(kind: WireKind, host = this.#address): Upstream {
    const port = this.#ports.get(kind)
    if (port === undefined) throw new Error(`this server does not listen on ${kind}`)
    return parseUpstream(
      `${kind}://${host.includes(':') ? `[${host}]` : host}:${port}${kind === 'https' ? '/dns-query' : ''}`,
    )
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#closers.splice(0).map(close => close()))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #listen(server: Server): Promise<number> {
    server.listen(0, this.#address)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket))
  }

  #serveUdp(socket: UdpSocket): void {
    socket.on('message', (bytes, from) => {
      void this.#answer({ ...parseQuery(bytes), via: 'udp' }).then(messages => {
        // Closed in the meantime: the late answer has nowhere to go.
        if (open) for (const message of messages) socket.send(message, from.port, from.address)
      })
    })
    let open = true
    this.#closers.push(async () => {
      open = false
      await new Promise<void>(resolve => socket.close(resolve))
    })
  }

  #serveStream(socket: Socket, via: 'tcp' | 'tls'): void {
    this.connections++
    this.#track(socket)
    let rest = Buffer.alloc(0)
    socket.on('data', chunk => {
      rest = Buffer.concat([rest, chunk])
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0)
        const query = { ...parseQuery(rest.subarray(2, end)), via, stream: socket }
        rest = rest.subarray(end)
        void this.#answer(query).then(messages => {
          for (const message of messages) if (socket.writable) socket.write(frame(message))
        })
      }
    })
  }

  async #serveHttp(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    response.on('error', () => undefined)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const parameter = new URL(request.url, 'https://server').searchParams.get('dns')
    const bytes = parameter === null ? Buffer.concat(chunks) : Buffer.from(parameter, 'base64url')
    const query: ServerQuery = { ...parseQuery(bytes), via: 'https' }
    this.queries.push(query)
    const reply = await this.#handler(query)
    if (reply === undefined || response.destroyed) return
    const { status = 200, headers = {}, body } = isHttpReply(reply) ? reply : { body: toList(reply)[0] }
    response.writeHead(status, { 'content-type': 'application/dns-message', ...headers })
    response.end(body ?? '')
  }

  async #answer(query: ServerQuery): Promise<readonly Uint8Array[]> {
    this.queries.push(query)
    const reply = await this.#handler(query)
    return reply === undefined || isHttpReply(reply) ? [] : toList(reply)
  }
}

const isHttpReply = (reply: NonNullable<Reply>): reply is HttpReply =>
  !Array.isArray(reply) && !(reply instanceof Uint8Array)

const toList = (reply: Uint8Array | readonly Uint8Array[]) => (reply instanceof Uint8Array ? [reply] : reply)

const closeServer = (server: Server) =>
  new Promise<void>(resolve => {
    server.close(() => resolve())
  })
