import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import type { Handler } from '../../../lib/server/answerer.js'
import { startDnsServer } from '../../../lib/server/dns-server.js'
import { addressBody, codeBody, encodeReply, negativeBody } from '../../../lib/server/reply.js'
import { parseResponse } from '../../../lib/wire/response.js'
import { answerCount, askTcp, askUdp, frameOf, isTruncated, oneAddress, queryOf, rcodeOf, serve } from './fixture.js'

const closed = (socket: Socket) => new Promise(resolve => socket.on('error', () => undefined).on('close', resolve))
const question = { name: 'b0.kafka.example', type: 'A' } as const
const manyAddresses = Array.from({ length: 100 }, (_, index) => `192.0.2.${index + 1}`)
const many: Handler = query => encodeReply(query, addressBody(manyAddresses, 4, 30))

t.test('answers over UDP and TCP on one port, in a form that our own resolver reads', async t => {
  const server = await serve(oneAddress)
  t.teardown(() => server.close())
  const packet = queryOf('b0.KAFKA.example', 1, { payload: 1232 })
  const udp = await askUdp(server, packet)
  const [tcp] = await askTcp(server, frameOf(packet))
  const answers = [{ type: 'A', owner: 'b0.kafka.example', ttl: 30, address: '192.0.2.1' }]
  for (const answer of [udp, tcp]) {
    if (answer === undefined) throw new Error('no answer')
    t.match(parseResponse(answer, { id: 0x1234, question }), { rcode: 'NOERROR', truncated: false, answers })
    t.equal(answer.toString('latin1', 12, 30), packet.toString('latin1', 12, 30), 'the case of the letters is kept')
    t.equal(answer.readUInt16BE(2), 0x8180, 'QR, RD, RA')
  }
})

t.test('negative answers have a SOA record, whose minimum is the time that they live', async t => {
  const codes = new Map([
    ['nodata.example', 'NOERROR'],
    ['nxdomain.example', 'NXDOMAIN'],
  ] as const)
  const server = await serve(query =>
    encodeReply(query, negativeBody(query.name === 'nodata.example' ? 'NOERROR' : 'NXDOMAIN', 5)),
  )
  t.teardown(() => server.close())
  for (const [name, rcode] of codes) {
    const answer = await askUdp(server, queryOf(name))
    const response = parseResponse(answer ?? Buffer.alloc(0), { id: 0x1234, question: { name, type: 'A' } })
    t.match(response, { rcode, answers: [], negativeTtl: 5 })
  }
})

t.test(
  'an answer that is too long for UDP is truncated by the size that the client takes, and whole over TCP',
  async t => {
    const server = await serve(many)
    t.teardown(() => server.close())
    for (const [payload, truncated] of [
      [0, true],
      [100, true],
      [1232, true],
      [4096, false],
    ] as const) {
      const answer = await askUdp(server, queryOf('b0.kafka.example', 1, { payload }))
      t.equal(isTruncated(answer), truncated, `payload ${payload}`)
      t.equal(answerCount(answer), truncated ? 0 : 100)
      t.ok((answer?.length ?? 0) <= Math.max(payload, 512))
    }
    const [answer] = await askTcp(server, frameOf(queryOf('b0.kafka.example')))
    t.equal(answerCount(answer), 100)
  },
)

t.test('answers errors to what it can not read, and is silent where that could go on for ever', async t => {
  const server = await serve(oneAddress)
  t.teardown(() => server.close())
  const update = queryOf('b0.kafka.example')
  update[2] = 0x29
  t.equal(rcodeOf(await askUdp(server, update)), 4)
  t.equal(rcodeOf(await askUdp(server, queryOf('b0.kafka.example').subarray(0, 20))), 1)
  const response = queryOf('b0.kafka.example')
  response[2] = 0x80
  t.equal(await askUdp(server, response, 200), undefined)
  t.same(await askTcp(server, frameOf(response)), [])
})

t.test('a handler that fails, at once or later, answers SERVFAIL', async t => {
  const server = await serve(query => {
    if (query.name === 'later.example') return Promise.reject(new Error('later'))
    throw new Error('at once')
  })
  t.teardown(() => server.close())
  t.equal(rcodeOf(await askUdp(server, queryOf('now.example'))), 2)
  t.equal(rcodeOf(await askUdp(server, queryOf('later.example'))), 2)
  t.equal(server.pending, 0)
})

t.test('questions over the limit are answered with SERVFAIL at once', async t => {
  let release: (() => void) | undefined
  const gate = new Promise<void>(resolve => (release = resolve))
  const server = await serve(query => gate.then(() => encodeReply(query, codeBody('NOERROR'))), {
    limits: { questions: 1 },
  })
  t.teardown(() => server.close())
  const first = askUdp(server, queryOf('first.example'))
  while (server.pending === 0) await new Promise(resolve => setImmediate(resolve))
  t.equal(rcodeOf(await askUdp(server, queryOf('second.example'))), 2)
  release?.()
  t.equal(rcodeOf(await first), 0)
})

t.test('several questions of one TCP connection are answered, also where the client has ended its side', async t => {
  const server = await serve(query => Promise.resolve(encodeReply(query, addressBody(['192.0.2.7'], 4, 1))), {
    limits: { questionsPerConnection: 2 },
  })
  t.teardown(() => server.close())
  const ids = Array.from({ length: 50 }, (_, index) => index)
  const messages = await askTcp(server, Buffer.concat(ids.map(id => frameOf(queryOf('b0.kafka.example', 1, { id })))))
  t.same(
    messages.map(message => message.readUInt16BE(0)).sort((one, other) => one - other),
    ids,
  )
})

t.test('a TCP connection that sends no whole question in time is cut, however busily it sends octets', async t => {
  const server = await serve(oneAddress, { limits: { idleMs: 100 } })
  t.teardown(() => server.close())
  const idle = connect(server.port, server.address)
  const slow = connect(server.port, server.address)
  const trickle = setInterval(() => slow.write(Buffer.from([0])), 20)
  // Length 0x0000 is a whole message of no octets, and a client that sends one is cut at once: begin with a long one.
  slow.write(Buffer.from([0xff, 0xff]))
  await Promise.all([closed(idle), closed(slow)])
  clearInterval(trickle)
  t.pass('both are closed')
})

t.test('connections over the limit are closed', async t => {
  const server = await serve(oneAddress, { limits: { connections: 1 } })
  t.teardown(() => server.close())
  const first = connect(server.port, server.address)
  first.write(frameOf(queryOf('b0.kafka.example')))
  await once(first, 'data')
  const second = connect(server.port, server.address)
  await closed(second)
  first.destroy()
})

t.test('a client that does not read its answers is cut', async t => {
  const server = await serve(many)
  t.teardown(() => server.close())
  const socket = connect(server.port, server.address)
  socket.pause()
  const packet = Buffer.concat(Array.from({ length: 500 }, () => frameOf(queryOf('b0.kafka.example'))))
  const writer = setInterval(() => socket.write(packet), 5)
  await closed(socket)
  clearInterval(writer)
  t.pass('the connection is closed')
})

t.test('listens on loopback only, and says what the system says', async t => {
  for (const address of ['0.0.0.0', '192.0.2.1', '::', '2001:db8::1', '::ffff:127.0.0.1', 'localhost', '']) {
    await t.rejects(startDnsServer({ address, port: 0, handler: oneAddress }), /no loopback address/)
  }
  const server = await serve(oneAddress)
  t.teardown(() => server.close())
  await t.rejects(startDnsServer({ address: '127.0.0.1', port: server.port, handler: oneAddress }), {
    code: 'EADDRINUSE',
  })
})

t.test('ten thousand questions at once are answered or dropped by the system, and leave nothing behind', async t => {
  const server = await serve(oneAddress)
  t.teardown(() => server.close())
  const messages = await askTcp(
    server,
    Buffer.concat(Array.from({ length: 10_000 }, (_, id) => frameOf(queryOf('b0.kafka.example', 1, { id })))),
  )
  t.equal(messages.length, 10_000)
  t.equal(server.pending, 0)
  t.equal(rcodeOf(await askUdp(server, queryOf('b0.kafka.example'))), 0)
})
