import type { Socket } from 'node:dgram'
import { openUdp } from '../transport/udp.js'
import type { Answerer } from './answerer.js'
import type { ReceivedQuery } from './read-query.js'
import { truncatedReply, udpLimit } from './reply.js'

// Room for a burst while the event loop is busy: Linux counts some 800 octets for a small packet. What the system allows
// is less on most (net.core.rmem_max), and is what we get then.
const RECEIVE_BUFFER_OCTETS = 4_194_304

/** Answers questions over UDP. */
export class UdpListener {
  readonly #answerer: Answerer
  #socket: Socket | undefined

  constructor(answerer: Answerer) {
    this.#answerer = answerer
  }

  listen(address: string, port: number): Promise<void> {
    const socket = openUdp(address, { recvBufferSize: RECEIVE_BUFFER_OCTETS })
    socket.on('message', (packet, from) => this.#onMessage(packet, from.port, from.address))
    return new Promise((resolve, reject) => {
      socket.once('error', error => {
        socket.close()
        reject(error)
      })
      socket.bind(port, address, () => {
        this.#socket = socket
        socket.removeAllListeners('error')
        // A client that has closed its port: nobody waits for that answer.
        socket.on('error', () => undefined)
        resolve()
      })
    })
  }

  close(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    return socket === undefined ? Promise.resolve() : new Promise(resolve => socket.close(resolve))
  }

  #onMessage(packet: Buffer, port: number, address: string): void {
    const reply = (message: Buffer, query?: ReceivedQuery) => {
      const isTooLong = query !== undefined && message.length > udpLimit(query)
      this.#socket?.send(isTooLong ? truncatedReply(query) : message, port, address)
    }
    this.#answerer.answer(packet, 'udp', reply, nothing)
  }
}

const nothing = () => undefined
