import type { TLSSocket } from 'node:tls'
import { withAbort } from '../../cancel.js'
import { defer } from '../../deferred.js'
import { startTimer, stopTimer } from '../../timers.js'
import type { Milliseconds } from '../../units.js'
import type { Response } from '../../wire/response.js'
import type { TlsServer } from '../connect.js'
import { exchangeError, lostError } from '../exchange-error.js'
import { toRequest, toResponse, type HttpClient, type HttpReply, type HttpRequest, type Method } from './http.js'
import { openHttp1 } from './http1.js'
import { Http2Client } from './http2.js'
import type { Connection, ConnectionHooks } from '../stream-connection.js'
import { TransportError, type ExchangeOptions, type Question } from '../transport.js'

/** A new TLS connection costs more than all else, and a front of many clients keeps its own for longer. */
const IDLE_MS: Milliseconds = 10_000

/** What is known of a DoH server, for all its connections. */
export interface HttpsServer {
  readonly label: string
  readonly url: string
  readonly address: TlsServer
  /** How many queries a connection carries at a time, as far as it is known before it is made. */
  capacity: number
  method: Method
}

/** A server of which nothing is known yet. HTTP/2 is preferred (ALPN); one that chooses nothing speaks HTTP/1.1. */
export function httpsServer(
  { label, url }: { readonly label: string; readonly url: string },
  capacity: number,
): HttpsServer {
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const address = { host, port: port === '' ? 443 : Number(port), protocols: ['h2', 'http/1.1'] }
  return { label, url, address, capacity, method: 'POST' }
}

/** A query that was put on a connection which can't carry it: it speaks HTTP/1.1, and that is one at a time. */
export class NoRoomError extends TransportError {
  constructor(server: string) {
    super('EAGAIN', server, 'the connection carries one query at a time')
  }
}

/** A question on its way. */
interface Asking {
  readonly question: Question
  readonly options: ExchangeOptions
  readonly signal: AbortSignal
}

/** A connection to a DoH server (RFC 8484): over HTTP/2 where the server speaks it, else over HTTP/1.1. */
export class HttpsConnection implements Connection {
  readonly #server: HttpsServer
  readonly #socket: TLSSocket
  readonly #hooks: ConnectionHooks
  readonly #ready = defer<undefined>()
  #client: HttpClient | undefined
  #failure: TransportError | undefined
  #pending = 0
  #inFlight = 0
  #received = 0
  #isRetired = false
  #idleTimer: NodeJS.Timeout | undefined

  /** `onReady` is called once it is known how many queries it carries at a time. */
  constructor(server: HttpsServer, socket: TLSSocket, hooks: ConnectionHooks, onReady: (capacity: number) => void) {
    this.#server = server
    this.#socket = socket
    this.#hooks = hooks
    socket.once('secureConnect', () => void this.#open(onReady))
    socket.on('error', error => this.fail(exchangeError(server.label, error)))
    socket.on('close', () => {
      hooks.onClose()
      this.fail(lostError(server.label))
    })
    this.#rest()
  }

  get hasAnswered(): boolean {
    return this.#received > 0
  }

  get hasRoom(): boolean {
    return !this.#isRetired && this.#pending < (this.#client?.capacity ?? this.#server.capacity)
  }

  get isAwaited(): boolean {
    return this.#pending > 0
  }

  async query(question: Question, options: ExchangeOptions): Promise<Response> {
    // Outside the `try`: a question that can't be encoded is no fault of the connection.
    const request = toRequest(this.#server.url, this.#server.method, question, options)
    const receivedBefore = this.#received
    stopTimer(this.#idleTimer)
    this.#pending++
    try {
      return await withAbort(options.signal, signal => this.#ask(request, { question, options, signal }))
    } catch (error) {
      // Nothing at all came since: perhaps nobody is there any more, which only a new connection can find out.
      if (this.#received === receivedBefore && !(error instanceof NoRoomError)) this.#retire()
      throw options.signal.aborted ? error : (this.#failure ?? exchangeError(this.#server.label, error))
    } finally {
      this.#pending--
      this.#rest()
    }
  }

  fail(reason: TransportError): void {
    this.#failure ??= reason
    this.#retire()
    this.#ready.resolve(undefined)
    this.#client?.destroy()
    this.#socket.destroy()
  }

  /** Takes no further queries; ends once those that it has are settled. */
  #retire(): void {
    if (this.#isRetired) return
    this.#isRetired = true
    this.#hooks.onRetire()
    this.#rest()
  }

  /** Ends it when it is of no more use, or has not been used for a while. */
  #rest(): void {
    if (this.#pending > 0) return
    stopTimer(this.#idleTimer)
    if (this.#isRetired) this.#end()
    else this.#idleTimer = startTimer(() => this.#onIdle(), IDLE_MS)
  }

  #onIdle(): void {
    if (this.#pending === 0) this.#retire()
  }

  #end(): void {
    this.#client?.destroy()
    this.#socket.destroy()
  }

  /** Never rejects: it fails instead. */
  async #open(onReady: (capacity: number) => void): Promise<void> {
    const { label, url } = this.#server
    const { origin, host } = new URL(url)
    try {
      const client =
        this.#socket.alpnProtocol === 'h2'
          ? new Http2Client(label, this.#socket, host, {
              onGoAway: () => this.#retire(),
              onCapacity: onReady,
              onBreach: reason => this.fail(reason),
            })
          : await openHttp1(label, this.#socket, origin)
      if (this.#socket.destroyed) client.destroy()
      this.#client = client
      onReady(client.capacity)
      this.#ready.resolve(undefined)
      this.#rest()
    } catch (error) {
      this.fail(exchangeError(label, error))
    }
  }

  async #ask(first: HttpRequest, { question, options, signal }: Asking): Promise<Response> {
    await this.#ready.promise
    signal.throwIfAborted()
    const { label, url } = this.#server
    const reply = await this.#request(first, signal)
    if (reply.status !== 405) return toResponse(label, reply, question)
    // RFC 8484 section 4.1 has servers take both methods; some take one. What works is used from then on.
    const method = first.method === 'POST' ? 'GET' : 'POST'
    const second = await this.#request(toRequest(url, method, question, options), signal)
    if (second.status !== 405) this.#server.method = method
    return toResponse(label, second, question)
  }

  async #request(request: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const client = this.#client
    if (client === undefined || this.#failure !== undefined) throw this.#failure ?? lostError(this.#server.label)
    if (this.#inFlight >= client.capacity) throw new NoRoomError(this.#server.label)
    this.#inFlight++
    try {
      const reply = await client.request(request, signal)
      this.#received++
      return reply
    } finally {
      this.#inFlight--
    }
  }
}
