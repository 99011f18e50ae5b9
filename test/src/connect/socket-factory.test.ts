import dns from 'node:dns'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { AllowList } from '../../../lib/address/guard.js'
import { isOwnSocket, ownSocket } from '../../../lib/transport/own-socket.js'
import { createLookup } from '../../../src/connect/lookup.js'
import { createFactory } from '../../../src/connect/socket-factory.js'
import { projectFolder } from '../../project.js'
import { answer, fakeContext, fakeMap, notFound, silent, type ContextOptions } from './fixtures/fakes.js'
import { blackHole, deadPort, fateOf, listen } from './fixtures/servers.js'

const host = 'b0.kafka.example'

// Followed from the start: a socket may be over before a test looks at it.
const fates = new WeakMap<net.Socket, ReturnType<typeof fateOf>>()
const fate = (socket: net.Socket) => fates.get(socket) ?? fateOf(socket)

/** A factory over a fake context; what it connects is destroyed at the test's end. */
function setUp(t: Test, options: ContextOptions) {
  const context = fakeContext(options)
  const factory = createFactory(context)
  let connects = 0
  const dial = (port: number, name = host, more: object = {}) => {
    const socket = factory({ host: name, port, onConnect: () => void (connects += 1), ...more })
    t.teardown(() => socket.destroy())
    fates.set(socket, fateOf(socket, 'ssl' in more))
    return socket
  }
  return { context, dial, connects: () => connects }
}

const failure = async (socket: net.Socket) => {
  const is = await fate(socket)
  if (is === 'connect' || is === 'close') throw new Error(`expected an error, got ${is}`)
  return is
}

t.test('a mapped broker is connected at its target, host and port, by an answer from the cache', async t => {
  const { port } = await listen(t, '127.0.0.2')
  const { context, dial, connects } = setUp(t, { rules: [{ match: host, to: `vpce.example:${port}` }] })
  context.resolver.cache('vpce.example', '127.0.0.2')
  const socket = dial(9092)
  t.equal(await fate(socket), 'connect')
  t.match(socket, { remoteAddress: '127.0.0.2', remotePort: port })
  t.equal(connects(), 1)
  t.match(context.events.connect, [
    {
      host,
      port: 9092,
      outcome: 'connected',
      address: '127.0.0.2',
      addressPort: port,
      target: `vpce.example:${port}`,
      isTls: false,
    },
  ])
  t.match(context.events.lookup, [{ host, port: 9092, source: 'cache', addresses: ['127.0.0.2'], error: null }])
})

t.test('a name not yet known is asked for, and the advertised port is kept where the target gives none', async t => {
  const { port } = await listen(t, '127.0.0.3')
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.answers('vpce.example', { addresses: ['127.0.0.3'] })
  const socket = dial(port)
  t.equal(await fate(socket), 'connect')
  t.equal(socket.remoteAddress, '127.0.0.3')
})

for (const [what, name] of [
  ['a mapped broker', host],
  ['a name that no rule matches', '127.0.0.1'],
] as const) {
  t.test(`an error that the client destroys the socket of ${what} with stays as it is`, async t => {
    const { port } = await listen(t)
    const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    context.resolver.cache('vpce.example', '127.0.0.1')
    for (const own of [{}, { code: 'CLIENT_TIMEOUT' }, { code: 'ABORT_ERR' }]) {
      const socket = dial(port, name)
      socket.destroy(Object.assign(new Error('given up'), own))
      const error = await failure(socket)
      t.equal(error.message, 'given up')
      t.match(error.stack, /^Error: given up\n/)
    }
  })
}

t.test('the socket is kept alive as kafkajs does', async t => {
  const { port } = await listen(t)
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const keepAlive = t.captureFn(Reflect.get(net.Socket.prototype, 'setKeepAlive') as (...args: unknown[]) => void)
  t.intercept(net.Socket.prototype, 'setKeepAlive', { value: keepAlive })
  await fate(dial(port))
  t.strictSame(keepAlive.args(), [[true, 60_000]])
})

t.test('once connected nothing of the factory is left on the socket', async t => {
  const { port } = await listen(t)
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.1', '127.0.0.2')
  const socket = dial(port)
  const plain = net.connect({ host: '127.0.0.1', port })
  t.teardown(() => plain.destroy())
  await Promise.all([fate(socket), fateOf(plain)])
  t.notOk(Object.hasOwn(socket, 'end'))
  const counts = (s: net.Socket) =>
    Object.fromEntries(s.eventNames().map(name => [String(name), s.listenerCount(name)]))
  t.strictSame(counts(socket), counts(plain))
})

t.test('a broker that advertises an address is routed too', async t => {
  for (const literal of ['10.20.1.2', '2001:db8::1', '[2001:db8::1]']) {
    const { port } = await listen(t, '127.0.0.4')
    const match = literal.replace(/[[\]]/g, '')
    const { context, dial } = setUp(t, { rules: [{ match, to: `vpce.example:${port}` }] })
    context.resolver.cache('vpce.example', '127.0.0.4')
    t.equal(await fate(dial(9092, literal)), 'connect', literal)
  }
})

t.test('a target that is an address is dialled without asking, in ranges of the guard too', async t => {
  const { port } = await listen(t)
  const { context, dial } = setUp(t, { rules: [{ match: host, to: '127.0.0.1' }], settings: { allow: null } })
  t.equal(await fate(dial(port)), 'connect')
  t.strictSame(context.resolver.asked, [])
})

const refusals = [
  {
    name: 'loopback answered for a mapped name is refused',
    addresses: ['127.0.0.1'],
    allow: null,
    said: /127\.0\.0\.1 is refused: in 127\.0\.0\.0\/8/,
  },
  {
    name: 'a v4-mapped form of it too',
    addresses: ['::ffff:169.254.169.254'],
    allow: null,
    said: /in 169\.254\.0\.0\/16/,
  },
  {
    name: 'an address outside allow is refused',
    addresses: ['127.0.0.1'],
    allow: AllowList.parse(['10.20.0.0/16']),
    said: /127\.0\.0\.1 is refused: in 127/,
  },
  {
    name: 'allow holds outside the special ranges',
    addresses: ['192.0.2.1'],
    allow: AllowList.parse(['10.20.0.0/16']),
    said: /192\.0\.2\.1 is refused: outside the allow list 10\.20\.0\.0\/16/,
  },
]
for (const { name, addresses, allow, said } of refusals) {
  t.test(name, async t => {
    const { context, dial, connects } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }], settings: { allow } })
    context.resolver.answers('vpce.example', { addresses })
    const error = await failure(dial(9092))
    t.match(error, { code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED', message: said })
    t.match(error.message, `${host}:9092 -> vpce.example:9092 by rule '${host}' (test map:1)`)
    t.match(context.events.refused, [{ host, port: 9092, reason: 'address' }])
    t.equal(connects(), 0)
  })
}

t.test('what the resolver must not answer is never handed to Node, which would hang or crash', async t => {
  const odd = [
    [{ address: 'rubbish', family: 4 }],
    [{ address: '', family: 4 }],
    [{ address: '127.0.0.1', family: 6 }],
    [],
  ] as const
  for (const addresses of odd) {
    const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    context.resolver.answers('vpce.example', async () => ({ addresses, ttl: 1, source: 'dns', path: [] }))
    t.match(await failure(dial(9092)), { message: host }, JSON.stringify(addresses))
  }
})

t.test("a rule's own allow replaces the general one", async t => {
  const { port } = await listen(t)
  const allow = AllowList.parse(['127.0.0.1'])
  const rules = [{ match: host, to: 'vpce.example', settings: { allow } }]
  const { context, dial } = setUp(t, { rules, settings: { allow: AllowList.parse(['10.0.0.0/8']) } })
  context.resolver.answers('vpce.example', { addresses: ['127.0.0.1'] })
  t.equal(await fate(dial(port)), 'connect')
})

t.test('an allow list binds literal targets and the hosts file too', async t => {
  const allow = AllowList.parse(['10.0.0.0/8'])
  for (const to of ['127.0.0.1', 'hosts.example']) {
    const { context, dial } = setUp(t, { rules: [{ match: host, to }], settings: { allow } })
    context.resolver.answers('hosts.example', { addresses: ['127.0.0.1'], source: 'hosts' })
    t.match(await failure(dial(9092)), { code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED' }, to)
  }
})

t.test('what is computed out of the broker’s name does not pass the guard, whatever it comes out as', async t => {
  for (const [to, source] of [
    ['127.0.0.1', 'literal'],
    ['localhost', 'hosts'],
    ['alias.example', 'hosts'],
  ] as const) {
    const context = fakeContext({ rules: [{ match: host, to, isComputed: true }], settings: { allow: null } })
    context.resolver.answers(to, { addresses: ['127.0.0.1'], source })
    const port = await deadPort('127.0.0.1')
    const error = await failure(createFactory(context)({ host, port, onConnect: () => t.fail() }))
    t.match(error, { code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED', message: '127.0.0.1 is refused: in 127.0.0.0/8' }, to)
    t.match(await new Promise(resolve => createLookup(context)(host, { all: true }, resolve)), { code: error.code }, to)
  }
})

t.test('the hosts file and localhost pass the guard', async t => {
  const { port } = await listen(t)
  for (const to of ['hosts.example', 'localhost', 'LOCALHOST.']) {
    const { context, dial } = setUp(t, { rules: [{ match: host, to }], settings: { allow: null } })
    context.resolver.answers('hosts.example', { addresses: ['127.0.0.1'], source: 'hosts' })
    context.resolver.answers('localhost', { addresses: ['127.0.0.1'], source: 'hosts' })
    context.resolver.answers('LOCALHOST.', { addresses: ['127.0.0.1'], source: 'hosts' })
    t.equal(await fate(dial(port)), 'connect', to)
  }
})

t.test("a rule's own nameservers are asked, and its fallback holds", async t => {
  const nameservers = [{ kind: 'udp', label: 'udp://192.0.2.53:53', address: '192.0.2.53', port: 53 }] as const
  const rules = [{ match: host, to: 'vpce.example', settings: { nameservers, fallback: 'none' as const } }]
  const { context, dial } = setUp(t, { rules })
  await failure(dial(9092))
  t.match(context.resolver.asked, [{ options: { upstreams: nameservers, fallback: 'none', family: 0 } }])
})

t.test('refused brokers fail on a later tick, each time, and the owner is told', async t => {
  const { context, dial, connects } = setUp(t, { rules: [{ match: host, to: 'refuse' }] })
  for (const attempt of [1, 2]) {
    const error = await failure(dial(9092))
    t.match(
      error,
      { code: 'ERR_SPLIT_DNS_REFUSED', message: `${host}:9092 is refused by rule '${host}'` },
      `attempt ${attempt}`,
    )
  }
  t.match(context.events.refused, [{ reason: 'rule' }, { reason: 'rule' }])
  t.equal(connects(), 0)
})

t.test('with unmapped: refuse no other broker is reached', async t => {
  const { port, accepted } = await listen(t)
  const { dial } = setUp(t, { map: fakeMap([{ match: host, to: 'vpce.example' }], 'refuse') })
  for (const name of ['localhost', '127.0.0.1', '']) {
    const error = await failure(dial(port, name))
    t.match(error, { code: 'ERR_SPLIT_DNS_REFUSED', message: 'no rule matches' })
  }
  t.equal(accepted.length, 0)
})

t.test('failed look-ups have the shape of Node and say what the map did', async t => {
  const { context, dial } = setUp(t, { rules: [{ match: host, to: ['vpce.example', 'other.example'] }] })
  context.resolver.answers('other.example', silent('other.example'))
  const error = await failure(dial(9092))
  t.match(error, { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: host, errno: -3001, cause: Error })
  t.equal(
    error.message,
    `getaddrinfo EAI_AGAIN ${host} (kafka-split-dns: ${host}:9092 -> vpce.example:9092 | other.example:9092 by rule ` +
      `'${host}' (test map:1); vpce.example does not exist (NXDOMAIN from 192.0.2.53); ` +
      'other.example:9092: timeout from udp://192.0.2.53:53 after 200 ms, SERVFAIL from udp://192.0.2.54:53 after 1 ms)',
  )
  t.match(context.events.connect, [{ outcome: 'failed', address: null, error: { code: 'EAI_AGAIN' } }])
})

t.test('a target that the map cannot give fails the connect, not the call', async t => {
  const { dial } = setUp(t, { rules: [{ match: host, to: '!the table az lacks use1-az9' }] })
  t.match(await failure(dial(9092)), { code: 'ERR_SPLIT_DNS_TARGET', message: 'the table az lacks use1-az9' })
})

t.test('closed, every connect fails with its code', async t => {
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.close()
  for (const name of [host, 'localhost']) {
    t.match(await failure(dial(9092, name)), { code: 'ERR_SPLIT_DNS_CLOSED', message: `${name}:9092` })
  }
})

t.test('closed while a look-up is under way, the connect fails with that code too', async t => {
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.answers('vpce.example', async () => {
    context.close()
    throw silent('vpce.example')
  })
  t.match(await failure(dial(9092)), { code: 'ERR_SPLIT_DNS_CLOSED' })
})

t.test('whatever is wrong with the arguments is an error event, never a throw', async t => {
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.1')
  for (const [port, name] of [
    [70000, host],
    [-1, 'localhost'],
    [NaN, 'localhost'],
  ] as const) {
    t.match(await failure(dial(port, name)), { code: 'ERR_SOCKET_BAD_PORT', message: 'kafka-split-dns' })
  }
  const bad = await failure(dial(9093, host, { ssl: { ca: 'no certificate', cert: 'rubbish' } }))
  t.match(bad.message, `${host}:9093 was not dialled`)
})

const notNames = ['', ' ', 'a..b', '.', 'a b.example', 'a\u0000b', 'tab\t.example', `${'a'.repeat(64)}.example`]
for (const name of [...notNames, 'x.'.repeat(127) + 'abc']) {
  t.test(`${JSON.stringify(name.slice(0, 30))} is no host name: ENOTFOUND, and nothing is asked`, async t => {
    const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    const error = await failure(dial(9092, name))
    t.match(error, { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: name })
    t.strictSame(context.resolver.asked, [])
  })
}

t.test('the observer may throw: the connect does not notice', async t => {
  const { port } = await listen(t)
  const context = fakeContext({ rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.answers('vpce.example', { addresses: ['127.0.0.1'], source: 'stale' })
  const thrower = () => {
    throw new Error('a listener of the user')
  }
  const observer = { lookup: thrower, connect: thrower, refused: thrower, stale: thrower }
  const socket = createFactory({ ...context, observer })({ host, port, onConnect: () => undefined })
  t.teardown(() => socket.destroy())
  t.equal(await fate(socket), 'connect')
})

t.test('a stale answer is used and told of', async t => {
  const { port } = await listen(t)
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.answers('vpce.example', { addresses: ['127.0.0.1'], source: 'stale', ttl: 0 })
  t.equal(await fate(dial(port)), 'connect')
  t.match(context.events.stale, [{ host, target: 'vpce.example', addresses: ['127.0.0.1'] }])
})

t.test('errors show no expanded ${} of a target', async t => {
  const map = fakeMap([{ match: host, to: 'kafka.tenant-7.example' }])
  const decision = map.decide(host, 9092)
  const targetTexts = ['kafka.${NAMESPACE}.example']
  const { dial } = setUp(t, { map: { ...map, decide: () => ({ ...decision, targetTexts }) } })
  const { message } = await failure(dial(9092))
  t.match(message, 'kafka.${NAMESPACE}.example')
  t.notMatch(message, 'tenant-7')
})

t.test('without a rule', async t => {
  t.test('the socket is connected as kafkajs would, and its error says that no rule matches', async t => {
    const { port } = await listen(t)
    const { dial, connects } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    t.equal(await fate(dial(port, '127.0.0.1')), 'connect')
    t.equal(connects(), 1)
    const dead = await deadPort()
    const error = await failure(dial(dead, '127.0.0.1'))
    t.match(error, { code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port: dead })
    t.equal(
      error.message,
      `connect ECONNREFUSED 127.0.0.1:${dead} (kafka-split-dns: no rule matches 127.0.0.1:${dead})`,
    )
  })

  t.test('and without a map nothing is said', async t => {
    const { dial } = setUp(t, { rules: [] })
    const dead = await deadPort()
    const error = await failure(dial(dead, '127.0.0.1'))
    t.equal(error.message, `connect ECONNREFUSED 127.0.0.1:${dead}`)
  })

  t.test('a rule that leaves a name to the system says so in its error', async t => {
    const { dial } = setUp(t, { rules: [{ match: '127.0.0.1', to: 'system' }] })
    const dead = await deadPort()
    t.match(await failure(dial(dead, '127.0.0.1')), {
      message: `rule '127.0.0.1' (test map:1) leaves 127.0.0.1:${dead} to the system`,
    })
  })

  t.test('listeners are those of kafkajs alone once it is connected', async t => {
    const { port } = await listen(t)
    const { dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    const socket = dial(port, '127.0.0.1')
    await fate(socket)
    t.equal(socket.listenerCount('error'), 1, "fateOf's own")
  })
})

t.test('before the first map is in force', async t => {
  t.test('a connect waits, then goes to the right port on the same socket', async t => {
    const { port } = await listen(t, '127.0.0.5')
    const wrong = await listen(t, '127.0.0.5')
    const { context, dial, connects } = setUp(t, { map: null })
    context.resolver.answers('vpce.example', { addresses: ['127.0.0.5'] })
    const socket = dial(wrong.port)
    setImmediate(() => context.setMap(fakeMap([{ match: host, to: `vpce.example:${port}` }])))
    t.equal(await fate(socket), 'connect')
    t.match(socket, { remoteAddress: '127.0.0.5', remotePort: port })
    t.equal(connects(), 1)
    t.equal(wrong.accepted.length, 0)
  })

  t.test('an address that no rule matches is then connected as it is', async t => {
    const { port } = await listen(t)
    const { context, dial } = setUp(t, { map: null })
    const sockets = [dial(port, '127.0.0.1'), dial(port, 'localhost')]
    const dead = dial(await deadPort(), '127.0.0.1')
    context.setMap(fakeMap([{ match: host, to: 'vpce.example' }]))
    t.strictSame(await Promise.all(sockets.map(fate)), ['connect', 'connect'])
    t.match(await failure(dead), { code: 'ECONNREFUSED', message: 'no rule matches 127.0.0.1' })
  })

  t.test('a replaced dns.lookup that throws fails the connect, not the process', async t => {
    const { context, dial } = setUp(t, { map: null })
    t.intercept(dns, 'lookup', {
      value: () => {
        throw new Error('some tool')
      },
    })
    const socket = dial(9092, 'other.example')
    context.setMap(fakeMap([{ match: host, to: 'vpce.example' }]))
    t.match(await failure(socket), { message: 'some tool (kafka-split-dns: no rule matches other.example:9092)' })
  })

  t.test('the wait ends with its own code', async t => {
    const { dial } = setUp(t, { map: null, settings: { timeoutMs: 20 } })
    const error = await failure(dial(9092))
    t.match(error, { code: 'ERR_SPLIT_DNS_NOT_READY', message: `${host}:9092 was not looked up` })
  })

  t.test('what the map then refuses or cannot give, fails', async t => {
    const { context, dial } = setUp(t, { map: null })
    const [refused, bad, nameless] = [dial(9092, 'r.example'), dial(9092, 't.example'), dial(9092, 'a..b')]
    context.setMap(
      fakeMap([
        { match: 'r.example', to: 'refuse' },
        { match: 't.example', to: '!no target' },
      ]),
    )
    t.match(await failure(refused), { code: 'ERR_SPLIT_DNS_REFUSED' })
    t.match(await failure(bad), { code: 'ERR_SPLIT_DNS_TARGET' })
    t.match(await failure(nameless), { code: 'ENOTFOUND' })
  })

  t.test('closed instead, it fails with that code', async t => {
    const { context, dial } = setUp(t, { map: null })
    const socket = dial(9092)
    context.close()
    t.match(await failure(socket), { code: 'ERR_SPLIT_DNS_CLOSED' })
  })

  t.test('given up meanwhile, nothing is dialled', async t => {
    const { port, accepted } = await listen(t)
    const { context, dial, connects } = setUp(t, { map: null })
    context.resolver.cache('vpce.example', '127.0.0.1')
    const socket = dial(port)
    socket.end()
    context.setMap(fakeMap([{ match: host, to: 'vpce.example' }]))
    t.match(await failure(socket), { code: 'ECONNABORTED' })
    await new Promise(resolve => setImmediate(resolve))
    t.equal(connects() + accepted.length, 0)
  })
})

t.test("the fallback original asks for the broker's own name", async t => {
  const rules = (port: number) => [{ match: host, to: `vpce.example:${port}` }]

  t.test('after NXDOMAIN, at the advertised port, by the system', async t => {
    const { port } = await listen(t, '127.0.0.6')
    const { context, dial } = setUp(t, { rules: rules(await deadPort()), settings: { fallback: 'original' } })
    context.resolver.answers(host, { addresses: ['127.0.0.6'], source: 'system' })
    const socket = dial(port)
    t.equal(await fate(socket), 'connect')
    t.match(socket, { remoteAddress: '127.0.0.6', remotePort: port })
    t.match(context.resolver.asked, [
      { name: 'vpce.example', options: { fallback: 'system' } },
      { name: host, options: { fallback: 'none', upstreams: [{ kind: 'system' }] } },
    ])
  })

  t.test('not while a stale answer is left', async t => {
    const { port } = await listen(t)
    const { context, dial } = setUp(t, { rules: rules(port), settings: { fallback: 'original' } })
    context.resolver.answers('vpce.example', { addresses: ['127.0.0.1'], source: 'stale' })
    t.equal(await fate(dial(9092)), 'connect')
    t.strictSame(
      context.resolver.asked.map(({ name }) => name),
      ['vpce.example'],
    )
  })

  t.test('not behind the guard: refused addresses are an answer', async t => {
    const settings = { fallback: 'original', allow: null } as const
    const { context, dial } = setUp(t, { rules: rules(9092), settings })
    context.resolver.answers('vpce.example', { addresses: ['127.0.0.1'] })
    t.match(await failure(dial(9092)), { code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED' })
    t.equal(context.resolver.asked.length, 1)
  })

  t.test('and allow holds for it', async t => {
    const { context, dial } = setUp(t, { rules: rules(9092), settings: { fallback: 'original' } })
    context.resolver.answers(host, { addresses: ['192.0.2.9'], source: 'system' })
    const error = await failure(dial(9092))
    t.match(error, {
      code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED',
      message: 'fallback original (b0.kafka.example): 192.0.2.9',
    })
  })

  t.test('it is asked from half of the time on, so that a silent nameserver leaves it some', async t => {
    const { port } = await listen(t)
    const settings = { fallback: 'original', timeoutMs: 60 } as const
    const { context, dial } = setUp(t, { rules: rules(9092), settings })
    context.resolver.answers('vpce.example', 'never').answers(host, { addresses: ['127.0.0.1'], source: 'system' })
    t.equal(await fate(dial(port)), 'connect')
  })
})

t.test('kafkajs gives up by end() alone', async t => {
  t.test('while the look-up is under way: nothing is dialled when it answers', async t => {
    const { port, accepted } = await listen(t)
    const { context, dial, connects } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    let give: (() => void) | undefined
    context.resolver.answers(
      'vpce.example',
      () => new Promise(resolve => (give = () => resolve(answer({ addresses: ['127.0.0.1'] })))),
    )
    const socket = dial(port)
    await new Promise(resolve => setImmediate(resolve))
    context.age(1000)
    socket.end()
    socket.unref()
    give?.()
    t.equal(await fate(socket), 'close', 'its own timer has reported it: no second error')
    await new Promise(resolve => setImmediate(resolve))
    t.equal(connects() + accepted.length, 0)
    t.match(context.events.connect, [{ outcome: 'ended', address: null }])
  })

  t.test('while TCP connects: the socket is destroyed, and the address counts as failed', async t => {
    const port = await blackHole(t, '127.0.0.7')
    const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    context.resolver.cache('vpce.example', '127.0.0.7')
    const socket = dial(port)
    socket.once('connectionAttempt', () =>
      setImmediate(() => {
        context.age(1000)
        socket.end()
      }),
    )
    t.equal(await fate(socket), 'close')
    t.ok(socket.destroyed)
    t.ok(context.health.haveAllFailed([{ address: '127.0.0.7', family: 4 }], port))
    t.match(context.events.connect, [{ outcome: 'ended', address: '127.0.0.7' }])
  })

  t.test('just after it began, it hears so by an error, and the address is as good as before', async t => {
    const port = await blackHole(t, '127.0.0.7')
    const { context, dial, connects } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    context.resolver.cache('vpce.example', '127.0.0.7')
    const socket = dial(port)
    socket.once('connectionAttempt', () => setImmediate(() => socket.end()))
    const error = await failure(socket)
    t.match(error, { code: 'ECONNABORTED', syscall: 'connect' })
    t.match(
      error.message,
      /^connect ECONNABORTED b0\.kafka\.example:\d+ \(kafka-split-dns: .*the client ended it after \d+ ms/,
    )
    t.equal(context.health.failedAtMs('127.0.0.7', port), undefined)
    t.match(context.events.connect, [{ outcome: 'ended', error: null, tried: [{ outcome: 'given up soon' }] }])
    t.equal(connects(), 0)
  })

  t.test('where nobody listens for errors there is none', async t => {
    const { port } = await listen(t)
    const context = fakeContext({ rules: [{ match: host, to: '127.0.0.1' }] })
    const socket = createFactory(context)({ host, port, onConnect: () => t.fail() })
    socket.end()
    t.ok(socket.destroyed)
    await new Promise(resolve => socket.once('close', resolve))
  })

  t.test('a half-close by another way than end() makes no zombie either', async t => {
    const { port } = await listen(t)
    const { context, dial, connects } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    context.resolver.cache('vpce.example', '127.0.0.1')
    const socket = dial(port)
    const { end } = Object.getPrototypeOf(socket) as { end: (this: net.Socket) => void }
    socket.once('connectionAttempt', () => end.call(socket))
    await new Promise(resolve => socket.once('close', resolve))
    t.equal(connects(), 0)
  })

  t.test('after it is connected end() is end()', async t => {
    const { port } = await listen(t)
    const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
    context.resolver.cache('vpce.example', '127.0.0.1')
    const socket = dial(port)
    await fate(socket)
    socket.end()
    t.notOk(socket.destroyed)
  })
})

t.test('an error of a live connection is left as it is', async t => {
  const { port, accepted } = await listen(t)
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const socket = dial(port)
  await fate(socket)
  await new Promise(resolve => setImmediate(resolve))
  const failed = new Promise<NodeJS.ErrnoException>(resolve => socket.once('error', resolve))
  accepted[0]?.resetAndDestroy()
  t.equal((await failed).message, 'read ECONNRESET')
})

t.test('an error not known to the resolver is temporary', async t => {
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.answers('vpce.example', new Error('some fault'))
  t.match(await failure(dial(9092)), { code: 'EAI_AGAIN', message: 'some fault' })
})

t.test('the hidden NXDOMAIN keeps its cause', async t => {
  const { context, dial } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  const cause = notFound('vpce.example')
  context.resolver.answers('vpce.example', cause)
  t.equal((await failure(dial(9092))).cause, cause)
})

t.test('each connect carries the mark by which hooks know it as one of this package', async t => {
  const { port } = await listen(t)
  const { context, dial } = setUp(t, { rules: [{ match: host, to: `vpce.example:${port}` }] })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const marks: unknown[] = []
  const connect = Reflect.get(net.Socket.prototype, 'connect') as (...args: unknown[]) => unknown
  t.intercept(net.Socket.prototype, 'connect', {
    value: function (this: net.Socket, ...args: unknown[]) {
      // Inside Node the arguments come as one array, normalised.
      const [options] = (Array.isArray(args[0]) ? args[0] : args) as object[]
      marks.push(isOwnSocket(options ?? {}))
      return Reflect.apply(connect, this, args)
    },
  })
  await Promise.all([dial(9092), dial(port, '127.0.0.1')].map(fate))
  dial(9092, host, { ssl: true })
  dial(port, '127.0.0.1', { ssl: true })
  t.strictSame(marks, [true, true, true, true])
})

t.test('the mark is the one that docs/connecting.md names', async t => {
  const [mark] = Object.getOwnPropertySymbols(ownSocket)
  const page = readFileSync(join(projectFolder, 'docs', 'connecting.md'), 'utf8')
  t.match(page, `Symbol.for('${mark?.description}')`)
})
