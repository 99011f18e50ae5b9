import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Certificate } from '../../servers/certificate.js'
import { blackHole } from '../../src/connect/fixtures/servers.js'
import { serverNameOf } from './client-hello.js'

/**
 * `relay`: to the broker that the client names. `refuse`: nobody listens. `blackHole`: nothing is answered any more, not
 * even a SYN. `mute`: connections are taken, and that is all. `wrongName`: TLS with a certificate for another name.
 */
export type EndpointMode = 'relay' | 'refuse' | 'blackHole' | 'mute' | 'wrongName'

export interface Place {
  readonly host: string
  readonly port: number
}

export interface EndpointOptions extends Place {
  /** Where the broker of that name is. */
  readonly brokerAt: (serverName: string) => Place | undefined
  readonly wrong: Certificate
}

/** A provider's endpoint on a loopback address, in front of brokers: it can be moved, killed and black-holed. */
export class Endpoint {
  readonly #options: EndpointOptions
  readonly #live = new Set<Socket>()
  #server: Server | undefined
  #closers: (() => unknown)[] = []
  #mode: EndpointMode = 'refuse'
  #isFrozen = false

  constructor(options: EndpointOptions) {
    this.#options = options
  }

  get address(): string {
    return this.#options.host
  }

  /** Live connections of clients. */
  get connections(): number {
    return this.#live.size
  }

  /** It is so from now on. Live connections are cut; in a black hole they stay open, unless `cutFirst`, and are silent. */
  async become(mode: EndpointMode, { cutFirst = true } = {}): Promise<void> {
    this.#isFrozen = mode === 'blackHole' && !cutFirst
    if (this.#isFrozen) for (const socket of this.#live) socket.pause()
    else this.cut()
    await this.#stopListening()
    this.#mode = mode
    const { host, port } = this.#options
    if (mode === 'blackHole') await blackHole({ teardown: close => this.#closers.push(close) }, host, port)
    else if (mode !== 'refuse') await this.#listen()
  }

  /** Every live connection is reset. */
  cut(): void {
    for (const socket of this.#live) socket.resetAndDestroy()
  }

  async close(): Promise<void> {
    await this.become('refuse')
  }

  async #listen(): Promise<void> {
    const { host, port, wrong } = this.#options
    const impostor = createTlsServer({ ...wrong }).on('tlsClientError', () => undefined)
    impostor.on('secureConnection', socket => socket.on('error', () => undefined))
    this.#server = createServer({ noDelay: true }, client => {
      this.#live.add(client)
      client.on('error', () => undefined).on('close', () => this.#live.delete(client))
      if (this.#mode === 'wrongName') impostor.emit('connection', client)
      else if (this.#mode === 'relay') this.#relay(client)
      else client.resume()
    })
    this.#server.listen(port, host)
    await once(this.#server, 'listening')
  }

  #relay(client: Socket): void {
    let first = Buffer.alloc(0)
    const onData = (chunk: Buffer) => {
      first = Buffer.concat([first, chunk])
      const name = serverNameOf(first)
      if (name === undefined) return
      client.off('data', onData).pause()
      const place = this.#options.brokerAt(name)
      if (place === undefined) client.resetAndDestroy()
      else this.#join(client, connect({ ...place, noDelay: true }), first)
    }
    client.on('data', onData)
  }

  #join(client: Socket, broker: Socket, first: Buffer): void {
    const unlessFrozen = (act: () => unknown) => {
      if (!this.#isFrozen) act()
    }
    broker.write(first)
    client.on('data', chunk => unlessFrozen(() => broker.write(chunk)))
    broker.on('data', chunk => unlessFrozen(() => client.write(chunk)))
    client.resume()
    client.on('close', () => broker.destroy())
    broker.on('error', () => undefined).on('close', () => unlessFrozen(() => client.resetAndDestroy()))
  }

  async #stopListening(): Promise<void> {
    for (const close of this.#closers.splice(0)) await close()
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    // Its connections may live on, so that `close` would not end.
    server.close()
    await new Promise(resolve => setImmediate(resolve))
  }
}
