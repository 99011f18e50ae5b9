import http from 'node:http'
import net from 'node:net'
import t, { type Test } from 'tap'
import tls, { type ConnectionOptions } from 'node:tls'
import { ownSocket } from '../../../lib/transport/own-socket.js'
import { createFactory } from '../../../src/connect/socket-factory.js'
import { hook, wrapSockets } from '../register/fixtures.js'
import { fakeMap, silent } from './fixtures/fakes.js'
import { blackHole, certificateFor, deadPort, fateOf, listen, listenTls } from './fixtures/servers.js'

const host = 'b0.kafka.example'
const rules = (port: number, match = host) => [{ match, to: `vpce.example:${port}` }]

/** The socket, destroyed when the test ends. */
function keep<T extends net.Socket>(t: Test, socket: T): T {
  t.teardown(() => socket.destroy())
  return socket
}

const failure = async (socket: net.Socket, isTls = false) => {
  const fate = await fateOf(socket, isTls)
  if (fate === 'connect' || fate === 'close') throw new Error(`expected an error, got ${fate}`)
  return fate
}

const nothing = () => undefined
const dials: readonly { name: string; dial: (onConnect: () => void) => net.Socket }[] = [
  { name: 'net.connect by position', dial: onConnect => net.connect(9092, host, onConnect) },
  { name: 'net.connect by options', dial: onConnect => net.connect({ host, port: 9092 }, onConnect) },
  { name: 'net.createConnection', dial: onConnect => net.createConnection({ host, port: 9092 }, onConnect) },
  { name: 'socket.connect by position', dial: onConnect => new net.Socket().connect(9092, host, onConnect) },
  { name: 'socket.connect by options', dial: onConnect => new net.Socket().connect({ host, port: 9092 }, onConnect) },
  { name: 'upper case and a final dot', dial: onConnect => net.connect(9092, 'B0.Kafka.Example.', onConnect) },
  { name: 'options that are frozen', dial: onConnect => net.connect(Object.freeze({ host, port: 9092 }), onConnect) },
  {
    name: "a caller's own lookup, which is not asked",
    dial: onConnect =>
      net.connect({ host, port: 9092, autoSelectFamily: false, lookup: () => t.fail('asked') }, onConnect),
  },
  { name: 'a family', dial: onConnect => net.connect({ host, port: 9092, family: 4 }, onConnect) },
  {
    name: 'a local address',
    dial: onConnect => net.connect({ host, port: 9092, localAddress: '127.0.0.1' }, onConnect),
  },
]
for (const { name, dial } of dials) {
  t.test(`${name} is led to the target, host and port, and calls back once`, async t => {
    const { port } = await listen(t, '127.0.0.2')
    const context = hook(t, { rules: rules(port) })
    context.resolver.cache('vpce.example', '127.0.0.2')
    let connects = 0
    const socket = keep(
      t,
      dial(() => void (connects += 1)),
    )
    t.equal(socket.connecting, true)
    t.equal(await fateOf(socket), 'connect')
    t.match(socket, { remoteAddress: '127.0.0.2', remotePort: port })
    t.equal(connects, 1)
    t.match(context.events.connect, [{ host, port: 9092, outcome: 'connected', addressPort: port, isTls: false }])
    t.same(context.events.connect[0]?.tried, [{ address: '127.0.0.2', port, outcome: 'connected' }])
  })
}

t.test("a caller's options are as they were", async t => {
  const { port } = await listen(t)
  const context = hook(t, { rules: rules(port) })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const options = { host, port: 9092, [Symbol('own')]: 1 }
  const before = { ...options }
  await fateOf(keep(t, net.connect(options)))
  await fateOf(keep(t, new net.Socket().connect(options)))
  t.strictSame(options, before)
})

t.test("what Node hands on in its own array stays in that form, with the broker's name", async t => {
  const { port } = await listen(t)
  const seen = wrapSockets(t)
  const context = hook(t, { rules: rules(port) })
  context.resolver.cache('vpce.example', '127.0.0.1')
  await fateOf(keep(t, net.connect({ host, port: 9092 }, nothing)))
  t.match(seen, [[[{ host, port }, nothing]]])
  t.equal(Object.getOwnPropertySymbols(seen[0]?.[0]).length, 1)
})

t.test('a connect that comes again through a second hook is led once', async t => {
  const { port } = await listen(t)
  const inner = hook(t, { rules: [{ match: host, to: 'refuse' }] })
  const outer = hook(t, { rules: rules(port) })
  outer.resolver.cache('vpce.example', '127.0.0.1')
  t.equal(await fateOf(keep(t, net.connect(9092, host))), 'connect')
  t.strictSame(inner.events.refused, [])
})

t.test('the factory and the hook together route once', async t => {
  const { port } = await listen(t)
  const byHook = hook(t, {
    rules: [
      { match: host, to: 'refuse' },
      { match: 'localhost', to: 'refuse' },
    ],
  })
  const context = hook(t, { rules: rules(port) })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const factory = createFactory(context)
  for (const [name, at] of [
    [host, 9092],
    ['localhost', port],
  ] as const) {
    const socket = keep(t, factory({ host: name, port: at, onConnect: nothing }))
    t.equal(await fateOf(socket), 'connect', name)
  }
  t.strictSame(byHook.events.refused, [])
  t.equal(context.events.connect.length, 1)
})

t.test("this package's own sockets pass by", async t => {
  const { port } = await listen(t)
  const context = hook(t, { rules: [{ match: '127.0.0.1', to: 'refuse' }] })
  t.equal(await fateOf(keep(t, net.connect({ host: '127.0.0.1', port, ...ownSocket }))), 'connect')
  t.strictSame(context.events.refused, [])
})

t.test('another port than the rule has is left alone', async t => {
  const { port } = await listen(t)
  const context = hook(t, { rules: [{ match: 'localhost:9092', to: 'refuse' }] })
  t.equal(await fateOf(keep(t, net.connect(port, 'localhost'))), 'connect')
  t.match(await failure(net.connect(9092)), { code: 'ERR_SPLIT_DNS_REFUSED' }, 'Node fills in localhost')
  t.equal(context.events.refused.length, 1)
})

t.test(
  'what no rule matches is left alone, whatever unmapped says; so is what a rule leaves to the system',
  async t => {
    const { port } = await listen(t)
    const context = hook(t, { map: fakeMap([{ match: 'localhost', to: 'system' }], 'refuse') })
    for (const name of ['localhost', '127.0.0.1']) {
      t.equal(await fateOf(keep(t, net.connect(port, name))), 'connect', name)
    }
    t.strictSame(context.events.refused, [])
  },
)

t.test('http and fetch are led too, and keep their Host header', async t => {
  const asked: (string | undefined)[] = []
  const server = http.createServer((request, response) => {
    asked.push(request.headers.host)
    response.end('ok')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  t.teardown(() => server.close().closeAllConnections())
  const { port } = server.address() as net.AddressInfo
  const context = hook(t, { rules: rules(port) })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const url = `http://${host}:9092/`
  await new Promise(done => http.get(url, { agent: false }, response => response.resume().once('end', done)))
  t.equal(await (await fetch(url)).text(), 'ok')
  t.strictSame(asked, [`${host}:9092`, `${host}:9092`])
})

t.test('a literal is led too: the client still sees the address', async t => {
  for (const literal of ['10.20.1.2', '2001:db8::1']) {
    const { port } = await listen(t, '127.0.0.4')
    const context = hook(t, { rules: rules(port, literal) })
    context.resolver.cache('vpce.example', '127.0.0.4')
    const socket = keep(t, net.connect(9092, literal))
    t.equal(Reflect.get(socket, '_host'), literal)
    t.equal(await fateOf(socket), 'connect', literal)
    t.equal(socket.remoteAddress, '127.0.0.4')
  }
})

const certificates = [
  { name: "the certificate is checked against the broker's name", to: host, holds: `DNS:${host}`, sni: host },
  { name: 'its address where that is what it advertises', to: '10.20.1.2', holds: 'IP:10.20.1.2', sni: false },
]
for (const { name, to, holds, sni } of certificates) {
  t.test(`tls: ${name}`, async t => {
    const right = certificateFor(t, holds)
    const wrong = certificateFor(t, 'DNS:vpce.example')
    const names: (string | false)[] = []
    for (const [certificate, is] of [
      [right, 'connect'],
      [wrong, 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ] as const) {
      const { port } = await listenTls(t, certificate, names)
      const context = hook(t, { rules: rules(port, to) })
      context.resolver.cache('vpce.example', '127.0.0.1')
      const servername = net.isIP(to) === 0 ? { servername: to } : {}
      const options: ConnectionOptions = Object.freeze({ host: to, port: 9094, ca: certificate.cert, ...servername })
      const socket = keep(t, tls.connect(options))
      const fate = await fateOf(socket, true)
      if (typeof fate === 'string') t.equal(fate, is)
      else {
        t.equal(fate.code, is)
        t.match(fate.message, `(kafka-split-dns: ${to}:9094 -> vpce.example:${port} by rule '${to}'`)
      }
      t.match(context.events.connect, [{ outcome: is === 'connect' ? 'connected' : 'failed', isTls: true }])
    }
    t.strictSame(names, [sni], 'SNI')
  })
}

t.test("tls over a socket that was connected before is checked against the broker's address", async t => {
  const right = certificateFor(t, 'IP:10.20.1.2')
  const { port } = await listenTls(t, right)
  const context = hook(t, { rules: rules(port, '10.20.1.2') })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const plain = keep(t, net.connect(9094, '10.20.1.2'))
  t.equal(await fateOf(plain), 'connect')
  t.equal(await fateOf(keep(t, tls.connect({ socket: plain, ca: right.cert })), true), 'connect')
})

t.test(
  'a refused broker fails on a later tick as a name does that is not found, and can be written to till then',
  async t => {
    const context = hook(t, {
      rules: [
        { match: host, to: 'refuse' },
        { match: '10.20.1.2', to: 'refuse' },
      ],
    })
    for (const name of [host, '10.20.1.2']) {
      const socket = net.connect(9092, name)
      socket.write('x')
      t.equal(socket.connecting, true)
      t.match(await failure(socket), { code: 'ERR_SPLIT_DNS_REFUSED', message: `${name}:9092 is refused by rule` })
      t.equal(Reflect.get(socket, '_host'), name)
    }
    t.match(await failure(tls.connect(9092, host), true), { code: 'ERR_SPLIT_DNS_REFUSED' })
    t.match(context.events.refused, [{ reason: 'rule' }, { reason: 'rule' }, { reason: 'rule' }])
  },
)

t.test('a target that the map cannot give fails the connect, not the call', async t => {
  hook(t, { rules: [{ match: host, to: '!the table az lacks use1-az9' }] })
  t.match(await failure(net.connect(9092, host)), {
    code: 'ERR_SPLIT_DNS_TARGET',
    message: `the table az lacks use1-az9 (kafka-split-dns: ${host}:9092 was not dialled)`,
  })
})

t.test('a look-up that fails has the shape of Node', async t => {
  const context = hook(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.answers('vpce.example', silent('vpce.example'))
  const error = await failure(net.connect(9092, host))
  t.match(error, { code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: host })
  t.match(error.message, `(kafka-split-dns: ${host}:9092 -> vpce.example:9092 by rule`)
})

t.test('a failed connect names what was tried, and the next one goes elsewhere', async t => {
  const { port } = await listen(t, '127.0.0.3')
  const dead = await deadPort()
  const context = hook(t, { rules: [{ match: host, to: [`127.0.0.1:${dead}`, `127.0.0.3:${port}`] }] })
  const error = await failure(net.connect(9092, host))
  t.match(error, { code: 'ECONNREFUSED', message: `tried 127.0.0.1:${dead} (ECONNREFUSED)` })
  const socket = keep(t, net.connect(9092, host))
  t.equal(await fateOf(socket), 'connect')
  t.match(context.events.connect, [{ outcome: 'failed' }, { outcome: 'connected', address: '127.0.0.3' }])
})

t.test("closed, what a rule matches fails with the owner's code, and the rest is left alone", async t => {
  const { port } = await listen(t)
  const context = hook(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.close()
  t.match(await failure(net.connect(9092, host)), { code: 'ERR_SPLIT_DNS_CLOSED' })
  t.equal(await fateOf(keep(t, net.connect(port, 'localhost'))), 'connect')
})

t.test('the fallback original is dialled at its own port on the same socket', async t => {
  const { port } = await listen(t)
  const context = hook(t, {
    rules: [{ match: host, to: 'gone.example:9', settings: { fallback: 'original' } }],
  })
  context.resolver.answers(host, { addresses: ['127.0.0.1'], source: 'system' })
  let connects = 0
  const socket = keep(
    t,
    net.connect({ host, port }, () => void (connects += 1)),
  )
  t.equal(await fateOf(socket), 'connect')
  t.match(socket, { remotePort: port })
  t.equal(connects, 1)
})

t.test('an error that nobody listens for stays unhandled', async t => {
  hook(t, {
    rules: [
      { match: host, to: 'refuse' },
      { match: 'b1.kafka.example', to: 'vpce.example' },
    ],
  })
  for (const name of [host, 'b1.kafka.example']) {
    const socket = net.connect(9092, name)
    t.equal(socket.listenerCount('error'), 0)
    socket.once('error', nothing)
    await new Promise(done => socket.once('close', done))
  }
})

t.test('once connected or over nothing of the hook is left on the socket', async t => {
  const { port } = await listen(t)
  const context = hook(t, { rules: [...rules(port), { match: 'b1.kafka.example', to: 'none.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.1', '127.0.0.2')
  const counts = (s: net.Socket) =>
    Object.fromEntries(s.eventNames().map(name => [String(name), s.listenerCount(name)]))
  const sockets = [host, '127.0.0.1'].map(name => keep(t, net.connect(port, name)))
  await Promise.all(sockets.map(socket => fateOf(socket)))
  const [mapped, plain] = sockets.map(counts)
  t.strictSame(mapped, plain)
  t.notOk(Object.hasOwn(sockets[0] ?? {}, 'end'))
  const fates = ['b1.kafka.example', 'b1.none.invalid'].map(name => {
    const socket = new net.Socket()
    const lookup: net.LookupFunction = (_host, _options, callback) => process.nextTick(callback, new Error('no'), [])
    socket.connect({ port: 9092, host: name, ...(name === 'b1.none.invalid' ? { lookup } : {}) })
    return fateOf(socket).then(() => counts(socket))
  })
  const [overMapped, overPlain] = await Promise.all(fates)
  t.strictSame(overMapped, overPlain)
})

t.test('a socket can be connected again after it was closed', async t => {
  const { port } = await listen(t)
  const context = hook(t, { rules: rules(port) })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const socket = keep(t, new net.Socket())
  for (let round = 1; round <= 2; round++) {
    socket.connect(9092, host)
    t.equal(await fateOf(socket), 'connect')
    await new Promise(done => socket.once('close', done).destroy())
  }
  t.match(context.events.connect, [{ outcome: 'connected' }, { outcome: 'connected' }])
})

t.test('what is written and ended before it is connected arrives', async t => {
  const { port, accepted } = await listen(t)
  const context = hook(t, { rules: rules(port) })
  context.resolver.answers('vpce.example', { addresses: ['127.0.0.1'] })
  for (const dial of [
    () => net.connect(9092, host).end('hello'),
    () => {
      const socket = net.connect(9092, host)
      socket.write('hel')
      socket.write('lo')
      return socket.end()
    },
  ]) {
    const socket = keep(t, dial())
    t.equal(await fateOf(socket), 'connect')
    const peer = accepted.at(-1)
    const received = await new Promise(done => {
      let text = ''
      peer
        ?.setEncoding('utf8')
        .on('data', chunk => (text += String(chunk)))
        .once('end', () => done(text))
    })
    t.equal(received, 'hello')
  }
})

t.test(
  'a client that gives up by end() and unref(), as kafkajs does, makes no connection, and what it waited for counts as failed',
  async t => {
    const port = await blackHole(t, '127.0.0.5')
    const { accepted } = await listen(t, '127.0.0.6', port)
    const context = hook(t, { rules: [{ match: host, to: [`127.0.0.5:${port}`, `127.0.0.6:${port}`] }] })
    let connects = 0
    const socket = net.connect(9092, host, () => void (connects += 1))
    await new Promise(done => socket.once('connectionAttempt', done))
    context.age(1000)
    socket.end().unref()
    t.equal(await fateOf(socket), 'close')
    t.equal(connects, 0)
    t.match(context.events.connect, [{ outcome: 'ended', address: '127.0.0.5' }])
    t.type(context.health.failedAtMs('127.0.0.5', port), 'number')
    t.equal(accepted.length, 0)
  },
)

t.test('end() on a connecting socket is a half-close, as without a map', async t => {
  const server = net.createServer({ allowHalfOpen: true }, socket => {
    socket.resume().once('end', () => socket.end('bye'))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as net.AddressInfo
  const context = hook(t, { rules: rules(port) })
  context.resolver.answers('vpce.example', { addresses: ['127.0.0.1'] })
  const socket = keep(t, net.connect(9092, host)).end()
  const seen: string[] = []
  for (const event of ['connect', 'end']) socket.once(event, () => seen.push(event))
  socket.setEncoding('utf8').on('data', text => seen.push(String(text)))
  await new Promise(done => socket.once('close', done))
  t.same(seen, ['connect', 'bye', 'end'])
  t.match(context.events.connect, [{ outcome: 'connected' }])
})

t.test('a TLS connect whose signal is aborted already fails by that alone', async t => {
  const { port } = await listen(t)
  hook(t, {
    rules: [...rules(port), { match: '192.0.2.9', to: `127.0.0.1:${port}` }, { match: 'no.example', to: 'refuse' }],
  })
  for (const name of [host, '192.0.2.9', 'no.example']) {
    // Node takes a signal, though its types do not say so.
    const options: net.NetConnectOpts = { host: name, port: 9092, signal: AbortSignal.abort() }
    const socket = keep(t, tls.connect(options))
    t.match(await fateOf(socket), { code: 'ABORT_ERR' }, name)
  }
})

t.test("a client's own end() is called, and is there again afterwards", async t => {
  const { port } = await listen(t)
  const context = hook(t, { rules: rules(port) })
  context.resolver.cache('vpce.example', '127.0.0.1')
  const socket = keep(t, new net.Socket())
  const end = () => socket
  Object.defineProperty(socket, 'end', { value: end, configurable: true, writable: true })
  socket.connect(9092, host)
  socket.end()
  t.equal(await fateOf(socket), 'connect')
  t.equal(Reflect.get(socket, 'end'), end)
})

t.test('what Node throws on it throws, and nothing is left on the socket', async t => {
  hook(t, { rules: rules(9092) })
  const socket = new net.Socket()
  t.throws(() => socket.connect({ host, port: 9092, localAddress: 'rubbish' }), { code: 'ERR_INVALID_IP_ADDRESS' })
  t.notOk(Object.hasOwn(socket, 'end'))
  t.throws(() => socket.connect({ host, port: 70_000 }), { code: 'ERR_SOCKET_BAD_PORT' })
  socket.destroy()
})
