import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { createFactory } from '../../../src/connect/socket-factory.js'
import { fakeContext, type ContextOptions, type FakeContext } from './fixtures/fakes.js'
import { blackHole, deadPort, fateOf, listen, type Teardown } from './fixtures/servers.js'

const host = 'b0.kafka.example'

function setUp(t: Test, options: ContextOptions) {
  // Penalties end when the test says so.
  const clock = { ms: 0 }
  const context = fakeContext({ now: () => clock.ms, ...options })
  const factory = createFactory(context)
  const connect = async (port: number) => {
    const attempted: string[] = []
    const socket = factory({ host, port, onConnect: () => undefined })
    socket.on('connectionAttempt', (address: string, at: number) => attempted.push(`${address}:${at}`))
    t.teardown(() => socket.destroy())
    return { socket, fate: await fateOf(socket), attempted }
  }
  return { clock, context, factory, connect }
}

const isFailed = (context: FakeContext, address: string, port: number) =>
  context.health.failedAtMs(address, port) !== undefined

/** Listens at several loopback addresses on one port. */
async function listenAll(t: Teardown, ...hosts: string[]): Promise<number> {
  const [first = '127.0.0.1', ...rest] = hosts
  const { port } = await listen(t, first)
  for (const host of rest) await listen(t, host, port)
  return port
}

t.test('a refusing address is passed over at once, counts as failed, and goes last for a while', async t => {
  const { port } = await listen(t, '127.0.0.3')
  const { context, connect, clock } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.2', '127.0.0.3')
  const first = await connect(port)
  t.equal(first.fate, 'connect')
  t.strictSame(first.attempted, [`127.0.0.2:${port}`, `127.0.0.3:${port}`])
  t.ok(isFailed(context, '127.0.0.2', port))
  t.match(context.events.connect, [{ tried: [{ outcome: 'ECONNREFUSED' }, { outcome: 'connected' }] }])
  t.strictSame((await connect(port)).attempted, [`127.0.0.3:${port}`])
  clock.ms += 1000
  t.strictSame((await connect(port)).attempted, [`127.0.0.2:${port}`, `127.0.0.3:${port}`], 'its second is over')
  clock.ms += 1999
  t.strictSame((await connect(port)).attempted, [`127.0.0.3:${port}`], 'two seconds now')
  clock.ms += 1
  await listen(t, '127.0.0.2', port)
  t.equal((await connect(port)).socket.remoteAddress, '127.0.0.2')
  t.notOk(isFailed(context, '127.0.0.2', port), 'success clears')
})

t.test('so does a target that is an address itself, longer each time', async t => {
  const { port } = await listen(t, '127.0.0.3')
  const { connect, clock } = setUp(t, { rules: [{ match: host, to: ['127.0.0.2', '127.0.0.3'] }] })
  const [both, second] = [[`127.0.0.2:${port}`, `127.0.0.3:${port}`], [`127.0.0.3:${port}`]]
  for (const [passMs, attempted] of [
    [0, both],
    [0, second],
    [1000, both],
    [1999, second],
    [1, both],
  ] as const) {
    clock.ms += passMs
    t.strictSame((await connect(port)).attempted, attempted, `at ${clock.ms} ms`)
  }
})

t.test('a black hole is left after connectAttemptMs, and counts as failed because the next was sooner', async t => {
  const port = await blackHole(t, '127.0.0.2')
  await listen(t, '127.0.0.3', port)
  const { context, connect } = setUp(t, {
    rules: [{ match: host, to: 'vpce.example' }],
    settings: { connectAttemptMs: 30 },
  })
  context.resolver.cache('vpce.example', '127.0.0.2', '127.0.0.3')
  const { fate, socket } = await connect(port)
  t.equal(fate, 'connect')
  t.equal(socket.remoteAddress, '127.0.0.3')
  t.ok(isFailed(context, '127.0.0.2', port))
  t.match(context.events.connect, [{ tried: [{ outcome: 'timeout' }, { outcome: 'connected' }] }])
})

t.test('a single address is not left after connectAttemptMs: Node gives it all the time there is', async t => {
  const port = await blackHole(t, '127.0.0.2')
  await blackHole(t, '127.0.0.3', port)
  const { context, factory } = setUp(t, {
    rules: [
      { match: host, to: 'single.example' },
      { match: 'b1.kafka.example', to: 'double.example' },
    ],
    settings: { connectAttemptMs: 20 },
  })
  context.resolver.cache('single.example', '127.0.0.2').cache('double.example', '127.0.0.2', '127.0.0.3')
  const [single, double] = [host, 'b1.kafka.example'].map(name => {
    const socket = factory({ host: name, port, onConnect: () => undefined })
    t.teardown(() => socket.destroy())
    return socket
  })
  // The second began later, so the first has had that time too.
  await new Promise(resolve => double?.once('connectionAttemptTimeout', resolve))
  t.match(single, { connecting: true, destroyed: false })
})

t.test('an address whose time ran out does not count where the next refused', async t => {
  const port = await blackHole(t, '127.0.0.2')
  const { context, connect } = setUp(t, {
    rules: [{ match: host, to: 'vpce.example' }],
    settings: { connectAttemptMs: 30 },
  })
  context.resolver.cache('vpce.example', '127.0.0.2', '127.0.0.3')
  const { fate } = await connect(port)
  t.match(fate, {
    code: 'ETIMEDOUT',
    message: `connect ETIMEDOUT ${host}:${port} (kafka-split-dns: ${host}:${port} -> vpce.example:${port} by rule '${host}' (test map:1); tried 127.0.0.2:${port} (no answer in 30 ms), 127.0.0.3:${port} (ECONNREFUSED))`,
  })
  t.notOk(isFailed(context, '127.0.0.2', port))
  t.ok(isFailed(context, '127.0.0.3', port))
})

t.test('given up by the client, the address that is being tried has failed and those before it have not', async t => {
  const port = await blackHole(t, '127.0.0.2')
  await blackHole(t, '127.0.0.3', port)
  const { context, factory } = setUp(t, {
    rules: [{ match: host, to: 'vpce.example' }],
    settings: { connectAttemptMs: 20 },
  })
  context.resolver.cache('vpce.example', '127.0.0.2', '127.0.0.3')
  const socket = factory({ host, port, onConnect: () => undefined })
  await new Promise<void>(resolve => {
    socket.on('connectionAttempt', (address: string) => {
      if (address === '127.0.0.3') setImmediate(resolve)
    })
  })
  context.age(1000)
  socket.end()
  t.ok(socket.destroyed)
  t.notOk(isFailed(context, '127.0.0.2', port))
  t.ok(isFailed(context, '127.0.0.3', port))
})

t.test('at most three addresses are tried', async t => {
  const port = await deadPort('127.0.0.2')
  const { context, connect } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  const addresses = [2, 3, 4, 5, 6].map(n => `127.0.0.${n}`)
  context.resolver.cache('vpce.example', ...addresses)
  const { attempted } = await connect(port)
  t.strictSame(attempted, [`127.0.0.2:${port}`, `127.0.0.3:${port}`, `127.0.0.4:${port}`])
  const second = await connect(port)
  t.strictSame(
    second.attempted,
    [`127.0.0.5:${port}`, `127.0.0.6:${port}`, `127.0.0.2:${port}`],
    'the failed ones last',
  )
})

t.test('one family: IPv4 first, IPv6 when all IPv4 addresses have failed', async t => {
  const { port } = await listen(t, '::1')
  const { context, connect } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.2', '127.0.0.3', '::1')
  const first = await connect(port)
  t.match(first.fate, { code: 'ECONNREFUSED' })
  t.strictSame(first.attempted, [`127.0.0.2:${port}`, `127.0.0.3:${port}`])
  const second = await connect(port)
  t.equal(second.fate, 'connect')
  t.strictSame(second.attempted, [`::1:${port}`])
})

t.test('all addresses failed: the name is resolved afresh, at most once a second', async t => {
  const { port } = await listen(t, '127.0.0.4')
  const { context, connect, clock } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.2').answers('vpce.example', { addresses: ['127.0.0.3'] })
  await connect(port)
  t.strictSame(context.resolver.asked, [], 'the cache serves')
  await connect(port)
  t.match(context.resolver.asked, [{ name: 'vpce.example', options: { fresh: true } }])
  context.resolver.cache('vpce.example', '127.0.0.3').answers('vpce.example', { addresses: ['127.0.0.4'] })
  t.match((await connect(port)).fate, { code: 'ECONNREFUSED' })
  t.equal(context.resolver.asked.length, 1, 'not within the second')
  // Nothing clears the two dead ones in this second: they failed again just now.
  clock.ms += 999
  await connect(port)
  t.equal(context.resolver.asked.length, 1)
  clock.ms += 1
  context.health.failed('127.0.0.3', port)
  t.equal((await connect(port)).fate, 'connect', 'the endpoint that was made anew is found')
  t.equal(context.resolver.asked.length, 2)
})

t.test('a failed fresh look-up leaves the old addresses to be tried', async t => {
  const port = await deadPort('127.0.0.2')
  const { context, connect } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.2')
  await connect(port)
  await listen(t, '127.0.0.2', port)
  t.equal((await connect(port)).fate, 'connect')
  t.equal(context.resolver.asked.length, 1)
})

t.test('addresses that are given as such are never asked for', async t => {
  const port = await deadPort('127.0.0.2')
  const { context, connect } = setUp(t, { rules: [{ match: host, to: '127.0.0.2' }] })
  await connect(port)
  await connect(port)
  t.strictSame(context.resolver.asked, [])
})

t.test('several targets', async t => {
  t.test('of one port are tried in one connect, in order', async t => {
    const port = await listenAll(t, '127.0.0.3')
    const { context, connect } = setUp(t, { rules: [{ match: host, to: ['a.example', 'b.example'] }] })
    context.resolver.cache('a.example', '127.0.0.2').cache('b.example', '127.0.0.3')
    const { fate, attempted } = await connect(port)
    t.equal(fate, 'connect')
    t.strictSame(attempted, [`127.0.0.2:${port}`, `127.0.0.3:${port}`])
    t.match(context.events.connect, [{ target: 'b.example', address: '127.0.0.3' }])
  })

  t.test('one without an address does not spoil the others', async t => {
    const port = await listenAll(t, '127.0.0.3')
    const { context, connect } = setUp(t, { rules: [{ match: host, to: ['a.example', 'b.example'] }] })
    context.resolver.answers('b.example', { addresses: ['127.0.0.3'] })
    t.equal((await connect(port)).fate, 'connect')
  })

  t.test('one that is slow to resolve is not waited for where the first has an address', async t => {
    const port = await listenAll(t, '127.0.0.3')
    const { context, connect } = setUp(t, { rules: [{ match: host, to: ['a.example', 'b.example'] }] })
    context.resolver.answers('a.example', { addresses: ['127.0.0.3'] }).answers('b.example', 'never')
    t.equal((await connect(port)).fate, 'connect')
  })

  t.test('of another port come at the next attempt', async t => {
    const { port } = await listen(t, '127.0.0.3')
    const dead = await deadPort('127.0.0.2')
    const { context, connect } = setUp(t, {
      rules: [{ match: host, to: [`a.example:${dead}`, `b.example:${port}`, `c.example:${dead}`] }],
    })
    context.resolver.cache('a.example', '127.0.0.2').cache('b.example', '127.0.0.3').cache('c.example', '127.0.0.4')
    const first = await connect(9092)
    t.match(first.fate, { code: 'ECONNREFUSED' })
    t.strictSame(first.attempted, [`127.0.0.2:${dead}`, `127.0.0.4:${dead}`])
    const second = await connect(9092)
    t.equal(second.fate, 'connect')
    t.strictSame(second.attempted, [`127.0.0.3:${port}`])
  })

  t.test('a target whose name fails gives way at the next attempt, for its penalty', async t => {
    const { port } = await listen(t, '127.0.0.3')
    const { context, connect, clock } = setUp(t, {
      rules: [{ match: host, to: ['a.example:9', `b.example:${port}`] }],
    })
    context.resolver.cache('b.example', '127.0.0.3')
    t.match((await connect(9092)).fate, { code: 'ENOTFOUND' })
    t.equal((await connect(9092)).fate, 'connect')
    clock.ms += 1000
    t.match((await connect(9092)).fate, { code: 'ENOTFOUND' }, 'the first is tried again')
  })

  t.test('all failed: the one that failed longest ago is tried', async t => {
    const [a, b] = [await deadPort('127.0.0.2'), await deadPort('127.0.0.3')]
    const { context, connect, clock } = setUp(t, {
      rules: [{ match: host, to: [`a.example:${a}`, `b.example:${b}`] }],
    })
    context.resolver.cache('a.example', '127.0.0.2').cache('b.example', '127.0.0.3')
    const tried: string[] = []
    for (let attempt = 0; attempt < 4; attempt += 1) {
      tried.push(...(await connect(9092)).attempted)
      clock.ms += 1
    }
    t.strictSame(tried, [`127.0.0.2:${a}`, `127.0.0.3:${b}`, `127.0.0.2:${a}`, `127.0.0.3:${b}`])
  })

  t.test('one that the guard refuses does not spoil the others', async t => {
    const port = await listenAll(t, '127.0.0.3')
    const { context, connect } = setUp(t, { rules: [{ match: host, to: ['a.example', 'b.example'] }] })
    context.resolver.cache('a.example', '169.254.169.254').cache('b.example', '127.0.0.3')
    const { fate, attempted } = await connect(port)
    t.equal(fate, 'connect')
    t.strictSame(attempted, [`127.0.0.3:${port}`])
  })
})

t.test('what this machine lacks says nothing about an address', async t => {
  const { port } = await listen(t, '127.0.0.2')
  const { context, factory } = setUp(t, { rules: [{ match: host, to: 'vpce.example' }] })
  context.resolver.cache('vpce.example', '127.0.0.2')
  const socket: Socket = factory({ host, port, onConnect: () => undefined })
  const error = Object.assign(new Error('connect EMFILE 127.0.0.2'), { code: 'EMFILE' })
  socket.once('connectionAttempt', () => setImmediate(() => socket.destroy(error)))
  const fate = fateOf(socket)
  socket.emit('connectionAttemptFailed', '127.0.0.2', port, 4, error)
  await fate
  t.notOk(isFailed(context, '127.0.0.2', port))
})
