import { Socket } from 'node:net'
import type { Reroute } from '../connect/reroute.js'
import type { SplitDns } from '../split-dns.js'

// On what all copies of this package in a process share (ESM and CommonJS, or the registries of a test runner).
const mark: unique symbol = Symbol.for('kafka-split-dns.register')

/** The hook of this process (this thread of it). */
export interface Hooked {
  readonly splitDns: SplitDns
  /** Restores the prototype. A wrapper that other code has put around the hook stays, and calls Node's own `connect`. */
  readonly unhook: () => void
}

/** What hooked this process (this thread of it), be it another copy of the package; undefined where nothing did. */
export function hooked(): Hooked | undefined {
  // Only `hookSockets` writes it.
  return (Socket as { readonly [mark]?: Hooked })[mark]
}

/**
 * From now on every connect of `net`, `tls` and what is built on them asks `reroute` first. What it does not route reaches
 * Node with the very arguments of the caller.
 */
export function hookSockets(reroute: Reroute, splitDns: SplitDns): Hooked {
  const { prototype } = Socket
  const descriptor = Object.getOwnPropertyDescriptor(prototype, 'connect')
  // Node's, or that of code which wrapped it before.
  const original = Reflect.get(prototype, 'connect') as (this: Socket, ...args: unknown[]) => unknown
  let isHooked = true
  function connect(this: Socket, ...args: unknown[]): unknown {
    const rerouted = isHooked ? reroute(this, args) : undefined
    if (rerouted === undefined) return Reflect.apply(original, this, args)
    return rerouted(routed => Reflect.apply(original, this, routed))
  }
  for (const name of ['name', 'length'] as const) {
    Object.defineProperty(connect, name, { value: original[name], configurable: true })
  }
  Object.defineProperty(prototype, 'connect', { ...descriptor, value: connect })
  const unhook = () => {
    isHooked = false
    const current: unknown = Reflect.get(prototype, 'connect')
    if (current === connect && descriptor !== undefined) Object.defineProperty(prototype, 'connect', descriptor)
    Reflect.deleteProperty(Socket, mark)
  }
  const made = { splitDns, unhook }
  Object.defineProperty(Socket, mark, { value: made, configurable: true })
  return made
}
