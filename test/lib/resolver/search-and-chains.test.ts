import t from 'tap'
import { after, found, nothing, said, type Reply, type Script } from './fake-transport.js'
import { makeFixture } from './fixture.js'

const address = (name: string) => found(`${name}. 30 IN A 192.0.2.1`)

/** Says what stands under the name; NXDOMAIN for any other. */
const zone =
  (names: Readonly<Record<string, (name: string) => Reply | Promise<Reply>>>): Script =>
  ({ question: { name } }) =>
    (names[name] ?? (() => nothing('NXDOMAIN', 5)))(name)

interface Case {
  readonly name: string
  readonly host: string
  readonly names: Parameters<typeof zone>[0]
  readonly brief: string
  /** The names asked for, in order. */
  readonly asked: readonly string[]
}

const searchCases: Case[] = [
  {
    name: 'a relative name is found under the first suffix that has it',
    host: 'b0',
    names: { 'b0.svc.test': address, b0: address },
    brief: 'dns 192.0.2.1',
    asked: ['b0.ns.svc.test', 'b0.svc.test'],
  },
  {
    name: 'a relative name without a suffix that has it is tried as it is',
    host: 'b0',
    names: { b0: address },
    brief: 'dns 192.0.2.1',
    asked: ['b0.ns.svc.test', 'b0.svc.test', 'b0'],
  },
  {
    name: 'two dots are tried as they are first, whatever ndots says',
    host: 'b0.ns.x',
    names: { 'b0.ns.x': address },
    brief: 'dns 192.0.2.1',
    asked: ['b0.ns.x'],
  },
  {
    name: 'and with the suffixes then',
    host: 'b0.ns.x',
    names: { 'b0.ns.x.svc.test': address },
    brief: 'dns 192.0.2.1',
    asked: ['b0.ns.x', 'b0.ns.x.ns.svc.test', 'b0.ns.x.svc.test'],
  },
  {
    name: 'a last label that a suffix begins with: the suffixes come first',
    host: 'b0.ns.svc',
    names: { 'b0.ns.svc.svc.test': address, 'b0.ns.svc': () => 'silence' },
    brief: 'dns 192.0.2.1',
    asked: ['b0.ns.svc.ns.svc.test', 'b0.ns.svc.svc.test'],
  },
  {
    name: 'a final dot is absolute',
    host: 'b0.',
    names: { 'b0.svc.test': address },
    brief: 'ENOTFOUND',
    asked: ['b0'],
  },
  {
    name: 'NODATA goes on like NXDOMAIN',
    host: 'b0',
    names: { 'b0.ns.svc.test': () => nothing('NODATA', 5), 'b0.svc.test': address },
    brief: 'dns 192.0.2.1',
    asked: ['b0.ns.svc.test', 'b0.svc.test'],
  },
  {
    name: 'no candidate has it: ENOTFOUND',
    host: 'b0',
    names: {},
    brief: 'ENOTFOUND',
    asked: ['b0.ns.svc.test', 'b0.svc.test', 'b0'],
  },
  {
    name: 'a failure on the way is never ENOTFOUND',
    host: 'b0',
    names: { 'b0.svc.test': () => said('SERVFAIL') },
    brief: 'EAI_AGAIN',
    asked: ['b0.ns.svc.test', 'b0.svc.test', 'b0'],
  },
  {
    name: 'a failure does not end the walk where another candidate answers',
    host: 'b0.ns.x',
    names: { 'b0.ns.x': () => said('SERVFAIL'), 'b0.ns.x.svc.test': address },
    brief: 'dns 192.0.2.1',
    asked: ['b0.ns.x', 'b0.ns.x.ns.svc.test', 'b0.ns.x.svc.test'],
  },
]

for (const { name, host, names, brief, asked } of searchCases) {
  t.test(name, async t => {
    const { ask, clock, transport } = makeFixture(t, {
      script: zone(names),
      resolvConf: 'search ns.svc.test svc.test\noptions ndots:5',
    })
    const pending = ask(host, { family: 4 })
    await clock.advance(0)
    t.equal(pending.brief, brief)
    t.strictSame([...new Set(transport.asked.map(({ question }) => question.name))], asked)
  })
}

t.test('a candidate is taken for both families together', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    resolvConf: 'search one.test two.test',
    script: ({ question: { name, type } }) => {
      if (name === 'b0.one.test' && type === 'AAAA') return found('b0.one.test. 30 IN AAAA 2001:db8::1')
      return name === 'b0.one.test' ? nothing('NODATA', 5) : address(name)
    },
  })
  const pending = ask('b0')
  await clock.advance(0)
  t.equal(pending.brief, 'dns 2001:db8::1')
  t.equal(transport.asked.length, 2)
})

t.test('a walk keeps to the one deadline', async t => {
  const { ask, clock } = makeFixture(t, {
    resolvConf: 'search a.test b.test c.test',
    script: () => after(190, nothing('NXDOMAIN', 5)),
  })
  const pending = ask('b0', { family: 4 })
  await clock.advance(600)
  t.equal(pending.brief, 'EAI_AGAIN')
  t.equal(pending.afterMs, 600)
})

t.test('a negative answer of a walk lives as long as the shortest on it', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    resolvConf: 'search a.test',
    script: ({ question: { name } }) => nothing('NXDOMAIN', name === 'b0' ? 4 : 1),
  })
  for (const ms of [0, 990, 20]) {
    await clock.advance(ms)
    ask('b0', { family: 4 })
  }
  await clock.advance(0)
  t.equal(transport.asked.length, 4)
})

const chainCases: Case[] = [
  {
    name: 'a CNAME alone leads on',
    host: 'b0.x.example',
    names: { 'b0.x.example': () => found('b0.x.example. 60 IN CNAME c.y.example.'), 'c.y.example': address },
    brief: 'dns 192.0.2.1',
    asked: ['b0.x.example', 'c.y.example'],
  },
  {
    name: 'CNAMEs alone lead on and on',
    host: 'b0.x.example',
    names: {
      'b0.x.example': () => found('b0.x.example. 60 IN CNAME c.y.example.'),
      'c.y.example': () => found('c.y.example. 60 IN CNAME d.z.example.'),
      'd.z.example': address,
    },
    brief: 'dns 192.0.2.1',
    asked: ['b0.x.example', 'c.y.example', 'd.z.example'],
  },
  {
    name: 'a loop over responses ends',
    host: 'b0.x.example',
    names: {
      'b0.x.example': () => found('b0.x.example. 60 IN CNAME c.y.example.'),
      'c.y.example': () => found('c.y.example. 60 IN CNAME b0.x.example.'),
    },
    brief: 'EAI_AGAIN',
    asked: ['b0.x.example', 'c.y.example'],
  },
  {
    name: 'a loop in a response ends',
    host: 'b0.x.example',
    names: { 'b0.x.example': () => found('b0.x.example. 60 IN CNAME b0.x.example.') },
    brief: 'EAI_AGAIN',
    asked: ['b0.x.example'],
  },
  {
    name: 'the target does not exist: ENOTFOUND',
    host: 'b0.x.example',
    names: { 'b0.x.example': () => found('b0.x.example. 60 IN CNAME c.y.example.') },
    brief: 'ENOTFOUND',
    asked: ['b0.x.example', 'c.y.example'],
  },
  {
    name: "the target's servers fail: no ENOTFOUND",
    host: 'b0.x.example',
    names: {
      'b0.x.example': () => found('b0.x.example. 60 IN CNAME c.y.example.'),
      'c.y.example': () => said('SERVFAIL'),
    },
    brief: 'EAI_AGAIN',
    asked: ['b0.x.example', 'c.y.example'],
  },
]

for (const { name, host, names, brief, asked } of chainCases) {
  t.test(name, async t => {
    const { ask, clock, transport } = makeFixture(t, { script: zone(names) })
    const pending = ask(host, { family: 4 })
    await clock.advance(0)
    t.equal(pending.brief, brief)
    // A server that says SERVFAIL is asked twice: the second time without EDNS.
    t.strictSame([...new Set(transport.asked.map(({ question }) => question.name))], asked)
  })
}

t.test('a chain without an end ends', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    script: ({ question: { name } }) => found(`${name}. 60 IN CNAME a${transport.asked.length}.x.example.`),
  })
  const pending = ask('b0.x.example', { family: 4 })
  await clock.advance(0)
  t.equal(pending.brief, 'EAI_AGAIN')
  t.equal(transport.asked.length, 17)
})

t.test('the TTL is the smallest over responses, and the path tells each', async t => {
  const { ask, clock } = makeFixture(t, {
    script: zone({ 'b0.x.example': () => found('b0.x.example. 7 IN CNAME c.y.example.'), 'c.y.example': address }),
  })
  const pending = ask('b0.x.example', { family: 4 })
  await clock.advance(0)
  t.match(pending.answer, {
    ttl: 7,
    path: ['cache: nothing', 'udp://192.0.2.53:53: CNAME c.y.example, no A; udp://192.0.2.53:53: A 192.0.2.1'],
  })
})

for (const host of [
  '',
  '.',
  'a..b',
  'a b',
  `${'a'.repeat(64)}.example`,
  '127.1',
  '0x7f000001',
  'x\0y.example',
  '::1%',
  '[::1]',
]) {
  t.test(`'${host.slice(0, 12)}' is ENOTFOUND with nothing asked`, async t => {
    const { ask, clock, transport, systemCalls } = makeFixture(t, { script: () => said('SERVFAIL') })
    const pending = [ask(host, { fallback: 'system' }), ask(host, { fresh: true })]
    await clock.advance(0)
    for (const each of pending) t.match(each.error, { code: 'ENOTFOUND', errno: -3008, attempts: [], hostname: host })
    t.strictSame([...transport.told, ...systemCalls], [])
  })
}
