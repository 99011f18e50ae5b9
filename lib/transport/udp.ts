import { randomInt } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import { onNextTick } from '../timers.js'
import { encodeQuery } from '../wire/query.js'
import { parseResponse, type Expected, type Response } from '../wire/response.js'
import { WireError } from '../wire/wire-error.js'
import { closedError, exchangeError } from './exchange-error.js'
import { literalLookup } from './literal-lookup.js'
import { Semaphore } from './semaphore.js'
import { ID_LIMIT } from './stream-connection.js'
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
  readonly #semaphore = new Map<string, Semaphore>()
  readonly #open = new Set<UdpQuery>()
  #isClosed = false

  /** Resolves with the first packet that answers the question, possibly truncated; others are ignored. */
  exchange(upstream: AddressUpstream, question: Question, options: ExchangeOptions): Promise<Response> {
    return new Promise((resolve, reject) => {
      const query = new UdpQuery(upstream, question, options, resolve, reject)
      if (this.#isClosed) query.fail(closedError(upstream.label))
      else query.begin(this.#semaphoreOf(upstream.label), this.#open)
    })
  }

  close(): void {
    this.#isClosed = true
    // The latest first: they are the ones that still wait for room, so that none is started on the way.
    for (const query of [...this.#open].reverse()) query.fail(closedError(query.upstream.label))
  }

  #semaphoreOf(server: string): Semaphore {
    let semaphore = this.#semaphore.get(server)
    if (semaphore === undefined) this.#semaphore.set(server, (semaphore = new Semaphore(MAX_IN_FLIGHT)))
    return semaphore
  }
}

/** One query: waits for room, sends, and settles its promise once. */
class UdpQuery {
  readonly upstream: AddressUpstream
  readonly #question: Question
  readonly #options: ExchangeOptions
  readonly #resolve: (response: Response) => void
  readonly #reject: (reason: unknown) => void
  #socket: Socket | undefined
  #semaphore: Semaphore | undefined
  #open: Set<UdpQuery> | undefined

  constructor(
    upstream: AddressUpstream,
    question: Question,
    options: ExchangeOptions,
    resolve: (response: Response) => void,
    reject: (reason: unknown) => void,
  ) {
    this.upstream = upstream
    this.#question = question
    this.#options = options
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(semaphore: Semaphore, open: Set<UdpQuery>): void {
    const { signal } = this.#options
    if (signal.aborted) {
      this.#reject(signal.reason)
      return
    }
    this.#semaphore = semaphore
    this.#open = open
    open.add(this)
    signal.addEventListener('abort', this.#onAbort)
    semaphore.acquire(this.#start)
  }

  fail(reason: unknown): void {
    this.#finish()
    this.#reject(reason)
  }

  readonly #start = () => {
    try {
      const expected = { id: randomInt(ID_LIMIT), question: this.#question }
      this.#send(encodeQuery(this.#question, { id: expected.id, edns: this.#options.edns }), expected)
    } catch (error) {
      this.#onError(error)
    }
  }

  readonly #onAbort = () => this.fail(this.#options.signal.reason)

  readonly #onError = (error: unknown) => this.fail(exchangeError(this.upstream.label, error))

  #send(query: Buffer, expected: Expected): void {
    const { address, port } = this.upstream
    const socket = createSocket({ type: isIP(address) === 6 ? 'udp6' : 'udp4', lookup: literalLookup })
    this.#socket = socket
    // Whoever waits for the answer holds the process: a late one is waited for by nobody.
    socket.unref()
    socket.on('error', this.#onError)
    socket.on('message', packet => this.#onMessage(packet, expected))
    // The kernel then drops what comes from elsewhere and reports a closed port.
    socket.connect(port, address)
    try {
      socket.send(query)
    } catch (error) {
      // Not connected: the 'error' event that says why comes on the next tick, ahead of this.
      onNextTick(this.#onError, error)
    }
  }

  #onMessage(packet: Buffer, expected: Expected): void {
    if (this.#socket === undefined) return
    let response: Response
    try {
      response = parseResponse(packet, expected)
    } catch (error) {
      // Perhaps a forger's guess: the server's own answer may still come (RFC 5452 section 9.1).
      if (error instanceof WireError && error.fault === 'mismatch') return
      this.#onError(error)
      return
    }
    this.#finish()
    this.#resolve(response)
  }

  #finish(): void {
    const semaphore = this.#semaphore
    if (semaphore === undefined) return
    this.#semaphore = undefined
    this.#open?.delete(this)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    const socket = this.#socket
    this.#socket = undefined
    // Its listeners stay: they do nothing any more, and one for 'error' is what keeps a late error from being thrown.
    socket?.close()
    if (!semaphore.cancel(this.#start)) semaphore.release()
  }
}
