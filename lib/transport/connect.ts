import { X509Certificate } from 'node:crypto'
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls'
import { whenNobodyWaits } from '../timers.js'
import { ownSocket } from './own-socket.js'

/** How TLS servers are reached and trusted. */
export interface TlsSettings {
  /** Certificates to trust in place of those that Node trusts. */
  readonly trust: { readonly ca?: string | Buffer | (string | Buffer)[] }
  /** Finds the addresses of a server that is named: not by this client, which could end up asking itself. */
  readonly lookup: LookupFunction
}

/** A TLS server, and what it is to be asked by. */
export interface TlsServer {
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
  /** The name or address that its certificate must hold; `host` where there is no other. */
  readonly identity?: string
  /** In the order of liking; empty: none is offered. */
  readonly protocols: readonly string[]
}

export function openTcp(host: string, port: number): Socket {
  return endingWithWaiters(connectTcp({ host, port, ...ownSocket }))
}

/** Fails (`ECERT`) unless the certificate is trusted and holds the identity. */
export function openTls({ host, port, identity = host, protocols }: TlsServer, settings: TlsSettings): TLSSocket {
  const socket = connectTls({
    host,
    port,
    lookup: settings.lookup,
    ...identityOptions(identity),
    ...settings.trust,
    ...ownSocket,
    ...(protocols.length > 0 ? { ALPNProtocols: [...protocols] } : {}),
    rejectUnauthorized: true,
  })
  return endingWithWaiters(socket)
}

/** A connect that is under way holds the process, for as long as the system tries: it ends with the last who waits. */
function endingWithWaiters<S extends Socket>(socket: S): S {
  const settled = whenNobodyWaits(() => socket.destroy())
  socket.once('connect', settled).once('close', settled)
  return detached(socket)
}

/** The socket, made so that it never holds the process once it is connected: whoever waits for an answer does that. */
export function detached<S extends Socket>(socket: S): S {
  socket.setNoDelay(true)
  socket.unref()
  // Each address that was tried had a handle of its own.
  socket.once('connect', () => socket.unref())
  // Also in the moments when nobody else listens: an 'error' event without a listener is thrown.
  socket.on('error', () => undefined)
  return socket
}

/**
 * Connect options by which the certificate has to name the host. An address is looked for among the certificate's
 * addresses alone, by OpenSSL: Node's own check finds none for an IPv6 one (v22.23.3: it takes it for a name).
 */
function identityOptions(host: string): {
  servername?: string
  checkServerIdentity?: (host: string, certificate: PeerCertificate) => Error | undefined
} {
  if (isIP(host) === 0) return { servername: host.replace(/\.$/, '') }
  return { checkServerIdentity: (_host, certificate) => checkAddress(host, certificate) }
}

function checkAddress(host: string, certificate: PeerCertificate): Error | undefined {
  const [address = host] = host.split('%')
  if (new X509Certificate(certificate.raw).checkIP(address) !== undefined) return undefined
  const error = new Error(
    `${address} is not among the certificate's addresses: ${certificate.subjectaltname ?? 'none'}`,
  )
  return Object.assign(error, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: address, cert: certificate })
}
