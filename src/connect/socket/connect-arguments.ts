import { isOwnSocket } from '../../../lib/transport/own-socket.js'

/** Where a call of `net.Socket.prototype.connect` leads. */
export interface AskedConnect {
  readonly host: string
  readonly port: number
  /** The caller's own options, never changed; an empty object where host and port were given by position. */
  readonly options: object
}

/**
 * What the arguments of `net.Socket.prototype.connect` ask for, read as Node reads them: positional, an options object,
 * or the array `[options, callback]` that `net.connect` hands on. undefined for what no rule can match: a pipe, a port
 * that is none (Node throws on it), and a socket of this package.
 */
export function readConnectArguments(args: readonly unknown[]): AskedConnect | undefined {
  const [first, second] = args
  if (typeof first !== 'object' || first === null) {
    return askedOf(typeof second === 'string' ? second : undefined, first, positional)
  }
  const options: unknown = isNormalized(first) ? first[0] : first
  if (typeof options !== 'object' || options === null) return undefined
  const { host, port, path } = options as { readonly host?: unknown; readonly port?: unknown; readonly path?: unknown }
  if (isGiven(path) || isOwnSocket(options)) return undefined
  return askedOf(host, port, options)
}

/** The same call with these options in place of the caller's. */
export function withConnectOptions(args: readonly unknown[], options: object): unknown[] {
  const [first, ...rest] = args
  if (typeof first !== 'object' || first === null) {
    const callback = args.at(-1)
    return typeof callback === 'function' ? [options, callback] : [options]
  }
  // With its symbol, which says that it is no array of the caller's.
  return isNormalized(first) ? [Object.assign([], first, { 0: options }), ...rest] : [options, ...rest]
}

/** A copy of the options, getters read once and their prototype kept, with `changes` in place of what they say. */
export function changedOptions<Changes extends object>(options: object, changes: Changes): Changes {
  const own = Object.getOwnPropertyDescriptors({ ...options, ...changes })
  // It has all of the changes, whatever else.
  return Object.create(Object.getPrototypeOf(options) as object | null, own) as Changes
}

const positional: object = Object.freeze({})

/** Node's own array carries a symbol that is private to it. An array of a caller's is an object without a port. */
const isNormalized = (first: object): first is readonly unknown[] =>
  Array.isArray(first) && Object.getOwnPropertySymbols(first).length > 0

/** As Node asks: whatever is true. */
const isGiven = (value: unknown) => Boolean(value)

function askedOf(host: unknown, givenPort: unknown, options: object): AskedConnect | undefined {
  const port = typeof givenPort === 'string' ? Number(givenPort) : givenPort
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined
  if (!isGiven(host)) return { host: 'localhost', port, options }
  return typeof host === 'string' ? { host, port, options } : undefined
}
