import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { frameOf, FrameReader } from '../transport/frame-reader.js'
import { startTimer, stopTimer } from '../timers.js'
import type { Answerer } from './answerer.js'
import type { ServerLimits } from './limits.js'

/** A client that lets so much of its answers lie unread is cut. */
const MAX_UNREAD_OCTETS = 262_144

/** Answers questions over TCP, several at a time on one connection, each as soon as it can (RFC 7766 section 6.2.1.1). */
export class TcpListener {
  readonly #answerer: Answerer
  readonly #limits: ServerLimits
  readonly #server: Server
  readonly #connections = new Set<Socket>()

  constructor(answerer: Answerer, limits: ServerLimits) {
    this.#answerer = answerer
    this.#limits = limits
    // A client may end its side after the last question.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, socket => this.#accept(socket))
    this.#server.maxConnections = limits.connections
  }

  listen(address: string, port: number): Promise<number> {
    const server = this.#server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, address, () => {
        server.off('error', reject)
        // EMFILE on accept: the connection waits in the backlog.
        server.on('error', () => undefined)
        resolve((server.address() as AddressInfo).port)
      })
    })
  }

  close(): Promise<void> {
    for (const socket of this.#connections) socket.destroy()
    return new Promise(resolve => {
      this.#server.close(() => resolve())
    })
  }

  #accept(socket: Socket): void {
    this.#connections.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#connections.delete(socket))
    new TcpClient(socket, this.#answerer, this.#limits)
  }
}

/** One connection. */
class TcpClient {
  readonly #socket: Socket
  readonly #answerer: Answerer
  readonly #limits: ServerLimits
  readonly #frames = new FrameReader()
  readonly #deadline: NodeJS.Timeout
  #pending = 0
  #hasEnded = false

  constructor(socket: Socket, answerer: Answerer, limits: ServerLimits) {
    this.#socket = socket
    this.#answerer = answerer
    this.#limits = limits
    // Begins again with each whole question: one octet now and then keeps no connection open.
    this.#deadline = startTimer(() => this.#onDeadline(), limits.idleMs)
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => {
      this.#hasEnded = true
      this.#endIfDone()
    })
    socket.on('close', () => stopTimer(this.#deadline))
  }

  #onData(chunk: Buffer): void {
    this.#frames.push(chunk, message => {
      this.#deadline.refresh()
      // The reader's bytes are good during the call only.
      this.#onMessage(Buffer.from(message))
      return !this.#socket.destroyed
    })
  }

  #onMessage(packet: Buffer): void {
    this.#pending++
    const isAnswered = this.#answerer.answer(
      packet,
      'tcp',
      message => this.#send(message),
      () => this.#done(),
    )
    if (!isAnswered) {
      // Over a stream there is no stranger's forgery: the client is confused.
      this.#socket.destroy()
      return
    }
    if (this.#pending >= this.#limits.questionsPerConnection) this.#socket.pause()
  }

  #send(message: Buffer): void {
    if (!this.#socket.writable) return
    this.#socket.write(frameOf(message))
    if (this.#socket.writableLength > MAX_UNREAD_OCTETS) this.#socket.destroy()
  }

  #done(): void {
    this.#pending--
    if (this.#socket.isPaused()) this.#socket.resume()
    this.#endIfDone()
  }

  #endIfDone(): void {
    if (this.#hasEnded && this.#pending === 0) this.#socket.end()
  }

  #onDeadline(): void {
    if (this.#socket.destroyed) return
    // An answer that is still to come is waited for: each has a limit of its own.
    if (this.#pending > 0) this.#deadline.refresh()
    else this.#socket.destroy()
  }
}
