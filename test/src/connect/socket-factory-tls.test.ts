import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createPipe, connect as connectPlain } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionOptions, checkServerIdentity as check } from 'node:tls'
import t, { type Test } from 'tap'
import { createFactory } from '../../../src/connect/socket-factory.js'
import { fakeContext, fakeMap } from './fixtures/fakes.js'
import { blackHole, certificateFor, fateOf, listen, listenTls } from './fixtures/servers.js'

const host = 'b0.kafka.example'
const literal = '10.20.1.2'
const { key, cert } = certificateFor(t, `DNS:${host}`, `IP:${literal}`, 'IP:2001:db8::1')
const other = certificateFor(t, 'DNS:other.example')

type Ssl = ConnectionOptions & Record<string, unknown>

/** The SNI of each handshake; with TLS 1.3 the client is through before the server. */
async function sni(names: readonly (string | false)[], count: number) {
  while (names.length < count) await new Promise(resolve => setImmediate(resolve))
  return names
}

/** A TLS server behind a map that leads the names of the tests to it. */
async function setUp(t: Test, served = { key, cert }) {
  const names: (string | false)[] = []
  const server = await listenTls(t, served, names, '127.0.0.2')
  const to = `vpce.example:${server.port}`
  const context = fakeContext({ rules: [host, literal, '2001:db8::1'].map(match => ({ match, to })) })
  context.resolver.cache('vpce.example', '127.0.0.2')
  const factory = createFactory(context)
  let connects = 0
  const dial = (name: string, ssl: Ssl | true, port = 9093) => {
    const socket = factory({ host: name, port, ssl, onConnect: () => void (connects += 1) })
    t.teardown(() => socket.destroy())
    return { socket, fate: fateOf(socket, true) }
  }
  return { ...server, names, context, dial, connects: () => connects }
}

t.test("the certificate is checked against the broker's own name, which is the SNI", async t => {
  const { dial, names, connects, context } = await setUp(t)
  const { fate, socket } = dial(host, { ca: cert })
  t.equal(await fate, 'connect')
  t.match(socket, { authorized: true })
  t.strictSame(await sni(names, 1), [host])
  t.equal(connects(), 1)
  t.match(context.events.connect, [{ outcome: 'connected', isTls: true, address: '127.0.0.2' }])
})

t.test('onConnect waits for the handshake', async t => {
  const silent = await listen(t, '127.0.0.2')
  const context = fakeContext({ rules: [{ match: host, to: `127.0.0.2:${silent.port}` }] })
  let connects = 0
  const socket = createFactory(context)({ host, port: 9093, ssl: true, onConnect: () => void (connects += 1) })
  t.teardown(() => socket.destroy())
  await new Promise(resolve => socket.once('connect', resolve))
  await new Promise(resolve => setImmediate(resolve))
  t.equal(connects, 0)
  context.age(1000)
  socket.end()
  t.ok(socket.destroyed, 'end() in the handshake leaves nothing that could still connect')
  t.not(context.health.failedAtMs('127.0.0.2', silent.port), undefined, 'an endpoint that only accepts goes last')
  t.match(context.events.connect, [{ outcome: 'ended', tried: [{ outcome: 'given up before TLS was up' }] }])
})

t.test('a trailing dot is not in the SNI', async t => {
  const { dial, names } = await setUp(t)
  t.equal(await dial(`${host}.`, { ca: cert }).fate, 'connect')
  t.strictSame(await sni(names, 1), [host])
})

t.test('ssl: true verifies by the system', async t => {
  const { dial, names } = await setUp(t)
  t.match(await dial(host, true).fate, { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  t.strictSame(await sni(names, 0), [])
})

t.test('a certificate of another name fails, names both, and does not count against the address', async t => {
  const { dial, context, port, connects } = await setUp(t, other)
  t.match(await dial(host, { ca: other.cert }).fate, {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    message: new RegExp(
      `Host: ${host}.*other\\.example.*-> vpce\\.example:${port} by rule.*127\\.0\\.0\\.2:${port}`,
      's',
    ),
  })
  t.equal(context.health.failedAtMs('127.0.0.2', port), undefined)
  t.equal(connects(), 0)
})

t.test('an address is checked as that address, without SNI and without a warning', async t => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const { dial, names } = await setUp(t)
  t.equal(await dial(literal, { ca: cert }).fate, 'connect')
  // By a check of the test's own: Node 22.23's finds no IPv6 address in any certificate.
  const asked: string[] = []
  const checkServerIdentity: typeof check = given => {
    asked.push(given)
    return undefined
  }
  for (const name of ['2001:db8::1', '[2001:db8::1]']) {
    t.equal(await dial(name, { ca: cert, checkServerIdentity }).fate, 'connect', name)
  }
  t.strictSame(asked, ['2001:db8::1', '2001:db8::1'])
  t.strictSame(await sni(names, 3), [false, false, false])
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(warnings, [])
})

t.test('an address that the certificate lacks fails', async t => {
  const { dial } = await setUp(t, other)
  const fate = await dial(literal, { ca: other.cert }).fate
  t.match(fate, { code: 'ERR_TLS_CERT_ALTNAME_INVALID', message: `IP: ${literal} is not in the cert's list` })
})

t.test("the user's own options win", async t => {
  t.test('servername, also for an address', async t => {
    for (const name of [host, literal]) {
      const { dial, names } = await setUp(t, other)
      t.equal(await dial(name, { ca: other.cert, servername: 'other.example' }).fate, 'connect')
      t.strictSame(await sni(names, 1), ['other.example'])
    }
  })

  t.test('an empty servername turns SNI off, and the name is still checked', async t => {
    const { dial, names } = await setUp(t)
    t.equal(await dial(host, { ca: cert, servername: '' }).fate, 'connect')
    t.strictSame(await sni(names, 1), [false])
    const wrong = await setUp(t, other)
    t.match(await wrong.dial(host, { ca: other.cert, servername: '' }).fate, { message: `Host: ${host}` })
    t.match(await wrong.dial(literal, { ca: other.cert, servername: '' }).fate, { message: `IP: ${literal}` })
  })

  t.test('checkServerIdentity, which is given the name or address of the broker', async t => {
    for (const name of [host, literal]) {
      const { dial } = await setUp(t, other)
      const asked: string[] = []
      const checkServerIdentity: typeof check = given => {
        asked.push(given)
        return undefined
      }
      t.equal(await dial(name, { ca: other.cert, checkServerIdentity }).fate, 'connect')
      t.strictSame(asked, [name])
    }
  })

  t.test('rejectUnauthorized: false', async t => {
    const { dial } = await setUp(t, other)
    t.equal(await dial(literal, { rejectUnauthorized: false }).fate, 'connect')
  })
})

t.test('options that would lead elsewhere do not', async t => {
  const elsewhere = await listen(t, '127.0.0.9')
  // Not t.testdir(): a pipe's path has little room.
  const folder = mkdtempSync(join(tmpdir(), 'pipe-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const pipe = join(folder, 'pipe')
  const piped = createPipe(() => t.fail('the pipe was reached')).listen(pipe)
  t.teardown(() => piped.close())
  const lookup = (_host: string, _options: unknown, callback: (error: null, address: string, family: number) => void) =>
    process.nextTick(callback, null, '127.0.0.9', 4)
  const connected = connectPlain({ host: '127.0.0.9', port: elsewhere.port })
  t.teardown(() => connected.destroy())
  const cases: Record<string, Ssl> = {
    host: { host: '127.0.0.9' },
    port: { port: elsewhere.port },
    lookup: { lookup },
    path: { path: pipe },
    socket: { socket: connected },
    autoSelectFamily: { autoSelectFamily: false },
    autoSelectFamilyAttemptTimeout: { autoSelectFamilyAttemptTimeout: 60_000 },
  }
  for (const [name, ssl] of Object.entries(cases)) {
    const { dial, port } = await setUp(t)
    const { fate, socket } = dial(host, { ...ssl, ca: cert })
    t.equal(await fate, 'connect', name)
    t.match(socket, { remoteAddress: '127.0.0.2', remotePort: port }, name)
    await new Promise(resolve => setImmediate(resolve))
  }
  t.equal(elsewhere.accepted.length, 1, "only the test's own")
})

t.test('family and localAddress: Node takes one address, and gets one', async t => {
  const { port } = await listenTls(t, { key, cert }, [], '::1')
  const context = fakeContext({ rules: [{ match: host, to: `vpce.example:${port}` }] })
  context.resolver.cache('vpce.example', '127.0.0.2', '::1')
  const factory = createFactory(context)
  for (const ssl of [{ family: 6 }, { localAddress: '::1' }, { family: 6, localAddress: '::1' }]) {
    const socket = factory({ host, port: 9093, ssl: { ...ssl, ca: cert }, onConnect: () => undefined })
    t.teardown(() => socket.destroy())
    t.equal(await fateOf(socket, true), 'connect', JSON.stringify(ssl))
    t.equal(socket.remoteAddress, '::1')
  }
  context.resolver.cache('vpce.example', '127.0.0.2')
  context.resolver.answers('vpce.example', { addresses: ['127.0.0.2'] })
  const socket = factory({ host, port: 9093, ssl: { localAddress: '::1' } as Ssl, onConnect: () => undefined })
  t.match(await fateOf(socket, true), { code: 'ENOTFOUND', message: 'no IPv6 address' })
})

t.test('a black hole before the right address does not spoil the handshake', async t => {
  const { port } = await listenTls(t, { key, cert }, [], '127.0.0.3')
  await blackHole(t, '127.0.0.2', port)
  const context = fakeContext({
    rules: [{ match: host, to: `vpce.example:${port}` }],
    settings: { connectAttemptMs: 20 },
  })
  context.resolver.cache('vpce.example', '127.0.0.2', '127.0.0.3')
  const socket = createFactory(context)({ host, port: 9093, ssl: { ca: cert }, onConnect: () => undefined })
  t.teardown(() => socket.destroy())
  t.equal(await fateOf(socket, true), 'connect')
  t.equal(socket.remoteAddress, '127.0.0.3')
})

t.test('the next address is dialled after one that accepts and never answers', async t => {
  const silent = await listen(t, '127.0.0.2')
  const good = await listenTls(t, { key, cert }, [], '127.0.0.3')
  const rules = [{ match: host, to: [`127.0.0.2:${silent.port}`, `127.0.0.3:${good.port}`] }]
  const context = fakeContext({ rules })
  const factory = createFactory(context)
  const dial = () => factory({ host, port: 9093, ssl: { ca: cert }, onConnect: () => undefined })
  const first = dial()
  await once(first, 'connect')
  context.age(1000)
  first.end()
  const second = dial()
  t.teardown(() => second.destroy())
  t.equal(await fateOf(second, true), 'connect')
  t.equal(second.remoteAddress, '127.0.0.3')
})

t.test('a server that closes in the handshake is told with what was tried, and counts as failed', async t => {
  const server = await listen(t, '127.0.0.2')
  server.server.on('connection', socket => socket.destroy())
  const context = fakeContext({ rules: [{ match: host, to: `127.0.0.2:${server.port}` }] })
  const socket = createFactory(context)({ host, port: 9093, ssl: true, onConnect: () => undefined })
  const message = `tried 127.0.0.2:${server.port} (ECONNRESET before TLS was up)`
  t.match(await fateOf(socket, true), { code: 'ECONNRESET', message })
  t.not(context.health.failedAtMs('127.0.0.2', server.port), undefined)
})

t.test('before the first map is in force a TLS connect waits too', async t => {
  const names: (string | false)[] = []
  const { port } = await listenTls(t, { key, cert }, names, '127.0.0.2')
  for (const name of [host, literal]) {
    const context = fakeContext({ map: null })
    context.resolver.answers('vpce.example', { addresses: ['127.0.0.2'] })
    const socket = createFactory(context)({ host: name, port: 9, ssl: { ca: cert }, onConnect: () => undefined })
    t.teardown(() => socket.destroy())
    setImmediate(() => context.setMap(fakeMap([{ match: name, to: `vpce.example:${port}` }])))
    t.equal(await fateOf(socket, true), 'connect')
    t.match(socket, { remotePort: port, authorized: true })
  }
  t.strictSame(await sni(names, 2), [host, false])
})

t.test('without a rule the TLS socket is as kafkajs makes it', async t => {
  const { key, cert } = certificateFor(t, 'IP:127.0.0.2')
  const { port } = await listenTls(t, { key, cert }, [], '127.0.0.2')
  const factory = createFactory(fakeContext({ rules: [{ match: host, to: 'vpce.example' }] }))
  const socket = factory({ host: '127.0.0.2', port, ssl: { ca: cert }, onConnect: () => undefined })
  t.teardown(() => socket.destroy())
  t.equal(await fateOf(socket, true), 'connect')
  const failing = factory({ host: '127.0.0.2', port, ssl: true, onConnect: () => undefined })
  t.match(await fateOf(failing, true), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    message: `(kafka-split-dns: no rule matches 127.0.0.2:${port})`,
  })
})

for (const [name, check] of [
  [
    'throws',
    () => {
      throw new Error('on purpose')
    },
  ],
  ['returns a promise that rejects', () => Promise.reject(new Error('later'))],
] as const) {
  t.test(`a checkServerIdentity that ${name} fails the connect, and nothing else`, async t => {
    const { port } = await listenTls(t, { key, cert })
    for (const broker of [host, literal]) {
      const context = fakeContext({ rules: [{ match: broker, to: `127.0.0.1:${port}` }] })
      // A check that answers later is a mistake that types would not let pass.
      const checkServerIdentity = check as unknown as () => undefined
      const ssl = { ca: cert, checkServerIdentity }
      const socket = createFactory(context)({ host: broker, port: 9093, ssl, onConnect: () => t.fail() })
      t.match(await fateOf(socket, true), { message: name === 'throws' ? /^on purpose/ : /returned a promise/ })
    }
  })
}
