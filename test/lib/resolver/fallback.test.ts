import t from 'tap'
import type { Address } from '../../../lib/address/address.js'
import { after, found, nothing, said, type Reply } from './fake-transport.js'
import { makeFixture } from './fixture.js'

const host = 'b0.x.example'
const good = found('b0.x.example. 30 IN A 192.0.2.1')
const addresses: Address[] = [
  { address: '2001:db8::7', family: 6 },
  { address: '192.0.2.7', family: 4 },
]
const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }))

interface Case {
  readonly name: string
  readonly says: () => Reply | Promise<Reply>
  readonly system?: (name: string, family: 0 | 4 | 6) => Promise<readonly Address[]>
  readonly fallback?: 'none'
  readonly servers?: readonly string[]
  readonly brief: string
  readonly afterMs: number
  readonly calls: readonly string[]
}

const cases: Case[] = [
  {
    name: 'all servers fail: the system is asked at once',
    says: () => said('REFUSED'),
    brief: 'system 192.0.2.7',
    afterMs: 0,
    calls: [`${host} 4`],
  },
  {
    name: 'a lone server is silent: the system is asked after its second turn',
    says: () => 'silence',
    brief: 'system 192.0.2.7',
    afterMs: 400,
    calls: [`${host} 4`],
  },
  {
    name: 'two are silent: after the second',
    servers: ['192.0.2.51', '192.0.2.52'],
    says: () => 'silence',
    brief: 'system 192.0.2.7',
    afterMs: 400,
    calls: [`${host} 4`],
  },
  {
    name: 'four are silent: each and the system have a turn within the deadline',
    servers: ['192.0.2.51', '192.0.2.52', '192.0.2.53', '192.0.2.54'],
    says: () => 'silence',
    brief: 'system 192.0.2.7',
    afterMs: 480,
    calls: [`${host} 4`],
  },
  {
    name: "a server's late answer wins over a slow system",
    says: () => after(450, good),
    system: () => after(100, good).then(() => addresses),
    brief: 'dns 192.0.2.1',
    afterMs: 450,
    calls: [`${host} 4`],
  },
  { name: 'NXDOMAIN is an answer', says: () => nothing('NXDOMAIN', 5), brief: 'ENOTFOUND', afterMs: 0, calls: [] },
  { name: 'NODATA is an answer', says: () => nothing('NODATA', 5), brief: 'ENOTFOUND', afterMs: 0, calls: [] },
  {
    name: 'none: the system is not asked',
    says: () => said('REFUSED'),
    fallback: 'none',
    brief: 'EAI_AGAIN',
    afterMs: 0,
    calls: [],
  },
  {
    name: 'the system fails too',
    says: () => said('REFUSED'),
    system: failing('EAI_AGAIN'),
    brief: 'EAI_AGAIN',
    afterMs: 0,
    calls: [`${host} 4`],
  },
  {
    name: "the system's ENOTFOUND does not say that the servers know no such name",
    says: () => said('REFUSED'),
    system: failing('ENOTFOUND'),
    brief: 'EAI_AGAIN',
    afterMs: 0,
    calls: [`${host} 4`],
  },
  {
    name: 'the system gives nothing, or rubbish, or the other family',
    says: () => said('REFUSED'),
    system: async () => [{ address: 'x', family: 4 }, { address: '192.0.2.7', family: 6 }, ...addresses.slice(0, 1)],
    brief: 'EAI_AGAIN',
    afterMs: 0,
    calls: [`${host} 4`],
  },
  {
    name: 'the system is silent',
    says: () => said('REFUSED'),
    system: () => new Promise(() => undefined),
    brief: 'EAI_AGAIN',
    afterMs: 600,
    calls: [`${host} 4`],
  },
  {
    name: 'the system alone is asked for the name as it is',
    servers: ['system'],
    says: () => good,
    brief: 'system 192.0.2.7',
    afterMs: 0,
    calls: [`${host} 4`],
  },
  {
    name: 'the system alone: its ENOTFOUND counts',
    servers: ['system'],
    says: () => good,
    system: failing('ENOTFOUND'),
    brief: 'ENOTFOUND',
    afterMs: 0,
    calls: [`${host} 4`],
  },
  {
    name: 'the system alone fails',
    servers: ['system'],
    says: () => good,
    system: failing('EAI_AGAIN'),
    brief: 'EAI_AGAIN',
    afterMs: 0,
    calls: [`${host} 4`],
  },
  {
    name: 'the system as one of several has its turn, and no second',
    servers: ['192.0.2.51', 'system'],
    says: () => said('REFUSED'),
    system: failing('EAI_AGAIN'),
    brief: 'EAI_AGAIN',
    afterMs: 0,
    calls: [`${host}. 4`],
  },
  {
    name: 'the system as one of several answers',
    servers: ['192.0.2.51', 'system'],
    says: () => said('REFUSED'),
    brief: 'dns 192.0.2.7',
    afterMs: 0,
    calls: [`${host}. 4`],
  },
]

for (const { name, says, system, fallback = 'system', servers, brief, afterMs, calls } of cases) {
  t.test(name, async t => {
    const { ask, clock, systemCalls } = makeFixture(t, {
      script: says,
      system: system ?? (async (_name, family) => addresses.filter(each => each.family === family)),
      ...(servers && { servers }),
    })
    const pending = ask(host, { family: 4, fallback })
    await clock.advance(600)
    t.equal(pending.brief, brief)
    t.equal(pending.afterMs, afterMs)
    t.strictSame(systemCalls, calls)
  })
}

t.test('both families are one call', async t => {
  for (const servers of [['192.0.2.53'], ['system']]) {
    const { ask, clock, systemCalls } = makeFixture(t, {
      servers,
      script: () => said('SERVFAIL'),
      system: async () => addresses,
    })
    const pending = ask(host, { fallback: 'system' })
    await clock.advance(0)
    t.equal(pending.brief, 'system 192.0.2.7 2001:db8::7')
    t.strictSame(systemCalls, [`${host} 0`])
  }
})

t.test('what the system gave is not changed', async t => {
  const given: Address[] = [{ address: '192.0.2.7', family: 4 }]
  const { ask, clock } = makeFixture(t, { script: () => said('SERVFAIL'), system: async () => given })
  ask(host, { fallback: 'system' })
  await clock.advance(0)
  t.notOk(Object.isFrozen(given[0]))
})

t.test("the system's answers live ten seconds", async t => {
  const { ask, peek, clock, systemCalls } = makeFixture(t, {
    script: () => said('SERVFAIL'),
    system: async () => addresses,
  })
  ask(host, { fallback: 'system' })
  await clock.advance(0)
  t.match(peek(host, { fallback: 'system' }), { ttl: 10, path: ['cache: good for 10 s', /^system: /] })
  t.equal(peek(host, { fallback: 'none' }), undefined, 'and are for those alone who would ask it')
  await clock.advance(10_000)
  t.equal(peek(host, { fallback: 'system' }), undefined)
  ask(host, { fallback: 'system' })
  await clock.advance(0)
  t.equal(systemCalls.length, 2)
})

t.test("a server's late answer replaces the system's", async t => {
  const { ask, peek, clock } = makeFixture(t, { script: () => after(700, good), system: async () => addresses })
  const pending = ask(host, { family: 4, fallback: 'system' })
  await clock.advance(699)
  t.equal(pending.brief, 'system 192.0.2.7')
  await clock.advance(1)
  t.match(peek(host, { family: 4, fallback: 'system' }), { ttl: 30, addresses: [{ address: '192.0.2.1' }] })
})

t.test("the system's late answer enters the cache", async t => {
  const { ask, peek, clock } = makeFixture(t, {
    script: () => said('SERVFAIL'),
    system: () => after(800, good).then(() => addresses.slice(1)),
  })
  const pending = ask(host, { family: 4, fallback: 'system' })
  await clock.advance(800)
  t.equal(pending.brief, 'EAI_AGAIN')
  t.ok(peek(host, { family: 4, fallback: 'system' }))
})

t.test('the error lists the system with the servers', async t => {
  const { ask, clock } = makeFixture(t, { script: () => said('SERVFAIL'), system: failing('ENOTFOUND') })
  const pending = ask(host, { family: 4, fallback: 'system' })
  await clock.advance(0)
  t.equal(
    pending.error?.message,
    'getaddrinfo EAI_AGAIN b0.x.example (udp://192.0.2.53:53: SERVFAIL after 0 ms; system: NXDOMAIN after 0 ms)',
  )
})
