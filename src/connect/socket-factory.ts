import net, { isIP, type LookupFunction, type Socket } from 'node:net'
import tls from 'node:tls'
import { ownSocket } from '../../lib/transport/own-socket.js'
import type { Decision } from '../map/types.js'
import { closed, notAHostName } from './report/connect-errors.js'
import {
  localAddressOf,
  plainOptions,
  tlsOptions,
  tlsSettings,
  type SocketFactoryArgs,
} from './socket/connect-options.js'
import type { ConnectContext } from './context.js'
import { hostPort } from '../../lib/address/host-port.js'
import { annotate, describeUnmapped } from './report/describe.js'
import { Dial, refuse, type Destination } from './socket/dial.js'
import { isHostName } from './host-name.js'
import { createPlans, type Plans } from './target/plan.js'
import { Watch } from './socket/watch.js'

/** kafkajs' `ISocketFactory`. */
export type SocketFactory = (args: SocketFactoryArgs) => Socket

/** As kafkajs' own factory sets it. */
const keepAliveDelayMs = 60_000

/**
 * A socket factory that leads mapped brokers to their targets. It returns a socket at once and never throws: whatever
 * is wrong comes as an `'error'` event on a later tick, with a message that says what the map did, and `code`.
 * @internal
 */
export function createFactory(context: ConnectContext): SocketFactory {
  const plans = createPlans(context.settings)
  return args => {
    try {
      return open(context, plans, args)
    } catch (error) {
      // A bad certificate or port among the user's own options, or a target that is none.
      const reason = error instanceof Error ? error : new Error(String(error))
      annotate(reason, 'connect failed', `${hostPort(args.host, args.port)} was not dialled`)
      return failedSocket(reason)
    }
  }
}

function open(context: ConnectContext, plans: Plans, args: SocketFactoryArgs): Socket {
  const { host, port } = args
  if (context.isClosed()) return failedSocket(closed(hostPort(host, port)))
  const map = context.currentMap()
  if (map === undefined) return dialledSocket(context, new Dial(context, plans, destinationOf(args)), args)
  const decision = map.decide(host, port)
  switch (decision.route.action) {
    case 'map':
      return dialledSocket(context, new Dial(context, plans, destinationOf(args), decision), args)
    case 'refuse':
      return failedSocket(refuse(context, decision))
    case 'system':
      if (map.ruleCount === 0) return kafkajsSocket(args)
      if (isIP(host) === 0 && !isHostName(host)) return failedSocket(notAHostName(host))
      context.observer.unmapped?.(decision)
      return unmappedSocket(args, decision)
  }
}

function destinationOf(args: SocketFactoryArgs): Destination {
  return { host: args.host, port: args.port, localAddress: localAddressOf(tlsSettings(args) ?? {}) }
}

function dialledSocket(context: ConnectContext, dial: Dial, args: SocketFactoryArgs): Socket {
  const ssl = tlsSettings(args)
  const { connectAttemptMs: attemptMs } = context.settings
  const watch = new Watch(context, dial, ssl !== undefined, args.onConnect)
  const optionsFor = (port: number, lookup: LookupFunction) => {
    const dialling = { port, lookup, attemptMs }
    return ssl === undefined ? plainOptions(args.host, dialling) : tlsOptions(args.host, ssl, dialling)
  }
  const lookup = dial.lookupFor(
    () => socket,
    // Once more on the same socket, whose first look-up is never answered: Node reads the port before it looks up.
    (port, late) => void socket.connect({ ...optionsFor(port, late), port }),
  )
  const options = optionsFor(dial.port, lookup)
  const connect = (): Socket =>
    ssl === undefined
      ? net.connect({ ...options, port: dial.port }, watch.onReady)
      : tls.connect(options, watch.onReady)
  const socket = watch.open(connect)
  watch.follow(socket)
  socket.setKeepAlive(true, keepAliveDelayMs)
  return socket
}

/** The very socket that kafkajs' own factory makes. */
function kafkajsSocket(args: SocketFactoryArgs): Socket {
  const { host, port, onConnect } = args
  const ssl = tlsSettings(args)
  const socket =
    ssl === undefined
      ? net.connect({ host, port, ...ownSocket }, onConnect)
      : tls.connect({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl, ...ownSocket }, onConnect)
  socket.setKeepAlive(true, keepAliveDelayMs)
  return socket
}

/** The same, whose error says until it is connected that no rule matched. */
function unmappedSocket(args: SocketFactoryArgs, decision: Decision): Socket {
  const socket = kafkajsSocket(args)
  const onError = (error: Error) => {
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
    annotate(error, `connect ${code} ${hostPort(args.host, args.port)}`, describeUnmapped(decision))
  }
  socket.prependListener('error', onError)
  socket.once(tlsSettings(args) === undefined ? 'connect' : 'secureConnect', () => socket.off('error', onError))
  return socket
}

/** A socket that is never connected and fails on a later tick, when the client listens. */
function failedSocket(error: Error): Socket {
  const socket = new net.Socket()
  process.nextTick(() => socket.destroy(error))
  return socket
}
