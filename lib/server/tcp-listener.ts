import { createServer, type AddressInfo, type Socket } from 'node:net'
import { frameOf, FrameReader } from '../transport/frame-reader.js'
import { startTimer, stopTimer } from '../timers.js'
import type { Answerer, Listener } from './answerer.js'

/** A client that lets so much of its answers lie unread is cut. */
const MAX_UNREAD_OCTETS = 262_144

/** Answers questions over TCP, several at a time on one connection, each as soon as it can (RFC 7766 section 6.2.1.1). */
export function listenTcp(answerer: Answerer, address: string, port: number): Promise<Listener> {
  const connections = new Set<Socket>()
  // A client may end its side after the last question.
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    connections.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => connections.delete(socket))
    new TcpClient(socket, answerer)
  })
  server.maxConnections = answerer.limits.connections
  const close = () => {
    for (const socket of connections) socket.destroy()
    return new Promise<void>(resolve => server.close(() => resolve()))
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      // EMFILE on accept: the connection waits in the backlog.
      server.on('error', () => undefined)
      resolve({ port: (server.address() as AddressInfo).port, close })
    })
  })
}

/** One connection. */
class TcpClient {
  readonly #socket: Socket
  readonly #answerer: Answerer
  readonly #frames = new FrameReader()
  readonly #deadline: NodeJS.Timeout
  #pending = 0
  #hasEnded = false

  constructor(socket: Socket, answerer: Answerer) {
    this.#socket = socket
    this.#answerer = answerer
    // Begins again with each whole question: one octet now and then keeps no connection open.
    this.#deadline = startTimer(() => this.#onDeadline(), answerer.limits.idleMs)
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
    const isAnswered = this.#answerer.answer(packet, 'tcp', reply => this.#respond(reply))
    // Over a stream there is no stranger's forgery: the client is confused.
    if (!isAnswered) this.#socket.destroy()
    else if (this.#pending >= this.#answerer.limits.questionsPerConnection) this.#socket.pause()
  }

  #respond(reply: Buffer | undefined): void {
    this.#pending--
    if (reply !== undefined && this.#socket.writable) this.#socket.write(frameOf(reply))
    if (this.#socket.writableLength > MAX_UNREAD_OCTETS) this.#socket.destroy()
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
