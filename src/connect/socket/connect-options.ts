import { isIP, type LookupFunction, type TcpNetConnectOpts } from 'node:net'
import tls, { type ConnectionOptions, type PeerCertificate } from 'node:tls'
import { catchRejection, isThenable, toError } from '../../../lib/thrown.js'
import { ownSocket } from '../../../lib/transport/own-socket.js'
import type { Milliseconds } from '../../../lib/units.js'

/** What kafkajs hands to a socket factory: its `ISocketFactoryArgs`, typed here so that no kafkajs is needed to run. */
export interface SocketFactoryArgs {
  readonly host: string
  readonly port: number
  /** kafkajs passes on what its user gave, `true` too. */
  readonly ssl?: ConnectionOptions | boolean | null
  readonly onConnect: () => void
}

/** Where a socket connects to. */
export interface DialOptions {
  readonly port: number
  readonly lookup: LookupFunction
  readonly attemptMs: Milliseconds
}

/**
 * The name that a socket is given to look up. Node calls no `lookup` for an address, so a broker that advertises one
 * gets a name in its place; nothing ever resolves it.
 * @internal
 */
export function hostToDial(host: string): string {
  const bare = withoutBrackets(host)
  return isIP(bare) === 0 ? host : `${bare}.kafka-split-dns.invalid`
}

/**
 * Options for `net.connect`: the broker's name at the port given, found by `lookup` and nothing else.
 * @internal
 */
export function plainOptions(host: string, { port, lookup, attemptMs }: DialOptions): TcpNetConnectOpts {
  return {
    host: hostToDial(host),
    port,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: Math.max(10, attemptMs),
    ...ownSocket,
  }
}

/**
 * Options for `tls.connect`. The user's own (`servername`, `ca`, `checkServerIdentity`, `family`, `localAddress` ...)
 * hold, but for those that would lead the socket elsewhere. The certificate is checked against the broker's name or
 * address, as without a map.
 * @internal
 */
export function tlsOptions(host: string, ssl: ConnectionOptions, dialOptions: DialOptions): ConnectionOptions {
  const sni = host.replace(/\.$/, '')
  const bare = withoutBrackets(host)
  const isLiteral = isIP(bare) !== 0
  const options: ConnectionOptions = {
    ...(isLiteral ? {} : { servername: sni }),
    ...ssl,
    ...plainOptions(host, dialOptions),
  }
  // A pipe's path or a ready socket would pass the map by.
  Reflect.deleteProperty(options, 'path')
  Reflect.deleteProperty(options, 'socket')
  const check = ssl.checkServerIdentity ?? tls.checkServerIdentity
  const isStandIn = isLiteral && !isNonEmpty(ssl.servername)
  if (isStandIn || ssl.checkServerIdentity !== undefined) {
    options.checkServerIdentity = (name, certificate) => checkIdentity(check, isStandIn ? bare : name, certificate)
  }
  return options
}

/** What the user's check says. One that throws fails the connect, and so does one whose answer would come later. */
function checkIdentity(
  check: typeof tls.checkServerIdentity,
  name: string,
  certificate: PeerCertificate,
): Error | undefined {
  try {
    const result: unknown = check(name, certificate)
    if (!isThenable(result)) return result === undefined || result === null ? undefined : toError(result)
    catchRejection(result)
    return new Error('checkServerIdentity returned a promise, but Node takes its answer at once')
  } catch (error) {
    return toError(error)
  }
}

/**
 * The address that a socket of these options is bound to. `tls.connect` takes it too, though its types do not say so.
 * @internal
 */
export const localAddressOf = (options: object): unknown =>
  'localAddress' in options ? options.localAddress : undefined

/**
 * The user's TLS options; undefined for a plain connection.
 * @internal
 */
export function tlsSettings({ ssl }: SocketFactoryArgs): ConnectionOptions | undefined {
  if (ssl === undefined || ssl === null || ssl === false) return undefined
  return ssl === true ? {} : ssl
}

const withoutBrackets = (host: string) => (host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host)

const isNonEmpty = (text: string | undefined) => text !== undefined && text !== ''
