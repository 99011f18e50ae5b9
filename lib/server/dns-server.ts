import { isLoopback } from '../address/address.js'
import { Answerer, defaultLimits, type Handler, type ServerLimits } from './answerer.js'
import { listenTcp } from './tcp-listener.js'
import { listenUdp } from './udp-listener.js'

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
  const { address, port, handler, limits } = options
  if (!isLoopback(address)) throw new RangeError(`${address} is no loopback address`)
  const answerer = new Answerer(handler, { ...defaultLimits, ...limits })
  for (let attempt = 1; ; attempt++) {
    const tcp = await listenTcp(answerer, address, port)
    try {
      const udp = await listenUdp(answerer, address, tcp.port)
      let closing: Promise<unknown> | undefined
      return {
        address,
        port: tcp.port,
        get pending() {
          return answerer.pending
        },
        close: async () => {
          closing ??= Promise.all([udp.close(), tcp.close()])
          await closing
        },
      }
    } catch (error) {
      await tcp.close()
      // A free TCP port may be taken for UDP.
      if (port !== 0 || attempt === portAttempts) throw error
    }
  }
}
