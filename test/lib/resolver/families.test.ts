import t from 'tap'
import { after, found, nothing, said, type Reply } from './fake-transport.js'
import { makeFixture } from './fixture.js'

const A = found('b0.x.example. 30 IN A 192.0.2.1')
const AAAA = found('b0.x.example. 30 IN AAAA 2001:db8::1')
const both = 'dns 192.0.2.1 2001:db8::1'

/** `late` is the name's answer from the cache a second after its outcome; the same as `brief` where left out. */
interface Case {
  readonly name: string
  readonly A: () => Reply | Promise<Reply>
  readonly AAAA: () => Reply | Promise<Reply>
  readonly brief: string
  readonly afterMs?: number
  readonly late?: string
}

const cases: Case[] = [
  { name: 'both families are one answer, IPv4 first', A: () => A, AAAA: () => AAAA, brief: both },
  {
    name: 'A waits for an AAAA that is a little late',
    A: () => A,
    AAAA: () => after(15, AAAA),
    brief: both,
    afterMs: 15,
  },
  {
    name: 'A does not wait for long',
    A: () => A,
    AAAA: () => after(300, AAAA),
    brief: 'dns 192.0.2.1',
    afterMs: 20,
    late: both,
  },
  { name: 'AAAA waits longer for A', A: () => after(45, A), AAAA: () => AAAA, brief: both, afterMs: 45 },
  {
    name: 'AAAA does not wait for ever',
    A: () => after(300, A),
    AAAA: () => AAAA,
    brief: 'dns 2001:db8::1',
    afterMs: 50,
    late: both,
  },
  { name: 'a silent AAAA spoils nothing', A: () => A, AAAA: () => 'silence', brief: 'dns 192.0.2.1', afterMs: 20 },
  { name: 'a silent A spoils nothing', A: () => 'silence', AAAA: () => AAAA, brief: 'dns 2001:db8::1', afterMs: 50 },
  ...(['SERVFAIL', 'REFUSED', 'NOTIMP'] as const).flatMap(rcode => [
    {
      name: `${rcode} to AAAA spoils nothing and costs no time`,
      A: () => A,
      AAAA: () => said(rcode),
      brief: 'dns 192.0.2.1',
    },
    {
      name: `${rcode} to A spoils nothing and costs no time`,
      A: () => said(rcode),
      AAAA: () => AAAA,
      brief: 'dns 2001:db8::1',
    },
  ]),
  {
    name: 'a broken connection for AAAA spoils nothing',
    A: () => A,
    AAAA: () => ({ error: 'ECONNRESET' }),
    brief: 'dns 192.0.2.1',
  },
  { name: 'NODATA for AAAA is IPv4 alone', A: () => A, AAAA: () => nothing('NODATA', 5), brief: 'dns 192.0.2.1' },
  {
    name: 'NXDOMAIN for AAAA is a load balancer that knows no better',
    A: () => after(100, A),
    AAAA: () => nothing('NXDOMAIN', 5),
    brief: 'dns 192.0.2.1',
    afterMs: 100,
  },
  {
    name: 'NXDOMAIN for A stands for the name',
    A: () => nothing('NXDOMAIN', 5),
    AAAA: () => 'silence',
    brief: 'ENOTFOUND',
    afterMs: 20,
  },
  {
    name: 'NODATA for both is ENOTFOUND',
    A: () => nothing('NODATA', 5),
    AAAA: () => nothing('NODATA', 5),
    brief: 'ENOTFOUND',
  },
  {
    name: 'NODATA for A and a failure for AAAA is no ENOTFOUND',
    A: () => nothing('NODATA', 5),
    AAAA: () => said('REFUSED'),
    brief: 'EAI_AGAIN',
  },
  {
    name: 'NODATA for AAAA and a failure for A is no ENOTFOUND',
    A: () => said('SERVFAIL'),
    AAAA: () => nothing('NODATA', 5),
    brief: 'EAI_AGAIN',
  },
  {
    name: 'NXDOMAIN for AAAA and a failure for A is no ENOTFOUND',
    A: () => said('SERVFAIL'),
    AAAA: () => nothing('NXDOMAIN', 5),
    brief: 'EAI_AGAIN',
  },
]

for (const { name, A, AAAA, brief, afterMs = 0, late = brief } of cases) {
  t.test(name, async t => {
    const { ask, clock, peek } = makeFixture(t, {
      script: ({ question }) => (question.type === 'A' ? A() : AAAA()),
    })
    const pending = ask('b0.x.example')
    for (let ms = 0; ms < 1_000 && pending.afterMs === undefined; ms += 5) await clock.advance(ms === 0 ? 0 : 5)
    t.equal(pending.brief, brief)
    t.equal(pending.afterMs, afterMs)
    await clock.advance(980)
    const cached = peek('b0.x.example')
    if (cached === undefined) return t.match(late, /^E/)
    t.equal(`dns ${cached.addresses.map(({ address }) => address).join(' ')}`, late)
  })
}

for (const { family, type, brief } of [
  { family: 4, type: 'A', brief: 'dns 192.0.2.1' },
  { family: 6, type: 'AAAA', brief: 'dns 2001:db8::1' },
] as const) {
  t.test(`family ${family} asks for ${type} alone`, async t => {
    const { ask, clock, transport } = makeFixture(t, { script: ({ question }) => (question.type === 'A' ? A : AAAA) })
    const pending = ask('b0.x.example', { family })
    await clock.advance(0)
    t.equal(pending.brief, brief)
    t.strictSame(transport.told, [`192.0.2.53 ${type} b0.x.example`])
  })
}

t.test('a look-up for one family shares its query with a look-up for both', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    script: ({ question }) => after(10, question.type === 'A' ? A : AAAA),
  })
  const pending = [ask('b0.x.example', { family: 4 }), ask('b0.x.example'), ask('b0.x.example', { family: 6 })]
  await clock.advance(10)
  t.strictSame(
    pending.map(({ brief }) => brief),
    ['dns 192.0.2.1', both, 'dns 2001:db8::1'],
  )
  t.strictSame(transport.told, ['192.0.2.53 A b0.x.example', '192.0.2.53 AAAA b0.x.example'])
})

t.test('a family that fails keeps its old addresses, for a short time each', async t => {
  let fails = false
  const { ask, clock } = makeFixture(t, {
    stale: 60,
    script: ({ question }) => (question.type === 'AAAA' ? AAAA : fails ? said('SERVFAIL') : A),
  })
  ask('b0.x.example')
  await clock.advance(31_000)
  fails = true
  const pending = ask('b0.x.example')
  await clock.advance(0)
  t.equal(pending.brief, both)
  t.equal(pending.answer?.ttl, 5)
  await clock.advance(60_000)
  const last = ask('b0.x.example')
  await clock.advance(0)
  t.equal(last.brief, 'dns 2001:db8::1', 'and no longer than a stale answer may serve')
})

t.test('IPv4 that failed beside a good AAAA is asked for again soon, AAAA beside a good A is not', async t => {
  for (const refused of ['A', 'AAAA'] as const) {
    const { ask, clock, transport, peek } = makeFixture(t, {
      script: ({ question }) => (question.type === refused ? said('RCODE9') : question.type === 'A' ? A : AAAA),
    })
    ask('b0.x.example')
    await clock.advance(6_000)
    t.ok(peek('b0.x.example'))
    await clock.advance(0)
    t.equal(transport.asked.length, refused === 'A' ? 4 : 2)
  }
})
