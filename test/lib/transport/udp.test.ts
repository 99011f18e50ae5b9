import { createSocket } from 'node:dgram'
import { getEventListeners, once } from 'node:events'
import t from 'tap'
import { UdpTransport } from '../../../lib/transport/udp.js'
import { respond } from '../../servers/dns-message.js'
import { startDnsServer } from '../../servers/dns-server.js'
import { ask, goodHandler, goodParts, goodResponse, kinds, name, openServer, openTransport } from './fixture.js'

t.test('a truncated answer is asked again over TCP, and its records are dropped', async t => {
  const server = await openServer(t, query => {
    const whole = respond(query, goodParts)
    return query.via === 'tcp' ? whole : respond(query, { truncated: true, answers: [`${name}. 30 IN A 192.0.2.66`] })
  })
  t.same(await ask(openTransport(t), server.upstream('udp')), goodResponse)
  t.same(
    server.queries.map(({ via }) => via),
    ['udp', 'tcp'],
  )
})

t.test('a truncated answer may be cut anywhere behind its question', async t => {
  const full = { truncated: true, answers: [1, 2, 3].map(last => `${name}. 30 IN A 192.0.2.${last}`) }
  for (const octets of [1, 5, 17, 34, 43]) {
    const server = await openServer(t, query =>
      query.via === 'tcp' ? respond(query, goodParts) : respond(query, full).subarray(0, -octets),
    )
    t.same(await ask(openTransport(t), server.upstream('udp')), goodResponse, `${octets} octets less`)
  }
})

t.test('a truncated answer of a server without TCP fails with what TCP said', async t => {
  const server = await openServer(t, query => respond(query, { truncated: true }), { tcp: false })
  await t.rejects(ask(openTransport(t), server.upstream('udp')), {
    code: 'ECONNREFUSED',
    reason: /^the answer was too long for UDP; over TCP: connect ECONNREFUSED 127\.0\.0\.1:\d+$/,
  })
})

t.test('an abort during the second attempt over TCP rejects with its reason', async t => {
  const controller = new AbortController()
  const server = await openServer(t, query => {
    if (query.via === 'udp') return respond(query, { truncated: true })
    controller.abort(new Error('too late'))
    return undefined
  })
  await t.rejects(ask(openTransport(t), server.upstream('udp'), { signal: controller.signal }), { message: 'too late' })
})

t.test('each query has a port and an id of its own', async t => {
  const ports = new Set<number>()
  const ids = new Set<number>()
  const socket = createSocket('udp4')
  socket.on('message', (bytes, from) => {
    ports.add(from.port)
    ids.add(bytes.readUInt16BE(0))
    socket.send(Buffer.from(bytes.subarray(0, 2)), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  const { port } = socket.address()
  const controller = new AbortController()
  const transport = openTransport(t)
  const upstream = { kind: 'udp', label: `udp://127.0.0.1:${port}`, address: '127.0.0.1', port } as const
  const asked = Array.from({ length: 50 }, () => ask(transport, upstream, { signal: controller.signal }).catch(() => 0))
  while (ports.size < 50) await new Promise(setImmediate)
  controller.abort()
  await Promise.all(asked)
  // Two of 50 ids are the same by chance once in 54 runs, five never.
  t.ok(ids.size > 45, `${ids.size} ids of 50`)
})

t.test('a packet from another port is nothing', async t => {
  const stranger = createSocket('udp4')
  stranger.bind(0, '127.0.0.1')
  await once(stranger, 'listening')
  t.teardown(() => stranger.close())
  const server = createSocket('udp4')
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address()
  const answer = ask(openTransport(t), { kind: 'udp', label: 'udp://server', address: '127.0.0.1', port })
  const [bytes, from] = (await once(server, 'message')) as [Buffer, { port: number; address: string }]
  const query = { id: bytes.readUInt16BE(0), name, type: 'A', edns: false, recursionDesired: true, bytes }
  const forged = respond(query, { answers: [`${name}. 30 IN A 192.0.2.66`] })
  await new Promise(resolve => stranger.send(forged, from.port, from.address, resolve))
  server.send(respond(query, goodParts), from.port, from.address)
  t.same(await answer, goodResponse)
})

t.test('of 1,000 names at once none is lost, and at most 100 are in flight', async t => {
  let inFlight = 0
  let most = 0
  const server = await openServer(t, async query => {
    most = Math.max(most, ++inFlight)
    await new Promise(setImmediate)
    inFlight--
    return respond(query, { answers: [`${query.name}. 30 IN A 192.0.2.1`] })
  })
  const transport = openTransport(t)
  const names = Array.from({ length: 1000 }, (_, index) => `b${index}.kafka.example`)
  const answers = await Promise.all(names.map(each => ask(transport, server.upstream('udp'), { name: each })))
  t.same(
    answers.map(({ answers: [first] }) => first?.owner),
    names,
  )
  t.ok(most <= 100, `${most} in flight`)
})

t.test('a silent server holds up its own queue alone, and an abort empties it', async t => {
  const silent = await openServer(t, () => undefined)
  const server = await openServer(t)
  const transport = openTransport(t)
  const controller = new AbortController()
  const { signal } = controller
  const waiting = Array.from({ length: 300 }, () => ask(transport, silent.upstream('udp'), { signal }))
  t.same(await ask(transport, server.upstream('udp')), goodResponse)
  controller.abort(new Error('gone'))
  for (const { status } of await Promise.allSettled(waiting)) t.equal(status, 'rejected')
  t.ok(silent.queries.length <= 100, 'those in the queue were never sent')
})

t.test('after all slots were aborted, the next question is sent', async t => {
  let isSilent = true
  const server = await openServer(t, query => (isSilent ? undefined : goodHandler(query)))
  const transport = openTransport(t)
  const controller = new AbortController()
  const { signal } = controller
  const waiting = Array.from({ length: 150 }, () => ask(transport, server.upstream('udp'), { signal }))
  controller.abort()
  await Promise.allSettled(waiting)
  isSilent = false
  t.same(await ask(transport, server.upstream('udp')), goodResponse)
})

t.test('close rejects what waits for a slot without sending it', async t => {
  const server = await startDnsServer({ udp: true }, () => undefined)
  t.teardown(() => server.close())
  const transport = new UdpTransport()
  const { label, port } = { label: 'udp://server', ...(server.upstream('udp') as { port: number }) }
  const question = { name, type: 'A' } as const
  const options = { signal: new AbortController().signal, edns: true }
  const asked = Array.from({ length: 500 }, () =>
    transport.exchange({ label, address: '127.0.0.1', port }, question, options),
  )
  transport.close()
  for (const each of await Promise.allSettled(asked)) t.match(each, { status: 'rejected', reason: { code: 'ECLOSED' } })
  await new Promise(setImmediate)
  t.ok(server.queries.length <= 100)
})

t.test('an address that no route leads to is an error, not a throw', async t => {
  const transport = openTransport(t)
  for (const address of ['255.255.255.255', 'fe80::1%nowhere']) {
    await t.rejects(ask(transport, { kind: 'udp', label: 'udp://server', address, port: 9 }), {
      name: 'TransportError',
    })
  }
})

t.test('a queue of thousands that all fail at once does not overflow the stack', async t => {
  const transport = openTransport(t)
  const upstream = { kind: 'udp', label: 'udp://server', address: '255.255.255.255', port: 9 } as const
  const asked = await Promise.allSettled(Array.from({ length: 5_000 }, () => ask(transport, upstream)))
  t.ok(asked.every(({ status }) => status === 'rejected'))
})

t.test('an exchange leaves no listener on its signal', async t => {
  const server = await openServer(t)
  const transport = openTransport(t)
  const { signal } = new AbortController()
  for (const kind of kinds) {
    await ask(transport, server.upstream(kind), { signal })
    await new Promise(setImmediate)
    t.same(getEventListeners(signal, 'abort'), [], kind)
  }
})
