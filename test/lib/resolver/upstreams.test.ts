import t from 'tap'
import { after, found, nothing, said, type Reply, type Script } from './fake-transport.js'
import { makeFixture } from './fixture.js'

const good = found('b0.x.example. 30 IN A 192.0.2.1')
const other = found('b0.x.example. 30 IN A 192.0.2.2')
const servers = ['192.0.2.51', '192.0.2.52', '192.0.2.53']

/** One line a server that was asked: what it said, in the order of asking. */
interface Case {
  readonly name: string
  /** How many servers there are, two where left out: each has 200 ms then, and 150 ms where there are three. */
  readonly of?: number
  readonly says: Readonly<Record<string, () => Reply | Promise<Reply>>>
  readonly brief: string
  readonly afterMs: number
  readonly asked: readonly string[]
}

const cases: Case[] = [
  {
    name: 'the first server answers, no other is asked',
    says: { 51: () => good },
    brief: 'dns 192.0.2.1',
    afterMs: 0,
    asked: ['51'],
  },
  {
    name: 'the next is asked after silence',
    says: { 51: () => 'silence', 52: () => good },
    brief: 'dns 192.0.2.1',
    afterMs: 200,
    asked: ['51', '52'],
  },
  {
    name: 'the first may still win when the next was asked',
    says: { 51: () => after(210, good), 52: () => after(50, other) },
    brief: 'dns 192.0.2.1',
    afterMs: 210,
    asked: ['51', '52'],
  },
  {
    name: 'the quicker of two wins',
    says: { 51: () => after(290, good), 52: () => after(50, other) },
    brief: 'dns 192.0.2.2',
    afterMs: 250,
    asked: ['51', '52'],
  },
  ...(['SERVFAIL', 'REFUSED'] as const).map(rcode => ({
    name: `the next is asked at once after ${rcode} with EDNS and without`,
    says: { 51: () => after(10, said(rcode)), 52: () => good },
    brief: 'dns 192.0.2.1',
    afterMs: 20,
    asked: ['51', '51', '52'],
  })),
  {
    name: 'the next is asked at once after another rcode',
    says: { 51: () => after(10, said('RCODE9')), 52: () => good },
    brief: 'dns 192.0.2.1',
    afterMs: 10,
    asked: ['51', '52'],
  },
  {
    name: 'the next is asked at once after an error of the transport',
    of: 3,
    says: { 51: () => ({ error: 'ECONNREFUSED' }), 52: () => ({ error: 'EBADRESP' }), 53: () => good },
    brief: 'dns 192.0.2.1',
    afterMs: 0,
    asked: ['51', '52', '53'],
  },
  {
    name: 'NXDOMAIN is an answer',
    says: { 51: () => nothing('NXDOMAIN', 5), 52: () => good },
    brief: 'ENOTFOUND',
    afterMs: 0,
    asked: ['51'],
  },
  {
    name: 'NODATA is an answer',
    says: { 51: () => nothing('NODATA', 5), 52: () => good },
    brief: 'ENOTFOUND',
    afterMs: 0,
    asked: ['51'],
  },
  {
    name: 'all refuse: an error at once',
    of: 3,
    says: { 51: () => said('REFUSED'), 52: () => said('SERVFAIL'), 53: () => ({ error: 'ENETUNREACH' }) },
    brief: 'EAI_AGAIN',
    afterMs: 0,
    asked: ['51', '51', '52', '52', '53'],
  },
  {
    name: 'who failed is not asked again, who was silent is',
    of: 3,
    says: { 51: () => said('REFUSED'), 52: () => 'silence', 53: () => said('SERVFAIL') },
    brief: 'EAI_AGAIN',
    afterMs: 600,
    asked: ['51', '51', '52', '53', '53', '52'],
  },
  {
    name: 'all silent: each has a turn before the deadline',
    of: 3,
    says: { 51: () => 'silence', 52: () => 'silence', 53: () => 'silence' },
    brief: 'EAI_AGAIN',
    afterMs: 600,
    asked: ['51', '52', '53', '51'],
  },
]

const scriptOf =
  (says: Case['says']): Script =>
  ({ server }) =>
    (says[server.slice(-2)] ?? (() => 'silence' as const))()

for (const { name, says, brief, afterMs, asked, of = 2 } of cases) {
  t.test(name, async t => {
    const { ask, clock, transport } = makeFixture(t, { servers: servers.slice(0, of), script: scriptOf(says) })
    const pending = ask('b0.x.example', { family: 4 })
    await clock.advance(590)
    if (afterMs === 600) t.equal(pending.brief, undefined)
    await clock.advance(10)
    t.equal(pending.brief, brief)
    t.equal(pending.afterMs, afterMs)
    t.strictSame(
      transport.asked.slice(0, asked.length).map(({ server }) => server.slice(-2)),
      asked,
    )
    if (brief !== 'EAI_AGAIN') t.equal(transport.pending, 0, 'whoever lost is not waited for')
  })
}

t.test('a lone server that is silent is asked once more: packets get lost', async t => {
  let count = 0
  const { ask, clock } = makeFixture(t, { script: () => (++count === 1 ? 'silence' : good) })
  const pending = ask('b0.x.example', { family: 4 })
  await clock.advance(200)
  t.equal(pending.brief, 'dns 192.0.2.1')
  t.equal(count, 2)
})

t.test('the error lists each server and what it said', async t => {
  const { ask, clock } = makeFixture(t, {
    servers: servers.slice(0, 2),
    script: ({ server }) => (server.endsWith('51') ? after(30, said('SERVFAIL')) : 'silence'),
  })
  const pending = ask('b0.x.example', { family: 4 })
  await clock.advance(600)
  t.match(pending.error, { code: 'EAI_AGAIN', errno: -3001, syscall: 'getaddrinfo', hostname: 'b0.x.example' })
  t.strictSame(pending.error?.attempts, [
    { server: 'udp://192.0.2.51:53', outcome: 'SERVFAIL', durationMs: 60, question: 'A b0.x.example' },
    { server: 'udp://192.0.2.52:53', outcome: 'timeout', durationMs: 540, question: 'A b0.x.example' },
    { server: 'udp://192.0.2.52:53', outcome: 'timeout', durationMs: 340, question: 'A b0.x.example' },
  ])
  t.equal(
    pending.error?.message,
    'getaddrinfo EAI_AGAIN b0.x.example (udp://192.0.2.51:53: SERVFAIL after 60 ms; udp://192.0.2.52:53: timeout after 540 ms)',
  )
})

t.test('a server that was silent on names of two zones is asked last for a while', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    servers: servers.slice(0, 2),
    script: ({ server, question }) =>
      server.endsWith('51') && clock.now() < 1_005_300 ? 'silence' : found(`${question.name}. 30 IN A 192.0.2.1`),
  })
  const names = ['a.x.example', 'b.x.example', 'c.y.test', 'd.x.example', 'e.x.example', 'f.x.example']
  for (const name of names) {
    ask(name, { family: 4 })
    await clock.advance(2_500)
  }
  t.strictSame(
    transport.told.map(line => line.replace(/^192.0.2.| A/g, '').replace(/\..*/, '')),
    ['51 a', '52 a', '51 b', '52 b', '51 c', '52 c', '52 d', '52 e', '51 f'],
  )
})

t.test('SERVFAIL and REFUSED are about a name: the order stays', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    servers: servers.slice(0, 2),
    script: ({ server }) => (server.endsWith('51') ? said('REFUSED') : good),
  })
  for (const name of ['b0.x.example', 'b1.x.example']) {
    ask(name, { family: 4 })
    await clock.advance(10)
  }
  t.strictSame(
    transport.asked.map(({ server }) => server.slice(-2)),
    ['51', '51', '52', '51', '51', '52'],
  )
})

for (const rcode of ['FORMERR', 'NOTIMP', 'RCODE16', 'SERVFAIL', 'REFUSED'] as const) {
  t.test(`after ${rcode} the same server is asked without EDNS, and from then on`, async t => {
    const { ask, clock, transport } = makeFixture(t, {
      script: ({ edns, question }) => (edns ? said(rcode) : found(`${question.name}. 30 IN A 192.0.2.1`)),
    })
    const pending = [ask('b0.x.example', { family: 4 })]
    await clock.advance(0)
    pending.push(ask('b1.x.example', { family: 4 }))
    await clock.advance(0)
    t.strictSame(
      pending.map(({ brief }) => brief),
      ['dns 192.0.2.1', 'dns 192.0.2.1'],
    )
    t.strictSame(
      transport.asked.map(({ edns }) => edns),
      [true, false, false],
    )
  })
}

t.test('FORMERR with and without EDNS is a failure, and nothing is learnt from it', async t => {
  const { ask, clock, transport } = makeFixture(t, { script: () => said('FORMERR') })
  for (const name of ['b0.x.example', 'b1.x.example']) {
    const pending = ask(name, { family: 4 })
    await clock.advance(0)
    t.match(pending.error, { code: 'EAI_AGAIN', attempts: [{ outcome: 'FORMERR' }] })
  }
  t.strictSame(
    transport.asked.map(({ edns }) => edns),
    [true, false, true, false],
  )
})

t.test('what is observed of each query: its server, outcome and time', async t => {
  const { ask, clock, queries } = makeFixture(t, {
    servers,
    script: ({ server }) =>
      server.endsWith('51') ? said('REFUSED') : server.endsWith('52') ? 'silence' : after(10, good),
  })
  ask('b0.x.example', { family: 4 })
  await clock.advance(600)
  t.strictSame(
    queries.map(({ server, outcome, durationMs }) => `${server.slice(-5, -3)} ${outcome} ${durationMs}`),
    ['51 REFUSED 0', '53 NOERROR 10', '52 cancelled 160'],
  )
})

t.test('an observer that throws spoils nothing', async t => {
  const { ask, clock } = makeFixture(t, {
    script: () => good,
    onQuery: () => {
      throw new Error('not my day')
    },
  })
  const pending = ask('b0.x.example', { family: 4 })
  await clock.advance(0)
  t.equal(pending.brief, 'dns 192.0.2.1')
})

t.test('a transport that throws, or rejects with anything, is a server that failed', async t => {
  const { ask, clock } = makeFixture(t, {
    servers: servers.slice(0, 2),
    script: ({ server }) => {
      // oxlint-disable-next-line typescript/only-throw-error
      throw server.endsWith('51') ? 'a text' : new RangeError('odd')
    },
  })
  const pending = ask('b0.x.example', { family: 4 })
  await clock.advance(0)
  t.match(pending.error, { code: 'EAI_AGAIN', attempts: [{ outcome: 'error' }, { outcome: 'RangeError' }] })
})

const tcpRefused = 'the answer was too long for UDP; over TCP: connect ECONNREFUSED 192.0.2.53:53'

for (const { name, reply, outcome } of [
  {
    name: "the transport's reason is in the message",
    reply: { error: 'EBADRESP' },
    outcome: 'EBADRESP (as the test says)',
  },
  {
    name: "the system's own words for a code add nothing",
    reply: { error: 'ECONNREFUSED', reason: 'connect ECONNREFUSED 192.0.2.53:53' },
    outcome: 'ECONNREFUSED',
  },
  {
    name: 'a refusal over TCP says that it was TCP',
    reply: { error: 'ECONNREFUSED', reason: tcpRefused },
    outcome: `ECONNREFUSED (${tcpRefused})`,
  },
] as const) {
  t.test(name, async t => {
    const { ask, clock, queries } = makeFixture(t, { script: () => reply })
    const pending = ask('b0.x.example', { family: 4 })
    await clock.advance(0)
    t.equal(pending.error?.message, `getaddrinfo EAI_AGAIN b0.x.example (udp://192.0.2.53:53: ${outcome} after 0 ms)`)
    t.equal(queries[0]?.outcome, reply.error, 'the outcome stays a code, since it becomes a label of metrics')
  })
}

t.test(
  'silence over TCP after an answer that was too long for UDP says so, and is no silence of the server',
  async t => {
    const { ask, clock } = makeFixture(t, { script: () => 'silence over TCP' })
    const pending = ask('b0.x.example', { family: 4 })
    await clock.advance(600)
    t.equal(
      pending.error?.message,
      'getaddrinfo EAI_AGAIN b0.x.example (udp://192.0.2.53:53: ' +
        'timeout (the answer was too long for UDP; over TCP: no answer) after 600 ms)',
    )
  },
)

t.test('without any server there is nobody to ask', async t => {
  const { ask, clock, transport } = makeFixture(t, { servers: [], script: () => good })
  const pending = ask('b0.x.example')
  await clock.advance(0)
  t.equal(pending.brief, 'EAI_AGAIN')
  t.strictSame(transport.told, [])
})

t.test("a rule's own servers are asked in place of the resolver's, and their answers kept apart", async t => {
  const { parseUpstream } = await import('../../../lib/transport/upstream.js')
  const { ask, clock, transport, peek } = makeFixture(t, {
    script: ({ server }) => (server.endsWith('99') ? other : good),
  })
  const upstreams = [parseUpstream('192.0.2.99')]
  const pending = [ask('b0.x.example', { family: 4 }), ask('b0.x.example', { family: 4, upstreams })]
  await clock.advance(0)
  t.strictSame(
    pending.map(({ brief }) => brief),
    ['dns 192.0.2.1', 'dns 192.0.2.2'],
  )
  const again = peek('b0.x.example', { family: 4, upstreams: [parseUpstream('192.0.2.99')] })
  t.match(again, { addresses: [{ address: '192.0.2.2' }] }, 'a list of the same servers is the same list')
  t.strictSame(
    transport.asked.map(({ server }) => server),
    ['192.0.2.53', '192.0.2.99'],
  )
  t.equal(peek('1|b0.x.example', { family: 4 }), undefined, 'no name reaches another list')
})
