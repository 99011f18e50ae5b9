import type { SocketFactory } from './connect/socket-factory.js'
import { createSplitDns, type SplitDns, type SplitDnsOptions } from './split-dns.js'

/** A socket factory that knows the `SplitDns` it belongs to. */
export interface SplitDnsSocketFactory extends SocketFactory {
  readonly splitDns: SplitDns
}

// Symbol.for: an ESM and a CommonJS copy of this package in one process share the one that has no options.
const sharedKey = Symbol.for('kafka-split-dns.shared-factory')

interface SharedPlace {
  [sharedKey]?: SplitDnsSocketFactory
}

/**
 * A factory for kafkajs. Without options all callers of the process share one, made from the environment; once its
 * `SplitDns` is closed the next call makes a new one. With options each call makes its own. Throws `ConfigError`.
 */
export function createSocketFactory(options?: SplitDnsOptions): SplitDnsSocketFactory {
  if (options !== undefined) return makeFactory(options)
  const place: object & SharedPlace = globalThis
  const known = place[sharedKey]
  if (known !== undefined && !known.splitDns.isClosed) return known
  const made = makeFactory({})
  Object.defineProperty(place, sharedKey, { value: made, configurable: true, writable: true })
  return made
}

function makeFactory(options: SplitDnsOptions): SplitDnsSocketFactory {
  const splitDns = createSplitDns(options)
  const factory: SocketFactory = args => splitDns.socketFactory(args)
  return Object.assign(factory, { splitDns })
}
