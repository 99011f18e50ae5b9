import { isIP, type LookupFunction, type Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Decision } from '../map/types.js'
import { changedOptions, readConnectArguments, withConnectOptions, type AskedConnect } from './connect-arguments.js'
import { closed } from './connect-errors.js'
import { hostToDial, localAddressOf, plainOptions } from './connect-options.js'
import type { ConnectContext } from './context.js'
import { annotate, hostPort } from './describe.js'
import { Dial, refuse } from './dial.js'
import { createPlans, type Plans } from './plan.js'
import { Watch } from './watch.js'

/** A connect that a rule leads elsewhere. */
export interface Rerouted {
  /** What `net.Socket.prototype.connect` is called with in place of the caller's arguments. */
  readonly args: readonly unknown[]
  /** To be called once that has returned: follows the socket until it is up or over. */
  readonly follow: () => void
}

/**
 * What becomes of a call of `net.Socket.prototype.connect`. undefined where no rule matches the host and port, or one
 * leaves them to the system: such a call is none of ours, whatever `unmapped` says. Never throws.
 */
export type Reroute = (socket: Socket, args: readonly unknown[]) => Rerouted | undefined

export function createReroute(context: ConnectContext): Reroute {
  const plans = createPlans(context.settings)
  return (socket, args) => {
    const asked = readConnectArguments(args)
    const map = context.currentMap()
    if (asked === undefined || map === undefined) return undefined
    try {
      const decision = map.decide(asked.host, asked.port)
      const { action, rule } = decision.route
      if (rule === null || action === 'system') return undefined
      if (context.isClosed()) return failed(socket, args, asked, closed(hostPort(asked.host, asked.port)))
      if (action === 'refuse') return failed(socket, args, asked, refuse(context, decision))
      return routed(context, plans, socket, args, asked, decision)
    } catch (error) {
      // A rule matches but gives no usable target: the broker's own address would be the wrong one.
      const reason = error instanceof Error ? error : new Error(String(error))
      annotate(reason, 'connect failed', `${hostPort(asked.host, asked.port)} was not dialled`)
      return failed(socket, args, asked, reason)
    }
  }
}

function routed(
  context: ConnectContext,
  plans: Plans,
  socket: Socket,
  args: readonly unknown[],
  { host, port, options }: AskedConnect,
  decision: Decision,
): Rerouted {
  const dial = new Dial(context, plans, { host, port, localAddress: localAddressOf(options) }, decision)
  const attemptMs = context.settings.connectAttemptMs
  const optionsFor = (dialledPort: number, lookup: LookupFunction) =>
    changedOptions(options, plainOptions(host, { port: dialledPort, lookup, attemptMs }))
  const lookup = dial.lookupFor(
    () => socket,
    (dialledPort, late) => {
      // The callback waits on the socket since the first call.
      socket.connect(optionsFor(dialledPort, late))
      nameAs(socket, host)
    },
  )
  return {
    args: withConnectOptions(args, optionsFor(dial.port, lookup)),
    follow: () => {
      nameAs(socket, host)
      new Watch(context, dial, socket instanceof TLSSocket).followAlone(socket)
    },
  }
}

/** A connect that fails on a later tick as one does whose name is not found: as an `'error'` event, never as a throw. */
function failed(
  socket: Socket,
  args: readonly unknown[],
  { host, port, options }: AskedConnect,
  error: Error,
): Rerouted {
  const lookup: LookupFunction = (_host, _options, callback) => process.nextTick(callback, error, [])
  const changes = plainOptions(host, { port, lookup, attemptMs: 0 })
  return { args: withConnectOptions(args, changedOptions(options, changes)), follow: () => nameAs(socket, host) }
}

/** Node keeps the name that it dialled; tls checks a certificate against it where it was given no other. */
function nameAs(socket: Socket, host: string): void {
  if (hostToDial(host) !== host && isIP(host) !== 0) Reflect.set(socket, '_host', host)
}
