import net, { isIP, type LookupFunction, type Socket } from 'node:net'
import tls from 'node:tls'
import { codeOf, toError } from '../../lib/thrown.js'
import { onNextTick } from '../../lib/timers.js'
import { ownSocket } from '../../lib/transport/own-socket.js'
import {
  localAddressOf,
  plainOptions,
  tlsOptions,
  tlsSettings,
  type SocketFactoryArgs,
} from './socket/connect-options.js'
import type { ConnectContext } from './context.js'
import { hostPort } from '../../lib/address/host-port.js'
import { annotate, describeUnmapped, isFromNode } from './report/describe.js'
import type { Plan } from './plan.js'
import { BrokerConnect } from './socket/broker-connect.js'
import { SocketMonitor } from './socket/socket-monitor.js'
import { route } from './target/route.js'

/** kafkajs' `ISocketFactory`. */
export type SocketFactory = (args: SocketFactoryArgs) => Socket

/** As kafkajs' own factory sets it. */
const keepAliveDelayMs = 60_000

/**
 * A socket factory that leads mapped brokers to their targets. It returns a socket at once and never throws where a
 * map is in force: whatever is wrong comes as an `'error'` event on a later tick, with a message that says what the map did, and `code`.
 * @internal
 */
export function createFactory(context: ConnectContext): SocketFactory {
  return args => {
    try {
      const plan = route(context, args.host, args.port)
      if (plan?.outcome !== 'system') {
        return dialledSocket(context, args, plan)
      }
      if (plan.hasRules || plan.whyNoRules !== undefined) return unmappedSocket(context, args, plan)
    } catch (error) {
      // A bad certificate or port among the user's own options, or a target that is none.
      const reason = toError(error)
      annotate(reason, 'connect failed', `${hostPort(args.host, args.port)} was not dialled`)
      return failedSocket(reason)
    }
    // What Node throws here is thrown on: without a map all is as with kafkajs' own factory.
    return kafkajsSocket(args)
  }
}

function dialledSocket(context: ConnectContext, args: SocketFactoryArgs, plan: Plan | undefined): Socket {
  const ssl = tlsSettings(args)
  const { host, port: asked } = args
  const destination = { host, port: asked, localAddress: ssl && localAddressOf(ssl) }
  const connection = new BrokerConnect(context, destination, plan)
  const { connectAttemptMs: attemptMs } = context.settings
  const monitor = new SocketMonitor(context, connection, ssl !== undefined, args.onConnect)
  const optionsFor = (port: number, lookup: LookupFunction) => {
    const dialOptions = { port, lookup, attemptMs }
    return ssl === undefined ? plainOptions(args.host, dialOptions) : tlsOptions(args.host, ssl, dialOptions)
  }
  const lookup = connection.lookupFor(
    () => monitor.isOver(),
    // Once more on the same socket, whose first look-up is never answered: Node reads the port before it looks up.
    (port, late) => void socket.connect({ ...optionsFor(port, late), port }),
  )
  const options = optionsFor(connection.port, lookup)
  const socket = monitor.follow(() =>
    ssl === undefined ? net.connect({ ...options, port: connection.port }) : tls.connect(options),
  )
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
function unmappedSocket(context: ConnectContext, args: SocketFactoryArgs, plan: Plan): Socket {
  if (plan.hasRules && plan.decision.route.rule === null) context.observer.unmappedConnect?.(plan)
  const socket = kafkajsSocket(args)
  const onError = (error: Error) => {
    if (!isFromNode(error, socket)) return
    annotate(error, `connect ${codeOf(error) ?? 'failed'} ${hostPort(args.host, args.port)}`, describeUnmapped(plan))
  }
  socket.prependListener('error', onError)
  socket.once(tlsSettings(args) === undefined ? 'connect' : 'secureConnect', () => socket.off('error', onError))
  return socket
}

/**
 * A socket that is never connected and fails on a later tick, when the client listens.
 * @internal
 */
export function failedSocket(error: Error): Socket {
  const socket = new net.Socket()
  onNextTick(() => socket.destroy(error))
  return socket
}
