import net from 'node:net'
import t from 'tap'
import { ownSocket } from '../../../lib/transport/own-socket.js'
import { changedOptions, readConnectArguments, withConnectOptions } from '../../../src/connect/reroute.js'

const host = 'b0.kafka.example'
const callback = () => undefined

/** Node's own array form, as `net.connect` hands it on. */
function normalized(options: net.NetConnectOpts, onConnect: () => void): unknown[] {
  const own = Object.getOwnPropertyDescriptor(net.Socket.prototype, 'connect') ?? {}
  let seen: unknown[] = []
  net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
    seen = args
    return this
  }
  net.connect(options, onConnect)
  Object.defineProperty(net.Socket.prototype, 'connect', own)
  return seen
}

const forms = [
  { name: 'port and host', args: [9092, host], is: { host, port: 9092 } },
  { name: 'port, host and callback', args: [9092, host, callback], is: { host, port: 9092 } },
  { name: 'a port as text', args: ['9092', host], is: { host, port: 9092 } },
  { name: 'a port alone leads to localhost', args: [9092], is: { host: 'localhost', port: 9092 } },
  { name: 'a port and callback too', args: [9092, callback], is: { host: 'localhost', port: 9092 } },
  { name: 'an empty host too', args: [9092, ''], is: { host: 'localhost', port: 9092 } },
  { name: 'options', args: [{ host, port: 9092 }], is: { host, port: 9092 } },
  { name: 'options and callback', args: [{ host, port: '9092' }, callback], is: { host, port: 9092 } },
  { name: 'options without a host', args: [{ port: 9092 }], is: { host: 'localhost', port: 9092 } },
  { name: 'the array of net.connect', args: normalized({ host, port: 9092 }, callback), is: { host, port: 9092 } },
  { name: 'an address', args: [9092, '2001:db8::1'], is: { host: '2001:db8::1', port: 9092 } },
  { name: 'an empty path is none', args: [{ host, port: 9092, path: '' }], is: { host, port: 9092 } },
  { name: 'a pipe by position', args: ['/run/kafka.sock'], is: undefined },
  { name: 'a pipe in options', args: [{ path: '/run/kafka.sock', host, port: 9092 }], is: undefined },
  { name: "this package's own socket", args: [{ host, port: 9092, ...ownSocket }], is: undefined },
  { name: 'no arguments', args: [], is: undefined },
  { name: 'no port', args: [{ host }], is: undefined },
  { name: 'port 0', args: [0, host], is: undefined },
  { name: 'a port that is too large', args: [65_536, host], is: undefined },
  { name: 'a port that is no number', args: [{ host, port: {} }], is: undefined },
  { name: 'a port of spaces', args: [{ host, port: ' ' }], is: undefined },
  { name: 'a host that is no text', args: [{ host: 5, port: 9092 }], is: undefined },
  { name: "an array of a caller's", args: [[{ host, port: 9092 }]], is: undefined },
  { name: 'an array without options', args: [Object.assign([null], { [Symbol('x')]: true })], is: undefined },
]
for (const { name, args, is } of forms) {
  t.test(`read: ${name}`, async t => {
    const asked = readConnectArguments(args)
    if (is === undefined) t.equal(asked, undefined)
    else t.match(asked, is)
  })
}

const options = { host, port: 19_092 }
const array = normalized({ host, port: 9092 }, callback)
const rebuilt = [
  { name: 'by position', args: [9092, host], is: [options] },
  { name: 'by position with a callback', args: [9092, host, callback], is: [options, callback] },
  { name: 'options', args: [{ host, port: 9092 }], is: [options] },
  { name: 'options and callback', args: [{ host, port: 9092 }, callback], is: [options, callback] },
  { name: 'the array of net.connect', args: array, is: [[options, callback]] },
]
for (const { name, args, is } of rebuilt) {
  t.test(`rebuilt: ${name}`, async t => t.strictSame(withConnectOptions(args, options), is))
}

t.test("the rebuilt array carries Node's symbol, and the caller's is as it was", async t => {
  const [before] = array as [object]
  const [made] = withConnectOptions(array, options) as [object]
  t.strictSame(Object.getOwnPropertySymbols(made), Object.getOwnPropertySymbols(before))
  t.not(made, before)
  t.match(before, [{ host, port: 9092 }, callback])
})

t.test('changed options keep what is not changed: symbols, getters read once, the prototype', async t => {
  const mark = Symbol('mark')
  let reads = 0
  class Options {
    readonly [mark] = 1
    get localAddress() {
      return '127.0.0.1'
    }
  }
  const given = Object.freeze(
    Object.defineProperty(new Options(), 'host', { enumerable: true, get: () => `b${(reads += 1)}.kafka.example` }),
  )
  const changed: object = changedOptions(given, { port: 19_092 })
  t.match(changed, { host: 'b1.kafka.example', localAddress: '127.0.0.1', port: 19_092, [mark]: 1 })
  t.match(changed, { host: 'b1.kafka.example' }, 'read once')
  t.equal(changed instanceof Options, true)
  const bare: object = Object.assign(Object.create(null) as object, { host })
  t.equal(Object.getPrototypeOf(changedOptions(bare, { port: 1 })), null)
})
