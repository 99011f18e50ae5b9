import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { ownSocket } from '../../../lib/transport/own-socket.js'

/** What undici asks of a connector, as far as it is used here. */
export interface ConnectTo {
  readonly hostname: string
  readonly protocol: string
  readonly port: string
}

/** Trust for `https://` beside Node's own (NODE_EXTRA_CA_CERTS adds to that). */
export interface TlsTrust {
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
}

/**
 * A connector that can be closed while it is connecting (undici's own leaves such a socket behind) and whose socket
 * never holds the event loop open once it is connected. The name is resolved by the system, whatever the map says.
 */
export class Connector {
  readonly #trust: TlsTrust
  readonly #onConnected: () => void
  #socket: Socket | undefined

  constructor(trust: TlsTrust, onConnected: () => void) {
    this.#trust = trust
    this.#onConnected = onConnected
  }

  /** For undici's `connect` option. Calls back once, never synchronously. */
  readonly connect = (to: ConnectTo, done: (...result: [null, Socket] | [Error, null]) => void): void => {
    const socket = this.#open(to)
    this.#socket = socket
    socket.unref()
    socket.setNoDelay(true)
    socket.on('error', () => undefined) // also in the moments when nobody else listens
    const fail = (error: Error) => done(error, null)
    const close = () => done(new Error('closed while connecting'), null)
    socket.once('error', fail).once('close', close)
    socket.once(to.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      socket.off('error', fail).off('close', close)
      socket.unref() // each address that was tried had a handle of its own
      this.#onConnected()
      done(null, socket)
    })
  }

  /** The socket is destroyed. */
  close(): void {
    this.#socket?.destroy()
  }

  #open({ hostname, protocol, port }: ConnectTo): Socket {
    const host = hostname.replace(/^\[(.*)\]$/, '$1')
    if (protocol !== 'https:') return connectTcp({ host, port: Number(port === '' ? 80 : port), ...ownSocket })
    const { ca } = this.#trust
    return connectTls({
      ...ownSocket,
      host,
      port: Number(port === '' ? 443 : port),
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
      ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
    })
  }
}
