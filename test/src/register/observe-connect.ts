import http from 'node:http'
import net from 'node:net'
import tls from 'node:tls'
import { isDeepStrictEqual } from 'node:util'

export interface Places {
  /** A server that ends each connection at once. */
  readonly port: number
  /** The same over TLS. */
  readonly tlsPort: number
  /** Where nothing listens. */
  readonly deadPort: number
  /** A Unix socket where a server listens. */
  readonly pipe: string
}

type Form = 'options' | 'positional' | 'socket, options' | 'socket, positional' | 'agent'

/** One way to connect, right or wrong. Plain data: what it does is the same each time. */
export interface Scenario {
  readonly form: Form
  readonly isTls: boolean
  readonly host: unknown
  readonly port: unknown
  readonly more: Readonly<Record<string, unknown>>
  readonly hasCallback: boolean
  readonly isFrozen: boolean
}

/** Numbers from 0 to below the bound, the same ones for the same seed. */
export function seeded(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return bound => {
    // Numerical Recipes' linear congruential generator, whose high bits are the better ones.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

/** A connect drawn from all forms, hosts, ports and options. None leaves this machine, no name is resolved outside of it. */
export function drawScenario(random: (bound: number) => number, { port, tlsPort, deadPort, pipe }: Places): Scenario {
  const pick = <T>(...items: readonly T[]): T => items[random(items.length)] as T
  const form = pick<Form>('options', 'options', 'positional', 'socket, options', 'socket, positional', 'agent')
  const isTls = !form.startsWith('socket') && form !== 'agent' && pick(false, true)
  const good = isTls ? tlsPort : port
  const hosts = ['127.0.0.1', '127.0.0.1', 'localhost', '::1', '', undefined]
  return {
    form,
    isTls,
    // A position has no look-up of its own with it, so no such name stands there.
    host: form.endsWith('positional') ? pick<unknown>(...hosts) : pick<unknown>(...hosts, 'b9.other.example', 5),
    port: pick<unknown>(good, good, good, good, String(good), deadPort, deadPort, 70_000, -1, 'x', undefined),
    more: pick<Scenario['more']>(
      {},
      {},
      { family: 4 },
      { family: 6 },
      { localAddress: '127.0.0.1' },
      { localAddress: 'rubbish' },
      { autoSelectFamily: false },
      { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 100 },
      { keepAlive: true, noDelay: true },
      { allowHalfOpen: true },
      { hints: -1 },
      { timeout: 10_000 },
      { path: pipe },
      { path: '' },
      { lookup: 'no function' },
      { [Symbol.for('own') as unknown as string]: 1 },
    ),
    hasCallback: pick(true, false),
    isFrozen: pick(true, false, false),
  }
}

const events = ['lookup', 'connectionAttempt', 'connectionAttemptFailed', 'connect', 'ready', 'secureConnect']
const laterEvents = ['timeout', 'end', 'error', 'close']

/** All that a caller can notice of the connect until its socket is closed, in the order in which it is seen. */
export async function observeConnect(scenario: Scenario): Promise<readonly unknown[]> {
  const notes: unknown[] = []
  const options = optionsOf(scenario, notes)
  const before = Object.getOwnPropertyDescriptors(options)
  let socket: net.Socket | undefined
  const onConnect = function (this: unknown, ...args: unknown[]) {
    notes.push(['callback', this === socket, args])
  }
  try {
    const made = new net.Socket()
    const result = dial(scenario, made, options, scenario.hasCallback ? [onConnect] : [])
    notes.push(['returned', scenario.form.startsWith('socket') ? result === made : result instanceof net.Socket])
    socket = result
    notes.push(stateOf(socket))
    for (const event of [...events, ...laterEvents]) {
      socket.on(event, (...args: unknown[]) => {
        notes.push([event, ...args.map(told), event === 'connect' ? placeOf(socket) : undefined])
      })
    }
    const closed = new Promise(done => socket?.once('close', done))
    socket.once(scenario.isTls ? 'secureConnect' : 'connect', () => socket?.resume().end('x'))
    await closed
    notes.push(stateOf(socket))
  } catch (error) {
    notes.push(['thrown', told(error)])
  }
  notes.push(['options kept', isDeepStrictEqual(Object.getOwnPropertyDescriptors(options), before)])
  return notes
}

// Callers that TypeScript does not hold back.
type Loose = (this: unknown, ...args: unknown[]) => net.Socket

function dial(
  { form, isTls, host, port }: Scenario,
  socket: net.Socket,
  options: object,
  callback: unknown[],
): net.Socket {
  const connect = (isTls ? tls.connect : net.connect) as Loose
  const place = host === undefined ? [port] : [port, host]
  switch (form) {
    case 'options':
      return connect(options, ...callback)
    case 'positional':
      return connect(...place, ...(isTls ? [{ rejectUnauthorized: false }] : []), ...callback)
    case 'socket, options':
      return (Reflect.get(socket, 'connect') as Loose).call(socket, options, ...callback)
    case 'socket, positional':
      return (Reflect.get(socket, 'connect') as Loose).call(socket, ...place, ...callback)
    case 'agent': {
      const agent = new http.Agent()
      return (Reflect.get(agent, 'createConnection') as Loose).call(agent, options, ...callback)
    }
  }
}

/** With a look-up of its own, so that no resolver is asked and its arguments are seen. */
function optionsOf({ host, port, more, isFrozen }: Scenario, notes: unknown[]): object {
  const lookup = (name: string, asked: { all?: boolean }, callback: (...args: unknown[]) => void) => {
    notes.push(['asked', name, { ...asked }])
    if (name !== 'localhost') process.nextTick(callback, Object.assign(new Error('none'), { code: 'ENOTFOUND' }))
    else if (asked.all === true) process.nextTick(callback, null, [{ address: '127.0.0.1', family: 4 }])
    else process.nextTick(callback, null, '127.0.0.1', 4)
  }
  const options = { host, port, lookup, rejectUnauthorized: false, ...more }
  return isFrozen ? Object.freeze(options) : options
}

/** What can be seen on the socket itself. */
function stateOf(socket: net.Socket): unknown {
  const { connecting, pending, readyState, timeout, destroyed, readableEnded, writableEnded, allowHalfOpen } = socket
  const listeners = socket.eventNames().map(name => [name, socket.listenerCount(name)])
  const own = Reflect.ownKeys(socket)
  return {
    connecting,
    pending,
    readyState,
    timeout,
    destroyed,
    readableEnded,
    writableEnded,
    allowHalfOpen,
    listeners,
    own,
  }
}

const placeOf = (socket: net.Socket | undefined) => [socket?.remoteAddress, socket?.remotePort, socket?.remoteFamily]

/** What of an error differs by nothing but chance is left out: its stack. */
function told(value: unknown): unknown {
  if (!(value instanceof Error)) return value
  const keys = Reflect.ownKeys(value).filter(key => key !== 'stack' && key !== 'errors')
  return [value.constructor.name, ...keys.map(key => [key, Reflect.get(value, key) as unknown])]
}
