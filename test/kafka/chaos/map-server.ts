import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Serves a map at a URL, until it doesn't. */
export class MapServer {
  readonly #server: Server
  mode: 'map' | 'error' | 'garbage' = 'map'
  #map = ''
  /** How often it was asked. */
  asked = 0

  constructor() {
    this.#server = createServer((_request, response) => {
      this.asked++
      if (this.mode === 'map') response.end(this.#map)
      else if (this.mode === 'garbage') response.end('rules: [ {{{ \u0000')
      else response.writeHead(500).end('no')
    })
  }

  async open(map: string): Promise<string> {
    this.#map = map
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    // Listening, so it has one.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/map.yaml`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
