import t, { type Test } from 'tap'
import { createResolver } from '../../../lib/resolver/resolver.js'
import type { ResolverOptions } from '../../../lib/resolver/options.js'
import { ResolveError } from '../../../lib/resolver/resolve-error.js'
import type { Answer, ResolveOptions } from '../../../lib/resolver/types.js'
import { createTransport } from '../../../lib/transport/create-transport.js'
import { systemLookup } from '../../../lib/transport/system.js'
import { parseUpstream, type Upstream } from '../../../lib/transport/upstream.js'
import { makeCertificate } from '../../servers/certificate.js'
import { respond } from '../../servers/dns-message.js'
import { closedPort, startDnsServer, type Handler, type ServerQuery } from '../../servers/dns-server.js'
import { defaults } from './fixture.js'

const certificate = makeCertificate()
const both: ResolveOptions = { family: 0, fallback: 'none' }

function makeResolver(t: Test, upstreams: readonly Upstream[], options: Partial<ResolverOptions> = {}) {
  const resolver = createResolver({
    ...defaults,
    upstreams,
    now: () => performance.now(),
    transport: createTransport({ tls: { ca: certificate.cert } }),
    systemLookup,
    hostsPath: '/nonexistent/hosts',
    resolvConfPath: '/nonexistent/resolv.conf',
    ...options,
  })
  t.teardown(() => resolver.close())
  return resolver
}

async function startServer(t: Test, handler: Handler) {
  const server = await startDnsServer({ udp: true, tcp: true, tls: certificate, https: certificate }, handler)
  t.teardown(() => server.close())
  return server
}

/** A server that knows every name: 192.0.2.1 and 2001:db8::1, for as long as the TTL says. */
const knowing =
  (ttl = 30): Handler =>
  query =>
    respond(query, {
      answers: [
        query.type === 'A' ? `${query.name}. ${ttl} IN A 192.0.2.1` : `${query.name}. ${ttl} IN AAAA 2001:db8::1`,
      ],
    })

const source = (answer: Answer) => answer.source
const code = (error: unknown) => (error instanceof ResolveError ? error.code : error)

const soa = 'x.example. 60 IN SOA ns.x.example. mail.x.example. 1 2 3 4 60'
const good = 'dns'
// One family a look-up: how long one waits for the other is no matter of this file, and real time is not to be relied on.
const families = [
  { family: 4, fallback: 'none' },
  { family: 6, fallback: 'none' },
] as const

/** What a bad server in front of a good one comes to. */
const firstCases: { name: string; handler: Handler; brief: string }[] = [
  { name: 'silence', handler: () => undefined, brief: good },
  { name: 'SERVFAIL', handler: query => respond(query, { rcode: 'SERVFAIL' }), brief: good },
  { name: 'REFUSED', handler: query => respond(query, { rcode: 'REFUSED' }), brief: good },
  {
    name: 'REFUSED to AAAA alone',
    handler: query => (query.type === 'A' ? knowing()(query) : respond(query, { rcode: 'REFUSED' })),
    brief: good,
  },
  {
    name: 'FORMERR to EDNS',
    handler: query => (query.edns ? respond(query, { rcode: 'FORMERR', additionals: [] }) : knowing()(query)),
    brief: good,
  },
  {
    name: 'BADVERS to EDNS',
    handler: query => (query.edns ? respond(query, { rcode: 'BADVERS' }) : knowing()(query)),
    brief: good,
  },
  {
    name: 'garbage',
    handler: query => Buffer.concat([respond(query).subarray(0, 12), Buffer.alloc(200, 0xff)]),
    brief: good,
  },
  { name: 'another id', handler: query => respond(query, { id: query.id ^ 1 }), brief: good },
  {
    name: 'another question',
    handler: query => respond(query, { question: { name: 'y.example', type: query.type } }),
    brief: good,
  },
  {
    name: 'a loop',
    handler: query => respond(query, { answers: [`${query.name}. 30 IN CNAME ${query.name}.`] }),
    brief: good,
  },
  {
    name: 'a loop over two names',
    handler: query =>
      respond(query, {
        answers: [`${query.name}. 30 IN CNAME ${query.name === 'a.x.example' ? 'b0.x.example' : 'a.x.example'}.`],
      }),
    brief: 'EAI_AGAIN',
  },
  { name: 'NXDOMAIN', handler: query => respond(query, { rcode: 'NXDOMAIN', authorities: [soa] }), brief: 'ENOTFOUND' },
  { name: 'NODATA', handler: query => respond(query, { authorities: [soa] }), brief: 'ENOTFOUND' },
  {
    name: 'a CNAME alone',
    handler: query =>
      query.name === 'c.y.example'
        ? knowing()(query)
        : respond(query, { answers: [`${query.name}. 30 IN CNAME c.y.example.`] }),
    brief: good,
  },
]

for (const kind of ['udp', 'tcp', 'tls', 'https'] as const) {
  t.test(`over ${kind}`, async t => {
    for (const { name, handler, brief } of firstCases) {
      t.test(`${name} first comes to ${brief}`, async t => {
        const [first, second] = [await startServer(t, handler), await startServer(t, knowing())]
        const resolver = makeResolver(t, [first.upstream(kind), second.upstream(kind)], {
          attemptMs: 100,
          timeoutMs: 5_000,
        })
        for (const options of families) {
          const said = await resolver.resolve('b0.x.example', options).then(source, code)
          t.equal(said, brief)
        }
      })
    }
  })
}

t.test('a closed port is passed over', async t => {
  const server = await startServer(t, knowing())
  const port = await closedPort()
  for (const kind of ['udp', 'tcp', 'tls']) {
    const closed = parseUpstream(`${kind}://127.0.0.1:${port}`)
    const resolver = makeResolver(t, [closed, server.upstream('udp')], { timeoutMs: 5_000 })
    t.equal(source(await resolver.resolve('b0.x.example', both)), good)
    const alone = makeResolver(t, [closed])
    await t.rejects(alone.resolve('b0.x.example', both), { code: 'EAI_AGAIN', attempts: [{ outcome: 'ECONNREFUSED' }] })
  }
})

t.test('a truncated answer is asked again over TCP', async t => {
  const server = await startServer(t, query =>
    query.via === 'udp' ? respond(query, { truncated: true }) : knowing()(query),
  )
  const resolver = makeResolver(t, [server.upstream('udp')], { timeoutMs: 5_000 })
  t.equal(source(await resolver.resolve('b0.x.example', both)), good)
})

t.test('a TTL of 2^32-1 is cut, one of 0 is not kept', async t => {
  const server = await startServer(t, query => knowing(query.name.startsWith('long') ? 0xffffffff : 0)(query))
  const resolver = makeResolver(t, [server.upstream('udp')], { timeoutMs: 5_000 })
  t.equal((await resolver.resolve('long.x.example', both)).ttl, 3_600)
  t.ok(resolver.peek('long.x.example', both))
  t.equal((await resolver.resolve('short.x.example', both)).ttl, 0)
  t.equal(resolver.peek('short.x.example', both), undefined)
})

t.test('an answer after the deadline enters the cache', async t => {
  let answer: (() => void) | undefined
  const answered = new Promise<void>(resolve => {
    answer = resolve
  })
  const server = await startServer(t, async query => {
    await answered
    return knowing()(query)
  })
  const resolver = makeResolver(t, [server.upstream('udp')], { timeoutMs: 60, attemptMs: 20 })
  await t.rejects(resolver.resolve('b0.x.example', both), { code: 'EAI_AGAIN', attempts: [{ outcome: 'timeout' }] })
  answer?.()
  while (resolver.peek('b0.x.example', both) === undefined) await new Promise(resolve => setTimeout(resolve, 5))
  t.pass()
})

t.test('close in the middle of a query, over each transport', async t => {
  for (const kind of ['udp', 'tcp', 'tls', 'https'] as const) {
    const server = await startServer(t, () => undefined)
    const resolver = makeResolver(t, [server.upstream(kind)], { timeoutMs: 10_000, attemptMs: 5_000 })
    const rejected = t.rejects(resolver.resolve('b0.x.example', both), { code: 'EAI_AGAIN' }, kind)
    while (server.queries.length < 2) await new Promise(resolve => setTimeout(resolve, 2))
    await resolver.close()
    await rejected
  }
})

t.test('ten thousand look-ups of one cold name are one query a family', async t => {
  const server = await startServer(t, knowing())
  const resolver = makeResolver(t, [server.upstream('udp')], { timeoutMs: 60_000, attemptMs: 60_000 })
  const answers = await Promise.all(Array.from({ length: 10_000 }, () => resolver.resolve('b0.x.example', both)))
  t.equal(new Set(answers).size, 1)
  t.strictSame(server.queries.map(({ type }) => type).sort(), ['A', 'AAAA'])
})

t.test('a thousand cold names at once: none is lost', async t => {
  const server = await startServer(t, knowing())
  const resolver = makeResolver(t, [server.upstream('udp')], { timeoutMs: 60_000, attemptMs: 60_000 })
  const names = Array.from({ length: 1_000 }, (_, index) => `b${index}.x.example`)
  const answers = await Promise.all(names.map(name => resolver.resolve(name, both)))
  t.equal(answers.filter(answer => source(answer) === good).length, 1_000)
  t.equal(server.queries.length, 2_000)
})

t.test('look-ups of every outcome leave no timer, socket or listener', async t => {
  const outcomes: Handler[] = [
    knowing(0),
    query => respond(query, { rcode: 'SERVFAIL' }),
    query => respond(query, { rcode: 'NXDOMAIN' }),
  ]
  const index = (query: ServerQuery) => Number(/\d+/.exec(query.name)?.[0] ?? 0)
  const server = await startServer(t, query => outcomes[index(query) % outcomes.length]?.(query))
  const resolver = makeResolver(t, [server.upstream('udp')], { timeoutMs: 60_000, attemptMs: 60_000, cacheMax: 10 })
  const held = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout' || name.endsWith('Wrap')).length
  const before = held()
  for (let round = 0; round < 100; round++) {
    const names = Array.from({ length: 100 }, (_, each) => `b${round * 100 + each}.x.example`)
    await Promise.allSettled(names.map(name => resolver.resolve(name, families[0])))
  }
  // The earlier tests' servers may go in the meantime, nothing may come; a file has two minutes.
  while (held() > before) await new Promise(resolve => setImmediate(resolve))
  t.pass()
})
