import dns from 'node:dns'
import t from 'tap'
import { createResolve } from '../../../src/connect/resolve.js'
import { fakeContext, fakeMap, silent, type ContextOptions } from './fixtures/fakes.js'

const host = 'b0.kafka.example'
const rule = `rule '${host}' (test map:1)`

function setUp(options: ContextOptions) {
  const context = fakeContext({ ...options, settings: { allow: null, ...options.settings } })
  return { context, resolve: createResolve(context) }
}

t.test('the route, with each target’s addresses, the port of each, and every step in words', async t => {
  const { context, resolve } = setUp({ rules: [{ match: host, to: ['a.example:9000', 'b.example', '192.0.2.9'] }] })
  context.resolver.cache('a.example', '192.0.2.1', '2001:db8::1')
  context.resolver.answers('b.example', { addresses: ['192.0.2.2', '127.0.0.1'], ttl: 7 })
  t.match(await resolve(host, 9092), {
    host,
    port: 9092,
    action: 'map',
    rule: { match: host, index: 0, origin: 'test map' },
    addresses: [
      { address: '192.0.2.1', family: 4, port: 9000, target: 'a.example' },
      { address: '2001:db8::1', family: 6, port: 9000, target: 'a.example' },
      { address: '192.0.2.2', family: 4, port: 9092, target: 'b.example' },
      { address: '192.0.2.9', family: 4, port: 9092, target: '192.0.2.9' },
    ],
    ttl: 7,
    source: 'cache',
    path: [
      `map: ${host}:9092 -> a.example:9000 | b.example:9092 | 192.0.2.9:9092 by ${rule}`,
      'a.example: cache: 192.0.2.1, 2001:db8::1',
      'b.example: dns: 192.0.2.2, 127.0.0.1',
      'b.example: 127.0.0.1 is refused: in 127.0.0.0/8, where no broker is; to allow it, set KAFKA_SPLIT_DNS_ALLOW=127.0.0.1/32 and add the blocks of all other brokers',
      '192.0.2.9: literal: 192.0.2.9',
    ],
  })
})

t.test('without a port there is none', async t => {
  const { context, resolve } = setUp({ rules: [{ match: host, to: 'a.example' }] })
  context.resolver.cache('a.example', '192.0.2.1')
  t.match(await resolve(host), { port: undefined, addresses: [{ port: undefined }] })
})

t.test('a target that fails is a step, where another has an address', async t => {
  const { context, resolve } = setUp({ rules: [{ match: host, to: ['a.example', 'b.example'] }] })
  context.resolver.cache('b.example', '192.0.2.2')
  t.match((await resolve(host, 9092)).path, [/^map/, 'a.example: NXDOMAIN from udp://192.0.2.53:53 after 3 ms', /^b/])
})

t.test("the fallback original is at the broker's own port", async t => {
  const { context, resolve } = setUp({
    rules: [{ match: host, to: 'a.example:9000' }],
    settings: { fallback: 'original' },
  })
  context.resolver.answers(host, { addresses: ['192.0.2.7'], source: 'system' })
  t.match(await resolve(host, 9092), {
    source: 'system',
    addresses: [{ address: '192.0.2.7', port: 9092, target: host }],
    path: [/^map/, /^a\.example: NXDOMAIN/, `fallback original (${host}): system: 192.0.2.7`],
  })
})

t.test('unmapped names are the system’s, unmapped addresses themselves', async t => {
  t.intercept(dns, 'lookup', {
    value: (_: string, __: object, done: (error: null, found: object[]) => void) =>
      done(null, [{ address: '192.0.2.3', family: 4 }]),
  })
  const { resolve } = setUp({ rules: [{ match: host, to: 'a.example' }] })
  t.match(await resolve('other.example', 9092), {
    action: 'system',
    rule: null,
    source: 'system',
    addresses: [{ address: '192.0.2.3', port: 9092, target: 'other.example' }],
    path: ['map: no rule matches other.example:9092', 'system: 192.0.2.3'],
  })
  t.match(await resolve('[2001:db8::1]', 9092), {
    source: 'literal',
    addresses: [{ address: '2001:db8::1', family: 6 }],
  })
  t.match((await setUp({ rules: [] }).resolve('other.example')).path, ['map: no map is in force', /./])
})

t.test('errors', async t => {
  const cases: { name: string; options: ContextOptions; error: { code: string; hostname?: string }; host?: string }[] =
    [
      {
        name: 'no address',
        options: { rules: [{ match: host, to: 'a.example' }] },
        error: { code: 'ENOTFOUND', hostname: host },
      },
      {
        name: 'a rule refuses',
        options: { rules: [{ match: host, to: 'refuse' }] },
        error: { code: 'ERR_SPLIT_DNS_REFUSED' },
      },
      { name: 'unmapped: refuse', options: { map: fakeMap([], 'refuse') }, error: { code: 'ERR_SPLIT_DNS_REFUSED' } },
      {
        name: 'no target',
        options: { rules: [{ match: host, to: '!none' }] },
        error: { code: 'ERR_SPLIT_DNS_TARGET' },
      },
      {
        name: 'no map',
        options: { map: null, settings: { timeoutMs: 5 } },
        error: { code: 'ERR_SPLIT_DNS_NOT_READY' },
      },
      {
        name: 'no host name',
        options: { rules: [{ match: host, to: 'a.example' }] },
        error: { code: 'ENOTFOUND' },
        host: 'a..b',
      },
      {
        name: 'the guard',
        options: { rules: [{ match: host, to: 'rebound.example' }] },
        error: { code: 'ERR_SPLIT_DNS_ADDRESS_REFUSED' },
      },
    ]
  for (const { name, options, error, host: asked = host } of cases) {
    t.test(name, async t => {
      const { context, resolve } = setUp(options)
      context.resolver.cache('rebound.example', '169.254.169.254')
      await t.rejects(resolve(asked, 9092), error)
    })
  }

  t.test('closed, and closed meanwhile', async t => {
    const { context, resolve } = setUp({ rules: [{ match: host, to: 'a.example' }] })
    context.resolver.answers('a.example', async () => {
      context.close()
      throw silent('a.example')
    })
    await t.rejects(resolve(host, 9092), { code: 'ERR_SPLIT_DNS_CLOSED' })
    await t.rejects(resolve(host, 9092), { code: 'ERR_SPLIT_DNS_CLOSED' })
  })

  t.test('the system’s own, with the map’s part in it', async t => {
    const error = Object.assign(new Error('getaddrinfo EAI_AGAIN other.example'), { code: 'EAI_AGAIN' })
    t.intercept(dns, 'lookup', {
      value: (_: string, __: object, done: (error: Error | null, found?: object[]) => void) => done(error),
    })
    const { resolve } = setUp({ rules: [{ match: host, to: 'a.example' }] })
    await t.rejects(resolve('other.example', 9092), {
      code: 'EAI_AGAIN',
      message: 'getaddrinfo EAI_AGAIN other.example (kafka-split-dns: no rule matches other.example:9092)',
      cause: error,
    })
    await t.rejects(setUp({ rules: [] }).resolve('other.example'), { message: error.message })
  })
})
