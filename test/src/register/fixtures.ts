import net from 'node:net'
import type { Test } from 'tap'
import type { ConnectContext } from '../../../src/connect/context.js'
import { createReroute } from '../../../src/connect/reroute.js'
import { hookSockets } from '../../../src/register/hook.js'
import type { SplitDns } from '../../../src/split-dns.js'
import { fakeContext, type ContextOptions, type FakeContext } from '../connect/fixtures/fakes.js'

/** Every connect of this process goes through the map of a fake context, until the test ends. */
export function hook(t: Test, options: ContextOptions): FakeContext {
  const context = fakeContext(options)
  t.teardown(hookContext(context))
  return context
}

/** Returns what ends it. */
export const hookContext = (context: ConnectContext) =>
  // Whose it is nobody asks here.
  hookSockets(createReroute(context), Object.create(null) as SplitDns).unhook

/** Until the test ends the socket's class is wrapped as who traces or counts connects wraps it; returns what it has seen. */
export function wrapSockets(t: Test): unknown[][] {
  const { prototype } = net.Socket
  const connect = Reflect.get(prototype, 'connect') as (this: net.Socket, ...args: unknown[]) => net.Socket
  const seen: unknown[][] = []
  prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    seen.push(args)
    return Reflect.apply(connect, this, args)
  }
  t.teardown(() => (prototype.connect = connect))
  return seen
}
