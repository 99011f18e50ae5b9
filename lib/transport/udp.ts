import { randomInt } from 'node:crypto'
import type { Socket } from 'node:dgram'
import type { CancelSignal } from '../cancel.js'
import { onNextTick } from '../timers.js'
import { encodeQuery, ID_LIMIT } from '../wire/query.js'
import { parseResponse, type Expected, type Response } from '../wire/response.js'
import { WireError } from '../wire/wire-error.js'
import { openUdp } from './connect.js'
import { closedError, exchangeError } from './exchange-error.js'
import { Semaphore } from './semaphore.js'
import type { ExchangeOptions, Question } from './transport.js'

/** A server that is reached at an address. */
export interface AddressUpstream {
  readonly label: string
  readonly address: string
  readonly port: number
}

/**
 * How many queries to one server are in flight at a time. A burst of more overruns its receive buffer: Linux keeps
 * 212,992 octets a socket (net.core.rmem_default) and counts some 1,280 for each small packet, so room for 166.
 */
const MAX_IN_FLIGHT = 100

/** Asks over UDP, each query from a fresh socket with a random port and id (RFC 5452), connected to the server. */
export class UdpTransport {
  // One for each server, so that a silent one holds up no other. As many as the configuration has ever named.
  readonly #semaphores = new Map<string, Semaphore>()
  readonly #open = new Set<UdpQuery>()
  #isClosed = false

  /** Resolves with the first packet that answers the question, possibly truncated; others are ignored. */
  exchange(upstream: AddressUpstream, question: Question, { edns, signal }: ExchangeOptions): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw closedError(upstream.label)
      signal.throwIfAborted()
      let semaphore = this.#semaphores.get(upstream.label)
      if (semaphore === undefined) this.#semaphores.set(upstream.label, (semaphore = new Semaphore(MAX_IN_FLIGHT)))
      new UdpQuery({ upstream, question, edns, signal, semaphore, open: this.#open, resolve, reject }).begin()
    })
  }

  close(): void {
    this.#isClosed = true
    // The latest first: they are the ones that still wait for room, so that none is started on the way.
    for (const query of [...this.#open].reverse()) query.close()
  }
}

interface UdpQueryOptions {
  readonly upstream: AddressUpstream
  readonly question: Question
  readonly edns: boolean
  readonly signal: CancelSignal
  readonly semaphore: Semaphore
  /** It leaves this set when it is over. */
  readonly open: Set<UdpQuery>
  readonly resolve: (response: Response) => void
  readonly reject: (reason: unknown) => void
}

/** One query: waits for room, sends, and settles its promise once. */
class UdpQuery {
  readonly #options: UdpQueryOptions
  #socket: Socket | undefined
  #isOver = false

  constructor(options: UdpQueryOptions) {
    this.#options = options
  }

  begin(): void {
    const { signal, semaphore, open } = this.#options
    open.add(this)
    signal.addEventListener('abort', this.#onAbort)
    semaphore.acquire(this.#start)
  }

  close(): void {
    this.#fail(closedError(this.#options.upstream.label))
  }

  readonly #onAbort = () => this.#fail(this.#options.signal.reason)

  readonly #onError = (error: unknown) => this.#fail(exchangeError(this.#options.upstream.label, error))

  readonly #start = () => {
    const { upstream, question, edns } = this.#options
    try {
      const id = randomInt(ID_LIMIT)
      const query = encodeQuery(question, { id, edns })
      const socket = openUdp(upstream.address)
      this.#socket = socket
      // Whoever waits for the answer holds the process: a late one is waited for by nobody.
      socket.unref()
      socket.on('error', this.#onError)
      socket.on('message', packet => this.#onMessage(packet, { id, question }))
      // The kernel then drops what comes from elsewhere and reports a closed port.
      socket.connect(upstream.port, upstream.address)
      try {
        socket.send(query)
      } catch (error) {
        // Not connected: the 'error' event that says why comes on the next tick, ahead of this.
        onNextTick(this.#onError, error)
      }
    } catch (error) {
      this.#onError(error)
    }
  }

  #onMessage(packet: Buffer, expected: Expected): void {
    if (this.#isOver) return
    try {
      const response = parseResponse(packet, expected)
      this.#finish()
      this.#options.resolve(response)
    } catch (error) {
      // Perhaps a forger's guess: the server's own answer may still come (RFC 5452 section 9.1).
      if (!(error instanceof WireError) || error.fault !== 'mismatch') this.#onError(error)
    }
  }

  #fail(reason: unknown): void {
    this.#finish()
    this.#options.reject(reason)
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { signal, semaphore, open } = this.#options
    open.delete(this)
    signal.removeEventListener('abort', this.#onAbort)
    // Its listeners stay: they do nothing any more, and one for 'error' is what keeps a late error from being thrown.
    this.#socket?.close()
    if (!semaphore.cancel(this.#start)) semaphore.release()
  }
}
