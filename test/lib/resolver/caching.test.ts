import { getEventListeners } from 'node:events'
import t from 'tap'
import { after, found, nothing, said, type Reply } from './fake-transport.js'
import { makeFixture, type Setup } from './fixture.js'

const good = (ttl: number, last = 1) => found(`b0.x.example. ${ttl} IN A 192.0.2.${last}`)
const host = 'b0.x.example'
const family = 4

/** A server that says one thing after another, the last one for ever. */
function inTurn(...replies: (Reply | (() => Promise<Reply>))[]) {
  let count = 0
  return () => {
    const reply = replies[Math.min(count++, replies.length - 1)] ?? 'silence'
    return typeof reply === 'function' ? reply() : reply
  }
}

t.test('a fresh answer comes at once, the same object while its TTL shows the same', async t => {
  const { ask, peek, clock, transport } = makeFixture(t, { script: () => good(30) })
  t.equal(peek(host, { family }), undefined)
  ask(host, { family })
  await clock.advance(0)
  const answer = peek(host, { family })
  t.match(answer, { ttl: 30, source: 'cache', path: ['cache: good for 30 s', 'udp://192.0.2.53:53: A 192.0.2.1'] })
  t.ok(Object.isFrozen(answer) && Object.isFrozen(answer?.addresses) && Object.isFrozen(answer?.addresses[0]))
  await clock.advance(500)
  t.equal(peek(host, { family }), answer)
  await clock.advance(500)
  t.match(peek(host, { family }), { ttl: 29 })
  t.equal(ask(host, { family }).afterMs, undefined)
  t.equal(transport.asked.length, 1)
})

t.test(
  'a cached answer says until when it is given: while its TTL shows the same, and until it is to be refreshed',
  async t => {
    const { ask, peek, clock } = makeFixture(t, { script: () => good(30) })
    ask(host, { family })
    await clock.advance(0)
    // The last tenth of its life begins at 27 s.
    const startedMs = clock.now()
    for (const [atMs, untilMs] of [
      [0, 1_000],
      [400, 1_000],
      [1_000, 2_000],
      [26_500, 27_000],
      [27_000, 28_000],
    ] as const) {
      await clock.advance(startedMs + atMs - clock.now())
      const { lease } = peek(host, { family }) ?? {}
      t.equal(lease && lease.untilMs - startedMs, untilMs, `at ${atMs} ms`)
    }
  },
)

for (const [name, reply] of [
  ['another answer', good(30, 2)],
  ['a negative answer', nothing('NXDOMAIN', 5)],
] as const) {
  t.test(`${name} ends at once what was given before`, async t => {
    const { ask, peek, clock } = makeFixture(t, { script: inTurn(good(30), reply) })
    ask(host, { family })
    await clock.advance(0)
    const lease = peek(host, { family })?.lease
    t.equal(lease?.untilMs, clock.now() + 1_000)
    ask(host, { family, fresh: true })
    await clock.advance(0)
    t.equal(lease?.untilMs, -Infinity)
  })
}

t.test('spellings of a name are one', async t => {
  const { ask, peek, clock, transport } = makeFixture(t, { script: () => good(30) })
  ask('B0.x.Example', { family })
  await clock.advance(0)
  t.ok(peek('b0.X.example', { family }))
  t.ok(peek(host, { family }))
  t.equal(transport.asked.length, 1)
})

interface TtlCase {
  readonly name: string
  readonly options?: Partial<Setup>
  readonly reply: Reply
  readonly ttl: number
  /** For how long no other query is made. */
  readonly keptMs: number
}

const ttlCases: TtlCase[] = [
  { name: 'a TTL is kept as it is', reply: good(30), ttl: 30, keptMs: 30_000 },
  { name: 'a TTL is cut to maxTtl', reply: good(90_000), ttl: 3_600, keptMs: 3_600_000 },
  { name: 'a TTL with the top bit set is a large one', reply: good(0xffffffff), ttl: 3_600, keptMs: 3_600_000 },
  { name: 'a TTL is raised to minTtl', options: { minTtl: 10 }, reply: good(0), ttl: 10, keptMs: 10_000 },
  { name: 'maxTtl wins over minTtl', options: { minTtl: 10, maxTtl: 5 }, reply: good(7), ttl: 5, keptMs: 5_000 },
  { name: 'a TTL of 0 is for those who wait', reply: good(0), ttl: 0, keptMs: 0 },
]

for (const { name, options, reply, ttl, keptMs } of ttlCases) {
  t.test(name, async t => {
    const { ask, peek, clock, transport } = makeFixture(t, { script: () => reply, ...options })
    const pending = ask(host, { family })
    await clock.advance(0)
    t.equal(pending.answer?.ttl, ttl)
    // Not looked at in between: that would refresh it.
    if (keptMs > 0) {
      await clock.advance(keptMs - 1)
      t.match(peek(host, { family }), { ttl: 1 })
      await clock.advance(1)
    }
    t.equal(transport.asked.length, keptMs > 0 ? 2 : 1)
    const before = transport.asked.length
    if (keptMs === 0) {
      ask(host, { family })
      await clock.advance(0)
      t.equal(transport.asked.length, before + 1)
    }
  })
}

const negativeCases = [
  { name: 'NXDOMAIN lives as its SOA says', reply: nothing('NXDOMAIN', 3), keptMs: 3_000 },
  { name: 'NODATA too', reply: nothing('NODATA', 3), keptMs: 3_000 },
  { name: 'at most negativeTtl', reply: nothing('NXDOMAIN', 900), keptMs: 5_000 },
  { name: 'with a negativeTtl of 0 not at all', reply: nothing('NXDOMAIN', 900), keptMs: 0, negativeTtl: 0 },
  { name: 'two seconds without SOA', reply: nothing('NXDOMAIN'), keptMs: 2_000 },
  { name: 'not at all with an SOA of TTL 0', reply: nothing('NXDOMAIN', 0), keptMs: 0 },
]

for (const { name, reply, keptMs, negativeTtl = 5 } of negativeCases) {
  t.test(name, async t => {
    const { ask, clock, transport } = makeFixture(t, { script: () => reply, negativeTtl })
    const first = ask(host, { family })
    await clock.advance(Math.max(0, keptMs - 1))
    const second = ask(host, { family })
    await clock.advance(1)
    t.equal(transport.asked.length, keptMs > 0 ? 1 : 2)
    const third = ask(host, { family })
    await clock.advance(0)
    t.equal(transport.asked.length, keptMs > 0 ? 2 : 3)
    t.strictSame([first.brief, second.brief, third.brief], ['ENOTFOUND', 'ENOTFOUND', 'ENOTFOUND'])
    t.match(second.error?.attempts, [{ server: 'udp://192.0.2.53:53' }])
    t.not(first.error, second.error, 'each has an error of its own')
  })
}

t.test('a negative answer ends what was known', async t => {
  const { ask, clock } = makeFixture(t, { script: inTurn(good(10), nothing('NXDOMAIN', 1), said('RCODE9')) })
  const briefs = []
  for (const ms of [0, 11_000, 2_000]) {
    await clock.advance(ms)
    const pending = ask(host, { family })
    await clock.advance(0)
    briefs.push(pending.brief)
  }
  t.strictSame(briefs, ['dns 192.0.2.1', 'ENOTFOUND', 'EAI_AGAIN'])
})

t.test('a failure is remembered for 1 s, then 2, 4, 5 and 5', async t => {
  const { ask, clock, transport } = makeFixture(t, { script: () => said('RCODE9') })
  let asked = 0
  for (const keptMs of [1_000, 2_000, 4_000, 5_000, 5_000]) {
    ask(host, { family })
    await clock.advance(keptMs - 1)
    t.equal(transport.asked.length, ++asked)
    const pending = ask(host, { family, fresh: true })
    await clock.advance(1)
    t.match(pending.error, { code: 'EAI_AGAIN', attempts: [{ outcome: 'RCODE9' }] })
    t.equal(transport.asked.length, asked)
  }
})

t.test('an answer ends the row of failures, and so does a minute', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    script: inTurn(said('RCODE9'), said('RCODE9'), good(0), said('RCODE9'), said('RCODE9'), said('RCODE9')),
  })
  for (const ms of [0, 1_001, 2_001, 1, 1_001, 63_000, 1_001]) {
    await clock.advance(ms)
    ask(host, { family })
  }
  await clock.advance(0)
  t.equal(transport.asked.length, 7)
})

t.test('ten thousand look-ups at once are one query a family, and one answer', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    script: ({ question }) => after(10, question.type === 'A' ? good(30) : nothing('NODATA', 5)),
  })
  const pending = Array.from({ length: 10_000 }, () => ask(host))
  await clock.advance(10)
  t.equal(transport.asked.length, 2)
  t.ok(pending.every(each => each.answer !== undefined && each.answer === pending[0]?.answer))
})

t.test('an entry used in its last tenth is refreshed in the background, by one query', async t => {
  const { peek, ask, clock, transport } = makeFixture(t, { script: inTurn(good(100), () => after(50, good(100, 2))) })
  ask(host, { family })
  await clock.advance(89_000)
  peek(host, { family })
  await clock.advance(1)
  t.equal(transport.asked.length, 1)
  await clock.advance(1_000)
  for (let count = 0; count < 100; count++) t.match(peek(host, { family }), { addresses: [{ address: '192.0.2.1' }] })
  await clock.advance(10)
  t.equal(clock.timers.held, 1, 'only the script’s own timer keeps the process alive')
  peek(host, { family })
  await clock.advance(50)
  t.equal(transport.asked.length, 2)
  t.match(peek(host, { family }), { ttl: 100, addresses: [{ address: '192.0.2.2' }] })
})

t.test('a refresh that fails changes nothing, asks no fallback and waits a while', async t => {
  const { peek, ask, clock, transport, systemCalls } = makeFixture(t, { script: inTurn(good(100), said('RCODE9')) })
  ask(host, { family, fallback: 'system' })
  await clock.advance(90_001)
  for (let count = 0; count < 9; count++) {
    t.ok(peek(host, { family, fallback: 'system' }))
    await clock.advance(1_000)
  }
  t.equal(transport.asked.length, 3)
  t.strictSame(systemCalls, [])
})

t.test('who joins a refresh gets its answer', async t => {
  const { peek, ask, clock, transport } = makeFixture(t, { script: inTurn(good(10), () => after(150, good(10, 2))) })
  ask(host, { family })
  await clock.advance(9_900)
  peek(host, { family })
  await clock.advance(101)
  const pending = ask(host, { family })
  await clock.advance(49)
  t.equal(pending.brief, 'dns 192.0.2.2')
  t.equal(transport.asked.length, 2)
})

t.test('a look-up that only waits for a late answer is not joined, and the next one ends it', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    script: ({ question }) => (question.type === 'A' ? good(30) : 'silence'),
  })
  const first = ask(host)
  await clock.advance(30)
  t.equal(first.afterMs, 20)
  t.equal(transport.pending, 1, 'AAAA is still out')
  ask(host, { fresh: true })
  await clock.advance(0)
  t.strictSame([transport.asked.length, transport.pending], [4, 1], 'both are asked again, and the first AAAA is over')
})

t.test('fresh passes over an answer that is still good, and replaces it', async t => {
  const { peek, ask, clock } = makeFixture(t, { script: inTurn(good(30), good(30, 2)) })
  ask(host, { family })
  await clock.advance(1_000)
  t.equal(peek(host, { family, fresh: true }), undefined)
  const pending = ask(host, { family, fresh: true })
  await clock.advance(0)
  t.match(pending.answer, { source: 'dns', path: ['cache: passed over'] })
  t.match(peek(host, { family }), { addresses: [{ address: '192.0.2.2' }] })
})

t.test('fresh passes over a negative answer', async t => {
  const { ask, clock } = makeFixture(t, { script: inTurn(nothing('NXDOMAIN', 5), good(30)) })
  ask(host, { family })
  await clock.advance(0)
  const pending = ask(host, { family, fresh: true })
  await clock.advance(0)
  t.equal(pending.brief, 'dns 192.0.2.1')
})

t.test('the name that was used longest ago goes first', async t => {
  const { peek, ask, clock } = makeFixture(t, {
    cacheMax: 2,
    script: ({ question }) => found(`${question.name}. 30 IN A 192.0.2.1`),
  })
  for (const name of ['a.x.example', 'b.x.example']) ask(name, { family })
  await clock.advance(0)
  peek('a.x.example', { family })
  ask('c.x.example', { family })
  await clock.advance(0)
  t.strictSame(
    ['a', 'b', 'c'].map(label => peek(`${label}.x.example`, { family }) !== undefined),
    [true, false, true],
  )
})

t.test('a cacheMax of 0 keeps nothing', async t => {
  const { peek, ask, clock } = makeFixture(t, { cacheMax: 0, script: () => good(30) })
  const pending = ask(host, { family })
  await clock.advance(0)
  t.equal(pending.brief, 'dns 192.0.2.1')
  t.equal(peek(host, { family }), undefined)
})

t.test("one waiter's abort frees that waiter alone", async t => {
  const { ask, peek, clock, transport } = makeFixture(t, { script: () => after(100, good(30)) })
  const controller = new AbortController()
  const reason = new Error('had enough')
  const [leaves, stays] = [ask(host, { family, signal: controller.signal }), ask(host, { family })]
  await clock.advance(50)
  controller.abort(reason)
  await clock.advance(0)
  t.equal(leaves.error, reason)
  await clock.advance(50)
  t.equal(stays.brief, 'dns 192.0.2.1')
  const late = ask(host, { family, signal: controller.signal })
  await clock.advance(0)
  t.equal(late.error, reason, 'also where the answer is there')
  t.ok(peek(host, { family }))
  t.equal(transport.asked.length, 1)
})

t.test('when all waiters have left, the query goes on for the cache and keeps no process alive', async t => {
  const { ask, peek, clock } = makeFixture(t, { script: () => after(100, good(30)) })
  const controller = new AbortController()
  ask(host, { family, signal: controller.signal })
  ask(host, { family, signal: controller.signal })
  await clock.advance(50)
  // The process is held by a real timer; the clock has the script's and the look-up's.
  const held = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length
  const before = held()
  controller.abort()
  t.equal(held(), before - 1)
  t.equal(clock.timers.held, 1, "the script's timer")
  await clock.advance(50)
  t.ok(peek(host, { family }))
})

t.test('no timer and no listener is left when a look-up is over', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    cacheMax: 100,
    script: ({ question: { name } }) => found(`${name}. 30 IN A 192.0.2.1`),
  })
  // One signal's listeners are a list that is walked for each new one.
  const signals = Array.from({ length: 100 }, () => new AbortController().signal)
  for (let index = 0; index < 2_000; index++) {
    const signal = signals[index % signals.length]
    ask(`b${index}.x.example`, signal && { signal })
    if (index % 500 === 499) await clock.advance(0)
  }
  await clock.advance(5_000)
  t.equal(transport.asked.length, 4_000)
  t.strictSame(clock.timers, { all: 0, held: 0 })
  t.ok(signals.every(signal => getEventListeners(signal, 'abort').length === 0))
})
