import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { parseQuery, respond, type Query } from '../../servers/dns-message.js'

const soa = 'chaos.test. 1 IN SOA ns.chaos.test. admin.chaos.test. 1 1 1 1 1'

/** Short: what moves is to be seen soon. */
export const ttl = 1

/** A nameserver on loopback that can be silent, lie, and be gone and come back under its address. */
export class Nameserver {
  readonly #lookUp: (name: string) => readonly string[]
  #socket: Socket | undefined
  #port = 0
  #lies = 0
  mode: 'answer' | 'silent' | 'lie' = 'answer'

  /** `lookUp` gives a name's IPv4 addresses; none: NXDOMAIN. */
  constructor(lookUp: (name: string) => readonly string[]) {
    this.#lookUp = lookUp
  }

  get url(): string {
    return `udp://127.0.0.1:${this.#port}`
  }

  /** It listens: the first time on a port that is free, then always on that one. */
  async open(): Promise<void> {
    if (this.#socket !== undefined) return
    const socket = createSocket({ type: 'udp4', reuseAddr: true })
    this.#socket = socket
    socket.on('message', (bytes, { port, address }) => {
      const reply = this.#answer(parseQuery(bytes))
      if (reply !== undefined && this.#socket === socket) socket.send(reply, port, address)
    })
    socket.bind(this.#port, '127.0.0.1')
    await once(socket, 'listening')
    this.#port = socket.address().port
  }

  /** Nobody listens there. */
  async close(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket !== undefined) await new Promise<void>(resolve => socket.close(resolve))
  }

  #answer(query: Query): Uint8Array | undefined {
    if (this.mode === 'silent') return undefined
    return this.mode === 'lie' ? this.#lie(query) : this.#truth(query)
  }

  #truth(query: Query): Uint8Array {
    const addresses = this.#lookUp(query.name.toLowerCase())
    if (addresses.length === 0) return respond(query, { rcode: 'NXDOMAIN', authorities: [soa] })
    if (query.type !== 'A') return respond(query, { authorities: [soa] })
    return respond(query, { answers: addresses.map(address => `${query.name}. ${ttl} IN A ${address}`) })
  }

  /** In turn: bytes that are no message, another id, another question, addresses that nobody may or can dial, NXDOMAIN. */
  #lie(query: Query): Uint8Array {
    const a = (address: string) => ({ answers: [`${query.name}. ${ttl} IN A ${address}`] })
    const lies = [
      () => Buffer.from('no message at all'),
      () => respond(query, { id: query.id ^ 1, ...a('127.0.9.9') }),
      () => respond(query, { question: { name: 'other.test', type: 'A' }, ...a('127.0.9.9') }),
      () => respond(query, a('192.0.2.1')),
      () => respond(query, a('127.0.9.9')),
      () => respond(query, { rcode: 'NXDOMAIN', authorities: [soa] }),
    ]
    const lie = lies[this.#lies++ % lies.length]
    return lie === undefined ? Buffer.alloc(0) : lie()
  }
}
