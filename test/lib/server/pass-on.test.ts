import { startDnsServer as startUpstream, closedPort, type Handler } from '../../servers/dns-server.js'
import { respond } from '../../servers/dns-message.js'
import t, { type Test } from 'tap'
import { answerCount, askTcp, askUdp, frameOf, isTruncated, passing, passOnTo, queryOf } from './fixture.js'
import { rcodeOf, serve, serversOf } from './fixture.js'

interface World {
  readonly ask: (packet?: Buffer) => Promise<Buffer | undefined>
  readonly askTcp: (packet?: Buffer) => Promise<Buffer | undefined>
  readonly upstreams: readonly Awaited<ReturnType<typeof startUpstream>>[]
}

const packet = queryOf('www.unmapped.example', 16, { payload: 1232 })

/** A server that passes all on to servers with these handlers. */
async function world(t: Test, handlers: readonly Handler[], nextServerMs = 30, deadlineMs = 400): Promise<World> {
  const upstreams = await Promise.all(handlers.map(each => startUpstream({ udp: true, tcp: true }, each)))
  const servers = serversOf(...upstreams.map(upstream => upstream.upstream('udp').label))
  const passOn = passOnTo(servers, { nextServerMs, deadlineMs })
  const server = await serve(passing(passOn))
  t.teardown(async () => {
    passOn.close()
    await server.close()
    for (const upstream of upstreams) await upstream.close()
  })
  return {
    upstreams,
    ask: (query = packet) => askUdp(server, query),
    askTcp: async (query = packet) => (await askTcp(server, frameOf(query)))[0],
  }
}

const silent: Handler = () => undefined
const found: Handler = query => respond(query, { answers: [`${query.name}. 60 IN A 192.0.2.9`] })
const nxdomain: Handler = query => respond(query, { rcode: 'NXDOMAIN' })
const servfail: Handler = query => respond(query, { rcode: 'SERVFAIL' })
const late =
  (handler: Handler, ms: number): Handler =>
  async query => {
    await new Promise(resolve => setTimeout(resolve, ms))
    return handler(query)
  }

t.test('the question goes out as it came but for the id, and the answer comes back as it was sent', async t => {
  const { ask, askTcp, upstreams } = await world(t, [found])
  const odd = queryOf('WwW.Un_mapped.example', 65_280, { payload: 1400, id: 0xbeef })
  odd[3] = 0x30
  for (const way of [ask, askTcp]) {
    const answer = await way(odd)
    const received = upstreams[0]?.queries.at(-1)
    t.same(received?.bytes.subarray(2), odd.subarray(2))
    t.not(received?.id, 0xbeef)
    t.equal(answer?.readUInt16BE(0), 0xbeef)
    if (received === undefined) throw new Error('nothing was received')
    t.same(answer?.subarray(2), ((await found({ ...received, via: 'udp' })) as Buffer).subarray(2))
  }
  // On a busy machine the server is asked a second time before its first answer is read.
  t.same([...new Set(upstreams[0]?.queries.map(({ via }) => via))], ['udp', 'tcp'])
})

t.test('answers to UDP are truncated as the server truncated them', async t => {
  const { ask } = await world(t, [query => respond(query, { truncated: true })])
  t.equal(isTruncated(await ask()), true)
})

t.test('what answers another question, or comes under another id, is ignored', async t => {
  const liar: Handler = query => [
    respond(query, { id: query.id ^ 1, answers: [`${query.name}. 60 IN A 192.0.2.66`] }),
    respond(query, { isResponse: false }),
    respond(query, { question: { name: 'other.example', type: 'TXT' } }),
    Buffer.from([1, 2, 3]),
    respond(query, { answers: [`${query.name}. 60 IN A 192.0.2.9`] }),
  ]
  const { ask } = await world(t, [liar])
  const answer = await ask()
  t.same(answer?.subarray(-15, -11), Buffer.from([192, 0, 2, 9]))
  const { ask: askLiar } = await world(t, [query => respond(query, { id: query.id ^ 1 })])
  t.equal(rcodeOf(await askLiar()), 2, 'only lies: SERVFAIL')
})

const outcomes: readonly [string, readonly Handler[], { rcode: number; count?: number }][] = [
  ['silence, then an answer', [silent, found], { rcode: 0, count: 1 }],
  ['SERVFAIL, then an answer', [servfail, found], { rcode: 0, count: 1 }],
  ['SERVFAIL, then NXDOMAIN', [servfail, nxdomain], { rcode: 3 }],
  ['SERVFAIL of all', [servfail, servfail], { rcode: 2 }],
  ['silence of all', [silent, silent], { rcode: 2 }],
  ['silence, then SERVFAIL', [silent, servfail], { rcode: 2 }],
  ['silence, then NXDOMAIN: the first had its second ask', [silent, nxdomain], { rcode: 3 }],
  ['a first server that answers late knows more than the second', [late(found, 80), nxdomain], { rcode: 0, count: 1 }],
  ['an answer of the first alone', [found, nxdomain], { rcode: 0, count: 1 }],
]

for (const [what, handlers, expected] of outcomes) {
  t.test(what, async t => {
    const { ask } = await world(t, handlers)
    const answer = await ask()
    t.equal(rcodeOf(answer), expected.rcode)
    if (expected.count !== undefined) t.equal(answerCount(answer), expected.count)
  })
}

t.test('a server that lost the first packet is asked a second time', async t => {
  let count = 0
  const { ask } = await world(t, [query => (++count === 1 ? undefined : found(query))])
  t.equal(rcodeOf(await ask()), 0)
})

t.test('a server that was silent for three questions is no longer waited for', async t => {
  const { ask, upstreams } = await world(t, [silent, found], 500, 3_000)
  await Promise.all([1, 2, 3].map(index => ask(queryOf(`n${index}.example`))))
  const startedAt = performance.now()
  t.equal(rcodeOf(await ask(queryOf('last.example'))), 0)
  t.ok(performance.now() - startedAt < 450, 'the second server is asked at once')
  t.ok(
    upstreams[0]?.queries.some(({ name }) => name === 'last.example'),
    'and the first beside it',
  )
})

t.test('closed ports are passed over at once, over UDP and TCP', async t => {
  const upstream = await startUpstream({ udp: true, tcp: true }, found)
  const port = await closedPort()
  const passOn = passOnTo(serversOf(`127.0.0.1:${port}`, upstream.upstream('udp').label))
  const server = await serve(passing(passOn))
  t.teardown(async () => {
    await server.close()
    await upstream.close()
  })
  t.equal(rcodeOf(await askUdp(server, packet)), 0)
  t.equal(rcodeOf((await askTcp(server, frameOf(packet)))[0]), 0)
})

t.test('one question of many clients is sent once, and each gets the answer under its own id', async t => {
  const { ask, upstreams } = await world(t, [late(found, 100)], 1_000, 2_000)
  const ids = [1, 2, 3, 4, 5]
  const answers = await Promise.all(ids.map(id => ask(queryOf('shared.example', 1, { id }))))
  t.same(
    answers.map(answer => answer?.readUInt16BE(0)),
    ids,
  )
  t.equal(upstreams[0]?.queries.length, 1)
})

t.test('two servers that pass questions on to each other end the circle', async t => {
  const labels: string[] = []

  const first = passOnTo([], { servers: () => serversOf(labels[1] ?? ''), deadlineMs: 300 })
  const second = passOnTo([], { servers: () => serversOf(labels[0] ?? ''), deadlineMs: 300 })
  const counts = [0, 0]
  const servers = await Promise.all(
    [first, second].map((passOn, index) =>
      serve((query, via) => {
        counts[index] = (counts[index] ?? 0) + 1
        return passOn.ask(query, via)
      }),
    ),
  )
  for (const { port } of servers) labels.push(`udp://127.0.0.1:${port}`)
  t.teardown(() => Promise.all([...servers.map(server => server.close())]))
  const [server] = servers
  if (server === undefined) throw new Error('no server')
  t.equal(rcodeOf(await askUdp(server, packet)), 2)
  t.ok(
    counts.every(count => count <= 4),
    `each asked few times: ${counts.join(', ')}`,
  )
  t.equal(server.pending, 0)
})

t.test('ten thousand questions that no server answers end, and are bounded on the way', async t => {
  const upstream = await startUpstream({ udp: true, tcp: true }, silent)
  const passOn = passOnTo(serversOf(upstream.upstream('udp').label), { nextServerMs: 100, deadlineMs: 600 })
  const server = await serve(passing(passOn), { limits: { questionsPerConnection: 10_000 } })
  t.teardown(async () => {
    await server.close()
    await upstream.close()
  })
  const names = Array.from({ length: 10_000 }, (_, index) => frameOf(queryOf(`n${index}.example`, 1, { id: index })))
  const answers = await askTcp(server, Buffer.concat(names))
  t.equal(answers.length, 10_000)
  t.ok(answers.every(answer => rcodeOf(answer) === 2))
  t.equal(server.pending, 0)
})

t.test('after close questions are rejected, and those on their way end', async t => {
  const { ask } = await world(t, [silent])
  const passOn = passOnTo(serversOf('127.0.0.1:9'))
  passOn.close()
  const server = await serve(passing(passOn))
  t.teardown(() => server.close())
  t.equal(rcodeOf(await askUdp(server, packet)), 2)
  t.equal(rcodeOf(await ask()), 2)
})
