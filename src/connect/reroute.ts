import { isIP, type LookupFunction, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import {
  changedOptions,
  readConnectArguments,
  withConnectOptions,
  type AskedConnect,
} from './socket/connect-arguments.js'
import { toError } from '../../lib/thrown.js'
import { onNextTick } from '../../lib/timers.js'
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
    const result = monitor.open(() => connect(led))
    nameAs(socket, host)
    monitor.follow(socket)
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
