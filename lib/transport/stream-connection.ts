import { randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { encodeQuery, ID_LIMIT } from '../wire/query.js'
import { parseUntruncated, type Response } from '../wire/response.js'
import type { Milliseconds } from '../units.js'
import { exchangeError, lostError } from './exchange-error.js'
import { frameOf, FrameReader } from './frame-reader.js'
import { TransportError, type ExchangeOptions, type Question } from './transport.js'

/**
 * How long an idle connection is kept. Over TCP just long enough for a chain's next question, since some servers give
 * up a process for each (dnsmasq), or serve nobody else meanwhile (dnsmasq --no-daemon); a TLS handshake costs more.
 */
const IDLE_MS: Readonly<Record<ReadyEvent, Milliseconds>> = { connect: 100, secureConnect: 2000 }
/**
 * How many queries a connection carries at a time. Over TLS dnsdist 1.7 reads no second one that came beside the first,
 * and closes the connection seconds later.
 */
const MAX_IN_FLIGHT: Readonly<Record<ReadyEvent, number>> = { connect: 16, secureConnect: 1 }
/** How many queries a connection carries in all: dnsmasq closes it after 100. */
const MAX_QUERIES = 64

/** A connection that carries queries to one server. It retires itself when it is done for; then it takes no more. */
export interface Connection {
  /** True once an answer came: the server is one that answers, should it close the connection later. */
  readonly hasAnswered: boolean
  /** True if it can take another query now. */
  readonly hasRoom: boolean
  /** True while someone waits for an answer. */
  readonly isAwaited: boolean
  query(question: Question, options: ExchangeOptions): Promise<Response>
  /** Ends at once; what is pending is rejected with the reason. */
  fail(reason: TransportError): void
}

/** What a connection reports to the one who made it; each once. */
export interface ConnectionHooks {
  /** It takes no further queries. */
  readonly onRetire: () => void
  /** Its socket is closed. */
  readonly onClose: () => void
}

/** When queries may be written: over TLS once the certificate was found good. */
export type ReadyEvent = 'connect' | 'secureConnect'

/** A query that was put on a connection. */
interface Pending {
  readonly question: Question
  readonly resolve: (response: Response) => void
  readonly reject: (reason: unknown) => void
  readonly options: ExchangeOptions
  readonly onAbort: () => void
  /** How many messages had come when it was sent. */
  readonly receivedBefore: number
}

/**
 * A connection over TCP or TLS that carries many queries at a time, answered in any order (RFC 7766 section 6.2.1.1).
 * Idle, it ends soon.
 */
export class StreamConnection implements Connection {
  readonly #server: string
  readonly #socket: Socket
  readonly #hooks: ConnectionHooks
  readonly #idleMs: Milliseconds
  readonly #maxInFlight: number
  readonly #frames = new FrameReader()
  readonly #pending = new Map<number, Pending>()
  /** Ids whose waiters have gone: an answer to one may still come, and is dropped. */
  readonly #abandoned = new Set<number>()
  #unsent: Buffer[] | undefined = []
  #sent = 0
  #received = 0
  #isRetired = false

  constructor(server: string, socket: Socket, readyEvent: ReadyEvent, hooks: ConnectionHooks) {
    this.#server = server
    this.#socket = socket
    this.#hooks = hooks
    this.#idleMs = IDLE_MS[readyEvent]
    this.#maxInFlight = MAX_IN_FLIGHT[readyEvent]
    socket.on('timeout', () => this.#retire())
    socket.once(readyEvent, () => this.#sendUnsent())
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('error', error => this.fail(exchangeError(server, error)))
    for (const event of ['end', 'close']) socket.on(event, () => this.fail(lostError(server)))
    socket.on('close', hooks.onClose)
    this.#watchIdle()
  }

  get hasAnswered(): boolean {
    return this.#received > 0
  }

  get isAwaited(): boolean {
    return this.#pending.size > 0
  }

  get hasRoom(): boolean {
    return !this.#isRetired && this.#pending.size + this.#abandoned.size < this.#maxInFlight
  }

  query(question: Question, options: ExchangeOptions): Promise<Response> {
    return new Promise((resolve, reject) => {
      // Perhaps since it got its turn: a listener on an aborted signal is never called.
      options.signal.throwIfAborted()
      const id = this.#freeId()
      const message = encodeQuery(question, { id, edns: options.edns })
      const onAbort = () => this.#abandon(id)
      const receivedBefore = this.#received
      this.#pending.set(id, { question, resolve, reject, options, onAbort, receivedBefore })
      options.signal.addEventListener('abort', onAbort)
      this.#watchIdle()
      this.#send(message)
      if (++this.#sent === MAX_QUERIES) this.#retire()
    })
  }

  fail(reason: TransportError): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(reason)
    this.#retire()
  }

  /** Takes no further queries; ends once those that it has are settled. */
  #retire(): void {
    if (!this.#isRetired) {
      this.#isRetired = true
      this.#hooks.onRetire()
    }
    if (this.#pending.size === 0) this.#socket.destroy()
  }

  #freeId(): number {
    let id = randomInt(ID_LIMIT)
    while (this.#pending.has(id) || this.#abandoned.has(id)) id = randomInt(ID_LIMIT)
    return id
  }

  #send(message: Buffer): void {
    const frame = frameOf(message)
    if (this.#unsent === undefined) this.#socket.write(frame)
    else this.#unsent.push(frame)
  }

  #sendUnsent(): void {
    if (this.#unsent !== undefined && this.#unsent.length > 0) this.#socket.write(Buffer.concat(this.#unsent))
    this.#unsent = undefined
    this.#watchIdle()
  }

  /** Set again each time: data that comes after Node's timer has fired does not restart it. */
  #watchIdle(): void {
    this.#socket.setTimeout(this.#pending.size === 0 ? this.#idleMs : 0)
  }

  #onData(chunk: Buffer): void {
    this.#frames.push(chunk, message => {
      this.#onMessage(message)
      // One that has failed reads no further, however much the server has sent.
      return !this.#socket.destroyed
    })
  }

  #onMessage(message: Buffer): void {
    this.#received++
    const id = message.length < 2 ? -1 : message.readUInt16BE(0)
    if (this.#abandoned.delete(id)) return
    const pending = this.#settle(id)
    if (pending === undefined) {
      // Nobody else can put a message into a stream: the server itself is at fault.
      this.fail(new TransportError('EBADRESP', this.#server, 'a message that answers no query'))
      return
    }
    try {
      pending.resolve(parseUntruncated(message, { id, question: pending.question }))
      if (this.#isRetired) this.#retire()
    } catch (error) {
      pending.reject(exchangeError(this.#server, error))
      this.#retire()
    }
  }

  #abandon(id: number): void {
    const pending = this.#settle(id)
    if (pending === undefined) return
    this.#abandoned.add(id)
    pending.reject(pending.options.signal.reason)
    // Nothing at all came since: perhaps nobody is there any more, which only a new connection can find out.
    if (this.#isRetired || pending.receivedBefore === this.#received) this.#retire()
  }

  /** The query of this id, no longer pending. */
  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    pending.options.signal.removeEventListener('abort', pending.onAbort)
    this.#watchIdle()
    return pending
  }
}
