import t from 'tap'
import { after, found, nothing, said, type Reply } from './fake-transport.js'
import { makeFixture } from './fixture.js'

const host = 'b0.x.example'
const good = (ttl = 10, last = 1) => found(`b0.x.example. ${ttl} IN A 192.0.2.${last}`)
const system = [{ address: '192.0.2.7', family: 4 as const }]
const systemFails = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))

interface Case {
  readonly name: string
  /** What the server says once the answer has expired. */
  readonly then: () => Reply | Promise<Reply>
  readonly brief: string
  readonly afterMs: number
  readonly fallback?: 'system'
  readonly system?: () => Promise<typeof system>
  readonly fresh?: boolean
  readonly waitMs?: number
  readonly stale?: number
}

const cases: Case[] = [
  {
    name: 'every server fails: the stale answer, at once',
    then: () => said('SERVFAIL'),
    brief: 'stale 192.0.2.1',
    afterMs: 0,
  },
  {
    name: 'silence: the stale answer at half of the time',
    then: () => 'silence',
    brief: 'stale 192.0.2.1',
    afterMs: 300,
  },
  {
    name: 'an answer before half of the time is taken',
    then: () => after(290, good(10, 2)),
    brief: 'dns 192.0.2.2',
    afterMs: 290,
  },
  {
    name: 'a later one is not waited for',
    then: () => after(310, good(10, 2)),
    brief: 'stale 192.0.2.1',
    afterMs: 300,
  },
  { name: 'NXDOMAIN is an answer: nothing stale', then: () => nothing('NXDOMAIN', 5), brief: 'ENOTFOUND', afterMs: 0 },
  { name: 'NODATA is an answer: nothing stale', then: () => nothing('NODATA', 5), brief: 'ENOTFOUND', afterMs: 0 },
  { name: 'too old to serve', then: () => said('SERVFAIL'), waitMs: 70_001, stale: 60, brief: 'EAI_AGAIN', afterMs: 0 },
  {
    name: 'just young enough to serve',
    then: () => said('SERVFAIL'),
    waitMs: 69_999,
    stale: 60,
    brief: 'stale 192.0.2.1',
    afterMs: 0,
  },
  { name: 'a stale of 0 turns it off', then: () => 'silence', stale: 0, brief: 'EAI_AGAIN', afterMs: 600 },
  {
    name: 'the system comes before the stale answer',
    then: () => said('SERVFAIL'),
    fallback: 'system',
    system: async () => system,
    brief: 'system 192.0.2.7',
    afterMs: 0,
  },
  {
    name: 'the stale answer after the system has failed too',
    then: () => said('SERVFAIL'),
    fallback: 'system',
    system: systemFails('EAI_AGAIN'),
    brief: 'stale 192.0.2.1',
    afterMs: 0,
  },
  {
    name: "the system's ENOTFOUND is not the servers': the stale answer",
    then: () => said('SERVFAIL'),
    fallback: 'system',
    system: systemFails('ENOTFOUND'),
    brief: 'stale 192.0.2.1',
    afterMs: 0,
  },
  {
    name: 'fresh: the old answer serves when all else has failed',
    waitMs: 5_000,
    fresh: true,
    then: () => said('SERVFAIL'),
    brief: 'stale 192.0.2.1',
    afterMs: 0,
  },
  {
    name: 'fresh: and at half of the time',
    waitMs: 5_000,
    fresh: true,
    then: () => 'silence',
    brief: 'stale 192.0.2.1',
    afterMs: 300,
  },
]

for (const {
  name,
  then,
  brief,
  afterMs,
  fallback = 'none',
  system,
  fresh = false,
  waitMs = 11_000,
  stale = 86_400,
} of cases) {
  t.test(name, async t => {
    let expired = false
    const { ask, clock } = makeFixture(t, {
      script: () => (expired ? then() : good()),
      stale,
      ...(system && { system }),
    })
    ask(host, { family: 4, fallback })
    await clock.advance(waitMs)
    expired = true
    const pending = ask(host, { family: 4, fallback, fresh })
    await clock.advance(600)
    t.equal(pending.brief, brief)
    t.equal(pending.afterMs, afterMs)
    if (pending.answer?.source === 'stale') t.equal(pending.answer.ttl, 0)
  })
}

t.test('a remembered failure does not hide the stale answer, and asks nobody', async t => {
  let expired = false
  const { ask, clock, transport } = makeFixture(t, { script: () => (expired ? said('RCODE9') : good()) })
  ask(host, { family: 4 })
  await clock.advance(13_000)
  expired = true
  for (let count = 0; count < 3; count++) {
    const pending = ask(host, { family: 4 })
    await clock.advance(100)
    t.equal(pending.brief, 'stale 192.0.2.1')
    t.equal(pending.afterMs, 0)
    t.match(pending.answer?.path[0], /^cache: expired 3 s ago$/)
  }
  t.equal(transport.asked.length, 2)
})

t.test('an answer that comes after the deadline enters the cache', async t => {
  const { ask, peek, clock } = makeFixture(t, { script: () => after(900, good()) })
  const pending = ask(host, { family: 4 })
  await clock.advance(899)
  t.equal(pending.brief, 'EAI_AGAIN')
  t.equal(pending.afterMs, 600)
  t.equal(clock.timers.held, 2, 'which keeps no process alive, but for the timers of the script')
  const retry = ask(host, { family: 4 })
  await clock.advance(1)
  t.equal(retry.brief, 'EAI_AGAIN')
  t.match(peek(host, { family: 4 }), { source: 'cache', addresses: [{ address: '192.0.2.1' }] })
})

t.test('an answer that comes after a stale one was served enters the cache', async t => {
  let expired = false
  const { ask, peek, clock } = makeFixture(t, { script: () => (expired ? after(700, good(10, 2)) : good()) })
  ask(host, { family: 4 })
  await clock.advance(11_000)
  expired = true
  const first = ask(host, { family: 4 })
  await clock.advance(350)
  const second = ask(host, { family: 4 })
  await clock.advance(0)
  t.strictSame([first.brief, second.brief], ['stale 192.0.2.1', 'stale 192.0.2.1'])
  t.equal(second.afterMs, 0, 'who comes after half of the time does not wait')
  await clock.advance(350)
  t.match(peek(host, { family: 4 }), { addresses: [{ address: '192.0.2.2' }] })
})

t.test('a late answer is waited for as long as the failure is remembered; then one asks anew', async t => {
  const { ask, clock, transport } = makeFixture(t, { script: () => 'silence' })
  ask(host, { family: 4 })
  await clock.advance(1_599)
  t.equal(transport.pending, 2)
  await clock.advance(1)
  t.equal(transport.pending, 0)
  ask(host, { family: 4 })
  await clock.advance(0)
  t.equal(transport.asked.length, 3)
})
