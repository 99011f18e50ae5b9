import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import t, { type Test } from 'tap'
import { createLookup } from '../../../src/connect/lookup.js'
import { createFactory } from '../../../src/connect/socket-factory.js'
import { createSplitDns } from '../../../src/split-dns.js'
import { hook } from '../register/fixtures.js'
import { fakeContext, type ContextOptions } from './fixtures/fakes.js'
import { certificateFor, fateOf, listen, listenTls } from './fixtures/servers.js'

const host = 'b0.kafka.example'
const { key, cert } = certificateFor(t, `DNS:${host}`)

// Nothing listens at the one without a route, so a connect that tries it fails.
const families = [
  { without: 4, unroutable: '127.0.0.2', routable: '::1' },
  { without: 6, unroutable: '::1', routable: '127.0.0.2' },
] as const

type Dial = (port: number) => Socket
const doors: { name: string; open: (t: Test, options: ContextOptions, isTls: boolean) => Dial }[] = [
  {
    name: 'factory',
    open: (_t, options, isTls) => {
      const context = fakeContext(options)
      context.resolver.cache('vpce.example', '127.0.0.2', '::1')
      const factory = createFactory(context)
      return port => factory({ host, port, onConnect: () => undefined, ...(isTls && { ssl: { ca: cert } }) })
    },
  },
  {
    name: 'register',
    open: (t, options, isTls) => {
      hook(t, options).resolver.cache('vpce.example', '127.0.0.2', '::1')
      return port => (isTls ? tls.connect({ host, port, servername: host, ca: cert }) : net.connect({ host, port }))
    },
  },
]

for (const { name, open } of doors) {
  for (const isTls of [false, true]) {
    for (const { without, unroutable, routable } of families) {
      t.test(
        `${name}, ${isTls ? 'TLS' : 'plain'}: without a route for IPv${without} the other family is tried`,
        async t => {
          const { port } = isTls ? await listenTls(t, { key, cert }, [], routable) : await listen(t, routable)
          const asked: string[] = []
          const dial = open(
            t,
            {
              rules: [{ match: host, to: 'vpce.example' }],
              hasNetworkRoute: ({ address, family }) => {
                asked.push(address)
                return Promise.resolve(family !== without)
              },
            },
            isTls,
          )
          const socket = dial(port)
          t.teardown(() => socket.destroy())
          t.equal(await fateOf(socket, isTls), 'connect')
          t.equal(socket.remoteAddress, routable)
          // IPv6 is no choice of a connect while IPv4 is healthy.
          t.strictSame(asked, without === 4 ? [unroutable, routable] : [routable])
        },
      )
    }
  }
}

t.test('IPv4 failed, and IPv6 has no route: IPv4 is tried again', async t => {
  const { port } = await listen(t, '127.0.0.2')
  const context = fakeContext({
    rules: [{ match: host, to: 'vpce.example' }],
    hasNetworkRoute: ({ family }) => Promise.resolve(family === 4),
  })
  context.resolver.cache('vpce.example', '127.0.0.2', '::1')
  context.health.failed('127.0.0.2', port)
  const socket = createFactory(context)({ host, port, onConnect: () => undefined })
  t.teardown(() => socket.destroy())
  t.equal(await fateOf(socket), 'connect')
})

t.test('a target of one family is dialled without a question', async t => {
  const { port } = await listen(t, '127.0.0.3')
  const context = fakeContext({
    rules: [{ match: host, to: 'vpce.example' }],
    hasNetworkRoute: () => t.fail('asked') as never,
  })
  context.resolver.cache('vpce.example', '127.0.0.2', '127.0.0.3')
  const socket = createFactory(context)({ host, port, onConnect: () => undefined })
  t.teardown(() => socket.destroy())
  t.equal(await fateOf(socket), 'connect')
})

t.test('a socket that is given up while the kernel is asked is not connected', async t => {
  const { port, accepted } = await listen(t, '::1')
  const context = fakeContext({
    rules: [{ match: host, to: 'vpce.example' }],
    hasNetworkRoute: ({ family }) => {
      if (!socket.destroyed) socket.on('error', () => undefined).end()
      return Promise.resolve(family === 6)
    },
  })
  context.resolver.cache('vpce.example', '127.0.0.2', '::1')
  const socket = createFactory(context)({ host, port, onConnect: () => t.fail('connected') })
  t.match(await fateOf(socket), { code: 'ECONNABORTED' })
  t.equal(accepted.length, 0)
})

const linux = process.platform === 'linux' ? {} : { skip: 'the kernel of Linux refuses a broadcast address' }
// It refuses TCP to it with ENETUNREACH and sends nothing.
const broadcast = '127.255.255.255'

t.test('as the kernel says, within the first connect', linux, async t => {
  const { port } = await listen(t, '::1')
  const splitDns = createSplitDns({ map: { rules: [{ match: host, to: [broadcast, '::1'] }] } })
  t.teardown(() => splitDns.close())
  const socket = splitDns.socketFactory({ host, port, onConnect: () => undefined })
  t.teardown(() => socket.destroy())
  t.equal(await fateOf(socket), 'connect')
  t.equal(splitDns.stats().connects.failed, 0)
})

t.test('lookup gives both families, and Node goes on to the second', linux, async t => {
  const { port } = await listen(t, '::1')
  const context = fakeContext({ rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', broadcast, '::1')
  const failed: unknown[] = []
  const socket = net.connect({ host, port, lookup: createLookup(context) })
  socket.on('connectionAttemptFailed', (address: string, _port, _family, error: NodeJS.ErrnoException) =>
    failed.push([address, error.code]),
  )
  t.teardown(() => socket.destroy())
  t.equal(await fateOf(socket), 'connect')
  t.strictSame(failed, [[broadcast, 'ENETUNREACH']])
})
