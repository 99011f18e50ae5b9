import { isLoopback } from '../address/address.js'
import { Answerer, type Handler } from './answerer.js'
import { defaultLimits, type ServerLimits } from './limits.js'
import { TcpListener } from './tcp-listener.js'
import { UdpListener } from './udp-listener.js'

export interface DnsServerOptions {
  /** A loopback address: a question is never answered to another host. */
  readonly address: string
  /** 0: any free port, the same for UDP and TCP. */
  readonly port: number
  readonly handler: Handler
  readonly limits?: Partial<ServerLimits>
}

export interface DnsServer {
  readonly address: string
  readonly port: number
  /** Questions that wait for an answer now. */
  readonly pending: number
  /** Stops listening; what waits for an answer gets none. Idempotent. */
  close(): Promise<void>
}

const portAttempts = 20

/** Starts a server. Rejects with the system's error where it can't listen (`EACCES`, `EADDRINUSE`). */
export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { address, port } = options
  if (!isLoopback(address)) throw new RangeError(`${address} is no loopback address`)
  const limits = { ...defaultLimits, ...options.limits }
  for (let attempt = 1; ; attempt++) {
    const answerer = new Answerer(options.handler, limits.questions)
    const tcp = new TcpListener(answerer, limits)
    const boundPort = await tcp.listen(address, port)
    const udp = new UdpListener(answerer)
    try {
      await udp.listen(address, boundPort)
      return new RunningServer(address, boundPort, answerer, [udp, tcp])
    } catch (error) {
      await tcp.close()
      // A free TCP port may be taken for UDP.
      if (port !== 0 || attempt === portAttempts) throw error
    }
  }
}

class RunningServer implements DnsServer {
  readonly address: string
  readonly port: number
  readonly #answerer: Answerer
  readonly #listeners: readonly { close(): Promise<void> }[]

  constructor(address: string, port: number, answerer: Answerer, listeners: readonly { close(): Promise<void> }[]) {
    this.address = address
    this.port = port
    this.#answerer = answerer
    this.#listeners = listeners
  }

  get pending(): number {
    return this.#answerer.pending
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map(listener => listener.close()))
  }
}
