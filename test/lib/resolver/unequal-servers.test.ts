// Servers are not equals: the first knows a private zone, the others answer NXDOMAIN for every name in it.
import t, { type Test } from 'tap'
import { isFullRun } from '../../full-run.js'
import { random, type Random } from '../../servers/random.js'
import { after, found, nothing, said, type Asked, type Reply } from './fake-transport.js'
import { makeFixture, type Pending } from './fixture.js'

const host = 'b0.x.example'
const good = (name = host, ttl = 10) => found(`${name}. ${ttl} IN A 192.0.2.1`)
const noName = () => nothing('NXDOMAIN', 60)
const servers = ['192.0.2.51', '192.0.2.52', '192.0.2.53']

type Says = (ask: number, asked: Asked) => Reply | Promise<Reply>

interface Case {
  readonly name: string
  readonly first: Says
  readonly second?: Says
  readonly brief: string
  readonly afterMs: number
  readonly family?: 0
}

/** What the second server says is NXDOMAIN where it is left out. */
const cases: Case[] = [
  { name: 'the first answers', first: () => good(), brief: 'dns 192.0.2.1', afterMs: 0 },
  {
    name: 'one lost packet: the second ask is answered',
    first: ask => (ask === 1 ? 'silence' : good()),
    brief: 'dns 192.0.2.1',
    afterMs: 200,
  },
  {
    name: 'the first takes 260 ms once',
    first: ask => (ask === 1 ? after(260, good()) : 'silence'),
    brief: 'dns 192.0.2.1',
    afterMs: 260,
  },
  {
    name: 'the first takes 390 ms',
    first: () => after(390, good()),
    brief: 'dns 192.0.2.1',
    afterMs: 390,
  },
  {
    name: 'the first is silent: the second counts after the second ask',
    first: () => 'silence',
    brief: 'ENOTFOUND',
    afterMs: 400,
  },
  { name: 'the first fails: the second counts at once', first: () => said('SERVFAIL'), brief: 'ENOTFOUND', afterMs: 0 },
  { name: 'the first refuses connections', first: () => ({ error: 'ECONNREFUSED' }), brief: 'ENOTFOUND', afterMs: 0 },
  { name: "the first one's NXDOMAIN is final", first: noName, second: () => good(), brief: 'ENOTFOUND', afterMs: 0 },
  {
    name: 'an address of the second counts at once',
    first: () => 'silence',
    second: () => good(),
    brief: 'dns 192.0.2.1',
    afterMs: 200,
  },
  {
    name: 'a CNAME of the second leads on, and NXDOMAIN at its end is weak as well',
    first: (_ask, { question }) => (question.name === host ? said('SERVFAIL') : noName()),
    second: (_ask, { question }) =>
      question.name === host ? found(`${host}. 60 IN CNAME c.y.example.`) : nothing('NXDOMAIN', 60),
    brief: 'ENOTFOUND',
    afterMs: 0,
  },
]

for (const { name, first, second = noName, brief, afterMs } of cases) {
  t.test(name, async t => {
    for (const stale of [false, true]) {
      let isOld = !stale
      let asks = 0
      const { ask, clock, peek } = makeFixture(t, {
        servers: servers.slice(0, 2),
        script: asked => {
          if (!isOld) return good()
          return asked.server === servers[0] ? first(++asks, asked) : second(0, asked)
        },
      })
      if (stale) {
        ask(host, { family: 4 })
        await clock.advance(11_000)
        isOld = true
      }
      const pending = ask(host, { family: 4 })
      await clock.advance(600)
      const isWeak = brief === 'ENOTFOUND' && first !== noName
      // A stale answer serves after half of the time at the latest.
      const isStale = stale && (isWeak || afterMs > 300)
      t.equal(pending.brief, isStale ? 'stale 192.0.2.1' : brief, stale ? 'known' : 'not known')
      t.equal(pending.afterMs, stale ? Math.min(afterMs, 300) : afterMs)
      if (!isWeak) continue
      t.equal(peek(host, { family: 4 }), undefined)
      isOld = false
      if (stale) await clock.advance(1_000)
      const again = ask(host, { family: 4 })
      await clock.advance(0)
      t.equal(again.brief, 'dns 192.0.2.1', 'a weak negative is not kept')
    }
  })
}

t.test('a silent AAAA is not charged to the server that answers A', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    servers: servers.slice(0, 2),
    script: ({ server, question: { name, type } }) =>
      server !== servers[0] ? noName() : type === 'A' ? good(name, 5) : 'silence',
  })
  for (let index = 0; index < 60; index++) {
    const pending = ask(`b${index % 3}.x${index % 2}.example`)
    await clock.advance(250)
    t.match(pending.brief, / 192.0.2.1$/)
  }
  t.strictSame(
    transport.told.filter(line => line.startsWith(`${servers[1] ?? ''} A `)),
    [],
    'A is never asked elsewhere',
  )
})

t.test('a demoted server is still asked beside the next before a negative counts', async t => {
  let isSilent = true
  const { ask, clock, transport } = makeFixture(t, {
    servers: servers.slice(0, 2),
    script: ({ server, question: { name } }) => (server !== servers[0] ? noName() : isSilent ? 'silence' : good(name)),
  })
  for (const name of ['a.x.example', 'b.y.test']) {
    ask(name, { family: 4 })
    await clock.advance(600)
  }
  transport.asked.length = 0
  isSilent = false
  const pending = ask('c.x.example', { family: 4 })
  await clock.advance(0)
  t.equal(pending.brief, 'dns 192.0.2.1')
  t.strictSame(transport.told, ['192.0.2.52 A c.x.example', '192.0.2.51 A c.x.example'])
  ask('d.x.example', { family: 4 })
  await clock.advance(0)
  t.equal(transport.told.at(-1), '192.0.2.51 A d.x.example', 'and that it answered ends the demotion')
})

t.test('the second ask to a silent server goes without EDNS, and so do later ones for a minute', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    script: ({ edns, question: { name } }) => (edns ? 'silence' : good(name)),
  })
  const told: string[] = []
  for (const [name, ms] of [
    ['b0.x.example', 200],
    ['b1.x.example', 60_001],
    ['b2.x.example', 200],
  ] as const) {
    const pending = ask(name, { family: 4 })
    await clock.advance(ms)
    t.equal(pending.brief, 'dns 192.0.2.1')
    told.push(transport.asked.map(({ edns }) => (edns ? 'EDNS' : 'plain')).join(' '))
    transport.asked.length = 0
  }
  t.strictSame(told, ['EDNS plain', 'plain', 'EDNS plain'])
})

t.test('an answer of TTL 0 removes nothing, and may serve as stale', async t => {
  let reply: Reply = good(host, 2)
  const { ask, peek, clock } = makeFixture(t, { script: () => reply, stale: 60 })
  const briefs: unknown[] = []
  const steps: [Reply, number][] = [
    [good(host, 2), 3_000],
    [good(host, 0), 50_000],
    ['silence', 9_000],
    ['silence', 2_000],
    ['silence', 600],
  ]
  for (const [next, ms] of steps) {
    reply = next
    const pending = ask(host, { family: 4 })
    await clock.advance(ms)
    briefs.push(pending.brief)
    t.equal(peek(host, { family: 4 }), undefined, 'none is fresh any more')
  }
  // 50 s after the answer of TTL 0, 59 s after it, and 61 s: too late.
  t.strictSame(briefs, ['dns 192.0.2.1', 'dns 192.0.2.1', 'stale 192.0.2.1', 'stale 192.0.2.1', 'EAI_AGAIN'])
})

for (const { name, first, brief, afterMs } of [
  {
    name: 'a weak negative of one candidate holds up neither the next, nor its own last chance',
    first: (ask: number): Reply | Promise<Reply> => (ask === 1 ? 'silence' : after(50, good('b0.a.test'))),
    brief: 'dns 192.0.2.1',
    afterMs: 250,
  },
  {
    name: 'a later candidate counts when the last chance of the one before is over',
    first: (): Reply => 'silence',
    brief: 'dns 192.0.2.66',
    afterMs: 400,
  },
] as const) {
  t.test(name, async t => {
    let asks = 0
    const { ask, clock } = makeFixture(t, {
      servers: servers.slice(0, 2),
      resolvConf: 'search a.test b.test',
      script: ({ server, question }) => {
        if (question.name !== 'b0.a.test') return found(`${question.name}. 30 IN A 192.0.2.66`)
        return server === servers[0] ? first(++asks) : noName()
      },
    })
    const pending = ask('b0', { family: 4 })
    await clock.advance(600)
    t.equal(pending.brief, brief)
    t.equal(pending.afterMs, afterMs)
  })
}

t.test('silence on one candidate does not hold up the next for ever', async t => {
  const { ask, clock } = makeFixture(t, {
    resolvConf: 'search a.test b.test',
    script: ({ question: { name } }) => (name === 'b0.a.test' ? 'silence' : good(name)),
  })
  const pending = ask('b0', { family: 4 })
  await clock.advance(600)
  t.equal(pending.brief, 'dns 192.0.2.1')
  t.equal(pending.afterMs, 400)
})

t.test('no-aaaa: servers of resolv.conf are not asked for IPv6', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    servers: 'resolv.conf',
    resolvConf: 'nameserver 192.0.2.53\noptions no-aaaa',
    script: () => good(),
  })
  const pending = [ask(host), ask(host, { family: 6 })]
  await clock.advance(0)
  t.strictSame(
    pending.map(({ brief }) => brief),
    ['dns 192.0.2.1', 'ENOTFOUND'],
  )
  t.equal(pending[1]?.error?.message, 'getaddrinfo ENOTFOUND b0.x.example (resolv.conf: no-aaaa after 0 ms)')
  t.strictSame(transport.told, [`192.0.2.53 A ${host}`])
})

// The property: over seeded times of every passing fault.

const faultKinds = ['loss', 'delay', 'SERVFAIL', 'REFUSED', 'ECONNREFUSED', 'EBADRESP', 'no EDNS', 'no AAAA'] as const

interface Fault {
  readonly kind: (typeof faultKinds)[number]
  readonly fromMs: number
  readonly toMs: number
}

/** Which names each server knows; each refuses those before the first server that knows them. */
interface World {
  readonly faults: readonly (readonly Fault[])[]
  readonly knows: (server: number, name: string) => boolean
  readonly names: readonly string[]
}

const faultFreeFromMs = 45_000

function makeWorld(generator: Random): World {
  const count = 2 + generator.below(2)
  const faults = Array.from({ length: count }, () =>
    Array.from({ length: generator.below(6) }, () => {
      const fromMs = generator.below(faultFreeFromMs - 6_000)
      return {
        kind: faultKinds[generator.below(faultKinds.length)] ?? 'loss',
        fromMs,
        toMs: fromMs + generator.below(6_000),
      }
    }),
  )
  // `b3` is known to the second server alone: the first one refuses it, for good.
  const knows = (server: number, name: string) => (name.startsWith('b3') ? server === 1 : server === 0)
  return { faults, knows, names: ['b0.x.example', 'b1.x.example', 'b2.y.test', 'b3.z.test'] }
}

function replyOf(world: World, server: number, { question, edns }: Asked, nowMs: number, generator: Random) {
  const { name, type } = question
  const isFirst = !world.faults.slice(0, server).some((_, earlier) => world.knows(earlier, name))
  const reply = world.knows(server, name)
    ? type === 'A'
      ? good(name, 1 + generator.below(8))
      : nothing('NODATA', 5)
    : isFirst && name.startsWith('b3') && server === 0
      ? said('REFUSED')
      : noName()
  const fault = world.faults[server]?.find(({ fromMs, toMs }) => fromMs <= nowMs && nowMs < toMs)
  switch (fault?.kind) {
    case 'loss':
      return generator.below(2) === 0 ? 'silence' : reply
    case 'delay':
      return after(50 + generator.below(500), reply)
    case 'SERVFAIL':
    case 'REFUSED':
      return said(fault.kind)
    case 'ECONNREFUSED':
    case 'EBADRESP':
      return { error: fault.kind }
    case 'no EDNS':
      return edns ? 'silence' : reply
    case 'no AAAA':
      return type === 'AAAA' ? 'silence' : reply
    case undefined:
      return reply
  }
}

async function runWorld(t: Test, seed: number): Promise<string[]> {
  const generator = random(seed)
  const world = makeWorld(generator)
  const startMs = 1_000_000
  const { ask, clock } = makeFixture(t, {
    servers: servers.slice(0, world.faults.length),
    script: asked => replyOf(world, servers.indexOf(asked.server), asked, clock.now() - startMs, generator),
  })
  const lookups: { readonly name: string; readonly family: 0 | 4; readonly atMs: number; readonly pending: Pending }[] =
    []
  while (clock.now() - startMs < faultFreeFromMs + 10_000) {
    const name = world.names[generator.below(world.names.length)] ?? ''
    const family = generator.below(2) === 0 ? 0 : 4
    lookups.push({ name, family, atMs: clock.now() - startMs, pending: ask(name, { family }) })
    await clock.advance(generator.below(8) === 0 ? generator.below(3_000) : generator.below(300))
  }
  await clock.advance(600)
  const wrong: string[] = []
  const known = new Set<string>()
  for (const { name, family, atMs, pending } of lookups) {
    const { brief = 'nothing', afterMs = 0 } = pending
    const expert = name.startsWith('b3') ? 1 : 0
    const isHealthy = !world.faults[expert]?.some(({ fromMs, toMs }) => fromMs <= atMs + afterMs && atMs < toMs)
    const line = `seed ${seed}: ${name} at ${atMs} ms came to ${brief} after ${afterMs} ms`
    if (isHealthy && brief === 'ENOTFOUND') wrong.push(`${line}, though a healthy server knows it`)
    if (!brief.includes('192.0.2.1') && known.has(`${family} ${name}`)) wrong.push(`${line}, though it was known`)
    if (!brief.includes('192.0.2.1') && atMs > faultFreeFromMs + 6_000) wrong.push(`${line}, though all is well again`)
    if (afterMs > 600) wrong.push(`${line}: past its deadline`)
    // The cache keeps look-ups for one family apart from those for both.
    if (brief.includes('192.0.2.1')) known.add(`${family} ${name}`)
  }
  return wrong
}

const seeds = Array.from({ length: isFullRun ? 600 : 60 }, (_, index) => 7_000 + index)

t.test(`names stay resolvable through every passing fault, over ${seeds.length} seeded histories`, async t => {
  for (const seed of seeds) t.strictSame(await runWorld(t, seed), [])
})
