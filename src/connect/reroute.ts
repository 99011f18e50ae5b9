import { isIP, type LookupFunction, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { toError } from '../../lib/thrown.js'
import { onNextTick } from '../../lib/timers.js'
import { isOwnSocket } from '../../lib/transport/own-socket.js'
import { closed } from './report/connect-errors.js'
import { hostToDial, localAddressOf, plainOptions } from './socket/connect-options.js'
import type { ConnectContext } from './context.js'
import { hostPort } from '../../lib/address/host-port.js'
import { annotate } from './report/describe.js'
import type { Plan } from './plan.js'
import { BrokerConnect } from './socket/broker-connect.js'
import { SocketMonitor } from './socket/socket-monitor.js'
import { refuse } from './target/route.js'

/**
 * Makes a connect that a rule maps: calls the given function (Node's own `connect` of that socket) with arguments in
 * place of the caller's, and follows the socket until it is up or over. Returns and throws what that function does.
 */
type Rerouted = (connect: (args: readonly unknown[]) => unknown) => unknown

/**
 * What becomes of a call of `net.Socket.prototype.connect`. undefined where no rule matches the host and port, or one
 * leaves them to the system: such a call stays Node's own, whatever `unmapped` says. Never throws.
 */
export type Reroute = (socket: Socket, args: readonly unknown[]) => Rerouted | undefined

export function createReroute(context: ConnectContext): Reroute {
  return (socket, args) => {
    const asked = readConnectArguments(args)
    const map = context.currentMap()
    if (asked === undefined || map === undefined) return undefined
    try {
      const plan = context.plans.find(map, asked.host, asked.port)
      if (plan.decision.route.rule === null || plan.outcome === 'system') return undefined
      if (context.isClosed()) return failed(socket, args, asked, closed(hostPort(asked.host, asked.port)))
      if (plan.outcome === 'refuse') return failed(socket, args, asked, refuse(context, plan))
      return routed(context, socket, args, asked, plan)
    } catch (error) {
      // A rule matches but gives no usable target: the broker's own address would be the wrong one.
      const reason = toError(error)
      annotate(reason, 'connect failed', `${hostPort(asked.host, asked.port)} was not dialled`)
      return failed(socket, args, asked, reason)
    }
  }
}

function routed(
  context: ConnectContext,
  socket: Socket,
  args: readonly unknown[],
  { host, port, options }: AskedConnect,
  plan: Plan,
): Rerouted {
  const connection = new BrokerConnect(context, { host, port, localAddress: localAddressOf(options) }, plan)
  const attemptMs = context.settings.connectAttemptMs
  const monitor = new SocketMonitor(context, connection, socket instanceof TLSSocket)
  const optionsFor = (dialledPort: number, lookup: LookupFunction) =>
    changedOptions(options, plainOptions(host, { port: dialledPort, lookup, attemptMs }))
  const lookup = connection.lookupFor(
    () => monitor.isOver(),
    (dialledPort, late) => {
      // The callback waits on the socket since the first call.
      socket.connect(optionsFor(dialledPort, late))
      nameAs(socket, host)
    },
  )
  const led = withConnectOptions(args, optionsFor(connection.port, lookup))
  return connect => {
    let result: unknown
    monitor.follow(() => {
      result = connect(led)
      nameAs(socket, host)
      return socket
    })
    return result
  }
}

/** A connect that fails on a later tick as one does whose name is not found: as an `'error'` event, never as a throw. */
function failed(
  socket: Socket,
  args: readonly unknown[],
  { host, port, options }: AskedConnect,
  error: Error,
): Rerouted {
  const lookup: LookupFunction = (_host, _options, callback) => onNextTick(callback, error, [])
  const changes = plainOptions(host, { port, lookup, attemptMs: 0 })
  const led = withConnectOptions(args, changedOptions(options, changes))
  return connect => {
    const result = connect(led)
    nameAs(socket, host)
    return result
  }
}

/** Node keeps the name that it dialled; tls checks a certificate against it where it was given no other. */
function nameAs(socket: Socket, host: string): void {
  if (hostToDial(host) !== host && isIP(host) !== 0) Reflect.set(socket, '_host', host)
}

/** Where a call of `net.Socket.prototype.connect` leads. */
interface AskedConnect {
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
