import { failedSocket, type SocketFactory } from './connect/socket-factory.js'
import { blameCaller } from './errors.js'
import { createLog } from './observe/log.js'
import { createSplitDns, type SplitDns, type SplitDnsOptions } from './split-dns.js'
import { toError } from '../lib/thrown.js'

/** A socket factory that knows the `SplitDns` it belongs to. */
export interface SplitDnsSocketFactory extends SocketFactory {
  /** Without options it is made when this is read first. Throws `ConfigError` then. */
  readonly splitDns: SplitDns
}

/** The factory without options, and whether it has been closed. */
interface Shared {
  readonly factory: SplitDnsSocketFactory
  readonly isClosed: () => boolean
}

// Symbol.for: an ESM and a CommonJS copy of this package in one process share the factory that has no options. The number is
// the package's major version: copies of another one know nothing of this shape.
const sharedKey = Symbol.for('kafka-split-dns.shared-factory.0')

/**
 * A factory for kafkajs. With options each call makes its own: throws `ConfigError`. Without options all callers of the
 * process share one, until it is closed. It reads the environment at its first connect, so that variables count that are
 * set after the imports (dotenv, NestJS' ConfigModule); a fault then fails the connects and is logged.
 */
export function createSocketFactory(options?: SplitDnsOptions): SplitDnsSocketFactory {
  if (options !== undefined) return blameCaller(createSocketFactory, () => ownFactory(options))
  const place: object & { [sharedKey]?: Shared } = globalThis
  const known = place[sharedKey]
  if (known !== undefined && !known.isClosed()) return known.factory
  const made = sharedFactory()
  Object.defineProperty(place, sharedKey, { value: made, configurable: true, writable: true })
  return made.factory
}

function ownFactory(options: SplitDnsOptions): SplitDnsSocketFactory {
  const splitDns = createSplitDns(options)
  const factory: SocketFactory = args => splitDns.socketFactory(args)
  return Object.assign(factory, { splitDns })
}

function sharedFactory(): Shared {
  let made: SplitDns | undefined
  const splitDns = () => (made ??= createSplitDns())
  const log = createLog(undefined)
  const factory: SocketFactory = args => {
    try {
      return splitDns().socketFactory(args)
    } catch (error) {
      const fault = toError(error)
      log.error(fault.message)
      return failedSocket(fault)
    }
  }
  Object.defineProperty(factory, 'splitDns', { get: splitDns, enumerable: true })
  // The property has just been defined.
  return { factory: factory as SplitDnsSocketFactory, isClosed: () => made?.isClosed === true }
}
