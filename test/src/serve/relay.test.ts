import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, createServer, Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { codeOf } from '../../../lib/thrown.js'
import type { RelayPayload } from '../../../src/observe/events.js'
import { AddressPool } from '../../../src/serve/server/relay/address-pool.js'
import { Relay } from '../../../src/serve/server/relay/relay.js'
import { readServeOptions } from '../../../src/serve/options.js'
import { closedPort } from '../../servers/dns-server.js'
import { broker, dial, readAll, world } from './fixture.js'

// Ports of brokers: nothing listens on these addresses, whatever else runs on the machine.
const pool = '127.84.0.0/16'
const port = 19_092

const addressOf = (reply: string) => /^NOERROR (127\.84\.\d+\.\d+) ttl 30$/.exec(reply)?.[1] ?? reply

t.test('a name whose port a rule sets has an address of its own, and leads to the target', async t => {
  const { port: target } = await broker(t, socket => socket.pipe(socket))
  const { ask, relays } = await world(t, {
    options: { map: `b-{n:int}.x.example=127.0.0.1:{${target} + n - n}` },
    serve: { ports: [port], pool },
  })
  const one = addressOf(await ask('b-1.x.example'))
  const two = addressOf(await ask('b-2.x.example'))
  t.match(one, /^127\.84\./)
  t.not(one, two)
  t.equal(addressOf(await ask('b-1.x.example')), one, 'the same each time')
  t.equal(await ask('b-1.x.example', 28), 'NOERROR soa 30')
  const socket = await dial(one, port)
  socket.end('hello')
  t.equal(await readAll(socket), 'hello')
  await once(socket, 'close')
  while (relays.length < 2) await sleep(5)
  t.match(relays, [
    { outcome: 'opened', host: 'b-1.x.example', port },
    { outcome: 'closed', sent: 5, received: 5, error: null },
  ])
})

t.test("the pattern's ports are listened on, those that no rule leads anywhere are not", async t => {
  const { port: target } = await broker(t, socket => socket.end('nine'))
  const patternPort = await closedPort()
  const { ask } = await world(t, {
    options: { map: `b.x.example:${patternPort}=127.0.0.1:${target}` },
    serve: { ports: [port], pool },
  })
  const address = addressOf(await ask('b.x.example'))
  t.equal(await readAll(await dial(address, patternPort)), 'nine')
  await t.rejects(dial(address, port), { code: 'ECONNREFUSED' })
})

t.test('half-closed either way, bytes of one side still reach the other', async t => {
  const { port: target } = await broker(t, socket => {
    // Answers only what is whole, as a server that reads to the end.
    const chunks: Buffer[] = []
    socket.on('data', chunk => chunks.push(chunk)).on('end', () => socket.end(Buffer.concat(chunks).reverse()))
  })
  let late: Promise<string> | undefined
  const { port: early } = await broker(t, socket => {
    socket.end('first')
    late = readAll(socket)
  })
  const { ask } = await world(t, {
    options: { map: `one.x.example=127.0.0.1:${target},two.x.example=127.0.0.1:${early}` },
    serve: { ports: [port], pool },
  })
  const one = await dial(addressOf(await ask('one.x.example')), port)
  one.end('abc')
  t.equal(await readAll(one), 'cba')
  const two = await dial(addressOf(await ask('two.x.example')), port)
  t.equal(await readAll(two), 'first')
  two.end('after the end')
  t.equal(await late, 'after the end')
})

t.test('neither side sends faster than the other reads', async t => {
  const total = 64_000_000
  let received = 0
  let sent = 0
  let sentUnread = total
  const { port: target } = await broker(t, socket => {
    socket.pause()
    setTimeout(() => {
      sentUnread = sent
      socket.resume().on('data', chunk => (received += chunk.length))
    }, 500)
    socket.on('end', () => socket.end())
  })
  const { ask } = await world(t, {
    options: { map: `b.x.example=127.0.0.1:${target}` },
    serve: { ports: [port], pool },
  })
  const socket = await dial(addressOf(await ask('b.x.example')), port)
  const chunk = Buffer.alloc(64_000)
  while (sent < total) {
    sent += chunk.length
    if (!socket.write(chunk)) await once(socket, 'drain')
  }
  socket.end()
  t.equal(await readAll(socket), '')
  t.equal(received, total)
  // What the system's four socket buffers hold, and two of Node's.
  t.ok(sentUnread < total / 2, `${sentUnread} octets were taken while nothing was read`)
})

t.test(
  'a broker that can not be reached, or breaks off, resets the client, and the message is the factory’s',
  async t => {
    const dead = await closedPort()
    const { port: breaking } = await broker(t, socket => socket.once('data', () => socket.resetAndDestroy()))
    const { ask, relays, warnings } = await world(t, {
      options: { map: `dead.x.example=127.0.0.1:${dead},breaking.x.example=127.0.0.1:${breaking}` },
      serve: { ports: [port], pool },
    })
    t.equal(await readAll(await dial(addressOf(await ask('dead.x.example')), port)), 'ECONNRESET')
    const socket = await dial(addressOf(await ask('breaking.x.example')), port)
    socket.write('x')
    t.equal(await readAll(socket), 'ECONNRESET')
    while (relays.filter(({ outcome }) => outcome !== 'opened').length < 2) await sleep(5)
    t.same(
      relays.filter(({ outcome }) => outcome !== 'opened').map(({ outcome }) => outcome),
      ['failed', 'reset'],
    )
    t.match(
      warnings.find(text => text.includes('dead.x.example')),
      /ECONNREFUSED.*dead\.x\.example:19092 -> /s,
    )
  },
)

t.test('a client that breaks off resets the broker', async t => {
  const codes: string[] = []
  const { port: target } = await broker(t, socket => void readAll(socket).then(code => codes.push(code)))
  const { ask } = await world(t, {
    options: { map: `b.x.example=127.0.0.1:${target}` },
    serve: { ports: [port], pool },
  })
  const socket = await dial(addressOf(await ask('b.x.example')), port)
  socket.write('x')
  await sleep(50)
  socket.resetAndDestroy()
  while (codes.length === 0) await sleep(5)
  t.same(codes, ['ECONNRESET'])
})

t.test('after a reload later connections go elsewhere, and none where no rule leads', async t => {
  const first = await broker(t, socket => socket.end('first'))
  const second = await broker(t, socket => socket.end('second'))
  const file = join(t.testdir({}), 'map.yaml')
  const write = (rules: string) => writeFileSync(file, `rules: [${rules}]`)
  write(`{ match: b.x.example, to: "127.0.0.1:${first.port}" }`)
  const { ask, warnings } = await world(t, { options: { mapFile: file }, serve: { ports: [port], pool } })
  const address = addressOf(await ask('b.x.example'))
  const read = () => dial(address, port).then(readAll, (error: unknown) => codeOf(error) ?? '')
  t.equal(await read(), 'first')
  write(`{ match: b.x.example, to: "127.0.0.1:${second.port}" }`)
  let found = ''
  for (let tries = 0; tries < 100 && found !== 'second'; tries++) {
    found = await read()
    await sleep(50)
  }
  t.equal(found, 'second')
  write('')
  for (let tries = 0; tries < 100 && found !== 'ECONNRESET'; tries++) {
    found = await read()
    await sleep(50)
  }
  t.equal(found, 'ECONNRESET')
  t.ok(warnings.some(text => text.includes('b.x.example:19092 was refused: no rule maps it now')))
})

for (const onMove of ['reconnect', 'keep'] as const) {
  t.test(`onMove ${onMove} holds for a relayed connection whose target a reload takes away`, async t => {
    const first = await broker(t, socket => socket.write('first'))
    const second = await broker(t, socket => socket.write('second'))
    const file = join(t.testdir({}), 'map.yaml')
    const write = ({ port }: { port: number }) =>
      writeFileSync(file, `rules: [{ match: b.x.example, to: "127.0.0.1:${port}" }]`)
    write(first)
    const { ask, relays } = await world(t, { options: { mapFile: file, onMove }, serve: { ports: [port], pool } })
    const address = addressOf(await ask('b.x.example'))
    const greeting = async (socket: Socket) => String(await once(socket, 'data'))
    const live = await dial(address, port)
    t.equal(await greeting(live), 'first')
    const over = readAll(live)
    write(second)
    let found = ''
    for (let tries = 0; tries < 100 && found !== 'second'; tries++) {
      await sleep(50)
      const socket = await dial(address, port)
      found = await greeting(socket)
      socket.destroy()
    }
    t.equal(found, 'second', 'later connections are led to the new target')
    if (onMove === 'reconnect') t.equal(await over, 'ECONNRESET')
    const moved = relays.filter(({ error }) =>
      error?.includes('ended the connection of b.x.example:19092 to 127.0.0.1:'),
    )
    t.match(moved, onMove === 'keep' ? [] : [{ outcome: 'reset', host: 'b.x.example', port }])
    t.equal(moved.length, onMove === 'keep' ? 0 : 1)
    live.destroy()
  })
}

/** A relay of its own at one name, whose connects to the broker never end; the map of `isMapped` leads everywhere. */
async function silentRelay(t: Test, limits: { maxConnections?: number; connectTimeoutMs?: number }) {
  const brokers: Socket[] = []
  const relays: RelayPayload[] = []
  const warnings: string[] = []
  const relay = new Relay({
    pool: readServeOptions({ pool }).pool,
    socketFactory: () => {
      const socket = new Socket()
      brokers.push(socket)
      return socket
    },
    isMapped: () => true,
    report: payload => relays.push(payload),
    now: () => performance.now(),
    warn: message => warnings.push(message),
    ...limits,
  })
  t.teardown(() => relay.close(0))
  const address = (await relay.addressFor('limits.x.example', [port])) ?? ''
  return { relay, address, brokers, relays, warnings }
}

t.test('more connections than are relayed at a time are reset, and one is taken again once one is over', async t => {
  const { relay, address, brokers, relays, warnings } = await silentRelay(t, { maxConnections: 2 })
  const first = await dial(address, port)
  const second = await dial(address, port)
  while (relay.connections < 2) await sleep(5)
  for (let count = 0; count < 3; count++) t.equal(await readAll(connect(port, address)), 'ECONNRESET')
  t.same(warnings, ['a connection to limits.x.example:19092 was refused: 2 are relayed already'], 'once')
  t.same(
    relays.map(({ outcome }) => outcome),
    ['failed', 'failed', 'failed'],
  )
  brokers[0]?.destroy()
  while (relay.connections === 2) await sleep(5)
  const third = await dial(address, port)
  while (relay.connections < 2) await sleep(5)
  for (const socket of [first, second, third]) socket.on('error', () => undefined).destroy()
})

t.test('a broker that does not answer the connect is given up, and the client is reset', async t => {
  const { relay, address, brokers, relays, warnings } = await silentRelay(t, { connectTimeoutMs: 50 })
  t.equal(await readAll(connect(port, address)), 'ECONNRESET')
  while (relay.connections > 0) await sleep(5)
  t.ok(brokers.every(({ destroyed }) => destroyed))
  t.match(relays, [{ outcome: 'failed', error: 'the broker could not be reached in 50 ms' }])
  t.match(warnings, [/could not be reached in 50 ms/])
})

t.test('relay never: such names do not exist, and are named at start', async t => {
  const { ask, warnings } = await world(t, {
    options: { map: 'b.x.example=127.0.0.1:1,c.x.example=192.0.2.1' },
    serve: { relay: 'never' },
  })
  t.equal(await ask('b.x.example'), 'NXDOMAIN soa 1')
  t.equal(await ask('c.x.example'), 'NOERROR 192.0.2.1 ttl 30')
  t.match(warnings[0], /without the relay these rules are not served, because they set a port: 'b\.x\.example'/)
  const only = world(t, { options: { map: 'b.x.example=127.0.0.1:1' }, serve: { relay: 'never' } })
  await t.rejects(only, /without the relay nothing of this map can be served: every rule sets a port/)
})

t.test('on a system without the block only DNS is served, which is said; always is an error', async t => {
  const real = process.platform
  const pretend = (platform: string) => Object.defineProperty(process, 'platform', { value: platform })
  t.teardown(() => pretend(real))
  pretend('darwin')
  const map = 'b.x.example=127.0.0.1:1,c.x.example=192.0.2.1'
  const { ask, warnings } = await world(t, { options: { map }, serve: { pool } })
  t.match(
    warnings[0],
    /^no relay: this system has no addresses of 127\.84\.0\.0\/16, which Linux has, so only rules that/,
  )
  t.match(warnings[1], /without the relay these rules are not served, because they set a port: 'b\.x\.example'/)
  t.equal(await ask('b.x.example'), 'NXDOMAIN soa 1')
  t.equal(await ask('c.x.example'), 'NOERROR 192.0.2.1 ttl 30')
  const always = world(t, { options: { map }, serve: { pool, relay: 'always' } })
  await t.rejects(always, { code: 'ERR_SPLIT_DNS_CONFIG', message: /relay: always: this system has no addresses/ })
})

t.test('relay always: every name of the map has an address of its own', async t => {
  const { port: target } = await broker(t, socket => socket.end('always'))
  const { ask } = await world(t, {
    options: { map: 'b.x.example=127.0.0.1,no.x.example=refuse' },
    serve: { relay: 'always', ports: [target], pool },
  })
  t.equal(await readAll(await dial(addressOf(await ask('b.x.example')), target)), 'always')
  t.equal(await ask('no.x.example'), 'NXDOMAIN soa 5')
})

t.test('a port that is taken is named, and the name does not exist', async t => {
  const server = createServer().listen(0, '0.0.0.0')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  const taken = typeof address === 'object' ? (address?.port ?? 0) : 0
  const { ask, warnings } = await world(t, {
    options: { map: 'b.x.example=127.0.0.1:9' },
    serve: { ports: [taken], pool },
  })
  t.equal(await ask('b.x.example'), 'NXDOMAIN soa 1')
  t.match(warnings, [
    /^no relay for b\.x\.example:(\d+): 127\.84\.\d+\.\d+:\1 is in use: another process listens there, or at this port of/,
  ])
})

t.test('close waits until a connection is idle, and no longer than the grace time', async t => {
  const { port: target } = await broker(t, socket => socket.resume())
  const { ask, serving } = await world(t, {
    options: { map: `b.x.example=127.0.0.1:${target}` },
    serve: { ports: [port], pool, graceMs: 300 },
  })
  const address = addressOf(await ask('b.x.example'))
  const socket = await dial(address, port)
  const over = readAll(socket)
  // Towards the broker: Node takes a reset for an end where it comes with data.
  const timer = setInterval(() => socket.write('x'), 20)
  socket.on('close', () => clearInterval(timer))
  await serving.close()
  t.equal(await over, 'ECONNRESET', 'busy to the end')
  await t.rejects(dial(address, port), { code: 'ECONNREFUSED' })
})

t.test('an idle connection is ended in order by close', async t => {
  const { port: target } = await broker(t, socket => void readAll(socket).then(() => socket.end()))
  const { ask, serving } = await world(t, {
    options: { map: `b.x.example=127.0.0.1:${target}` },
    serve: { ports: [port], pool, graceMs: 10_000 },
  })
  const socket = await dial(addressOf(await ask('b.x.example')), port)
  const over = readAll(socket).then(text => {
    socket.end()
    return text
  })
  await serving.close()
  t.equal(await over, '')
})

t.test('addresses follow from names, none twice, and end where the block does', async t => {
  const block = readServeOptions({ pool: '127.84.0.0/24' }).pool
  const one = new AddressPool(block)
  const names = Array.from({ length: 300 }, (_, index) => `b-${index}.kafka.example`)
  const addresses = names.map(name => one.addressOf(name))
  const given = addresses.filter(address => address !== undefined)
  t.equal(given.length, 254)
  t.equal(new Set(given).size, 254)
  t.ok(given.every(address => /^127\.84\.0\.([1-9]\d*)$/.test(address) && address !== '127.84.0.255'))
  t.equal(one.addressOf('b-0.kafka.example'), addresses[0])
  t.equal(new AddressPool(block).addressOf('b-0.kafka.example'), addresses[0], 'across a restart too')
})
