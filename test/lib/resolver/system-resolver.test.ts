import dns, { type LookupAddress } from 'node:dns'
import t, { type Test } from 'tap'
import { createSystemResolver } from '../../../lib/resolver/system-resolver.js'

const both = { family: 0, fallback: 'system' } as const

type Done = (error: Error | null, found?: LookupAddress[]) => void

/** A resolver over a dns.lookup of the test's own, with the test's clock. */
function setUp(t: Test, lookup: (name: string, done: Done) => void, timeoutMs = 600) {
  const calls: string[] = []
  t.intercept(dns, 'lookup', {
    value: (name: string, _options: unknown, done: Done) => {
      calls.push(name)
      lookup(name, done)
    },
  })
  const clock = { ms: 5000 }
  const resolver = createSystemResolver({ timeoutMs, now: () => clock.ms })
  t.teardown(() => resolver.close())
  return { resolver, calls, clock }
}

const found = (...addresses: string[]) => addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))

t.test('answers come from dns.lookup, IPv4 first, and live for ten seconds', async t => {
  const { resolver, calls, clock } = setUp(t, (_, done) => done(null, found('2001:db8::1', '192.0.2.1')))
  t.equal(resolver.peek('vpce.example', both), undefined)
  const answer = await resolver.resolve('vpce.example', both)
  t.match(answer, { source: 'system', ttl: 10, addresses: [{ family: 4 }, { address: '2001:db8::1', family: 6 }] })
  clock.ms += 9001
  t.match(resolver.peek('VPCE.example', both), { source: 'cache', ttl: 1 })
  t.match((await resolver.resolve('vpce.example', both)).source, 'cache')
  clock.ms += 999
  t.equal(resolver.peek('vpce.example', both), undefined)
  await resolver.resolve('vpce.example', both)
  t.strictSame(calls, ['vpce.example', 'vpce.example'])
})

t.test('one family alone', async t => {
  const { resolver } = setUp(t, (_, done) => done(null, found('192.0.2.1')))
  t.match(await resolver.resolve('vpce.example', { ...both, family: 4 }), { addresses: [{ address: '192.0.2.1' }] })
  t.equal(resolver.peek('vpce.example', { ...both, family: 6 }), undefined)
  await t.rejects(resolver.resolve('vpce.example', { ...both, family: 6 }), {
    code: 'ENOTFOUND',
    message: 'system: no IPv6 address',
  })
})

t.test('an address is itself', async t => {
  const { resolver, calls } = setUp(t, (_, done) => done(null, []))
  t.match(await resolver.resolve('192.0.2.1', both), { source: 'literal', addresses: [{ address: '192.0.2.1' }] })
  t.match(resolver.peek('2001:db8::1', both), { addresses: [{ family: 6 }] })
  t.equal(resolver.peek('192.0.2.1', { ...both, family: 6 }), undefined)
  t.strictSame(calls, [])
})

t.test('who asks for a name at one moment shares one look-up, and other names wait for their turn', async t => {
  const running: Done[] = []
  const { resolver, calls } = setUp(t, (_, done) => void running.push(done))
  const asked = ['a.example', 'A.example'].map(name => resolver.resolve(name, both))
  const other = resolver.resolve('b.example', both)
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(calls, ['a.example'])
  running[0]?.(null, found('192.0.2.1'))
  await Promise.all(asked)
  await new Promise(resolve => setImmediate(resolve))
  t.strictSame(calls, ['a.example', 'b.example'])
  running[1]?.(new Error('x'))
  await t.rejects(other)
})

t.test('fresh: true asks again', async t => {
  const { resolver, calls } = setUp(t, (_, done) => done(null, found('192.0.2.1')))
  await resolver.resolve('a.example', both)
  t.equal((await resolver.resolve('a.example', { ...both, fresh: true })).source, 'system')
  t.equal(calls.length, 2)
})

t.test('errors', async t => {
  const coded = (code: string) => Object.assign(new Error(`getaddrinfo ${code}`), { code })
  const cases: [name: string, given: Parameters<Done>, code: string][] = [
    ['ENOTFOUND stays', [coded('ENOTFOUND')], 'ENOTFOUND'],
    ['EAI_AGAIN stays', [coded('EAI_AGAIN')], 'EAI_AGAIN'],
    ['others are temporary', [coded('EAI_FAIL')], 'EAI_AGAIN'],
    ['one without a code too', [new Error('odd')], 'EAI_AGAIN'],
    ['an empty answer is none', [null, []], 'ENOTFOUND'],
    ['an answer that is no address is none', [null, [{ address: 'rubbish', family: 4 }]], 'ENOTFOUND'],
  ]
  for (const [name, given, code] of cases) {
    t.test(name, async t => {
      const { resolver } = setUp(t, (_, done) => done(...given))
      await t.rejects(resolver.resolve('a.example', both), { code, hostname: 'a.example', syscall: 'getaddrinfo' })
    })
  }

  t.test('a replaced dns.lookup that throws fails the look-up', async t => {
    const { resolver } = setUp(t, () => {
      throw new Error('some tool')
    })
    await t.rejects(resolver.resolve('a.example', both), { code: 'EAI_AGAIN' })
  })
})

t.test('the deadline frees the waiter, and the late answer enters the cache', async t => {
  let finish: Done | undefined
  const { resolver } = setUp(t, (_, done) => void (finish = done), 10)
  await t.rejects(resolver.resolve('a.example', both), { code: 'EAI_AGAIN', message: 'system: timeout after 10 ms' })
  finish?.(null, found('192.0.2.1'))
  await new Promise(resolve => setImmediate(resolve))
  t.match(resolver.peek('a.example', both), { source: 'cache' })
})

t.test('a signal frees its own waiter alone, with its reason', async t => {
  let finish: Done | undefined
  const { resolver } = setUp(t, (_, done) => void (finish = done))
  const controller = new AbortController()
  const aborted = resolver.resolve('a.example', { ...both, signal: controller.signal })
  const other = resolver.resolve('a.example', both)
  await new Promise(resolve => setImmediate(resolve))
  controller.abort(new Error('enough'))
  await t.rejects(aborted, { message: 'enough' })
  finish?.(null, found('192.0.2.1'))
  t.match(await other, { source: 'system' })
  await t.rejects(resolver.resolve('a.example', { ...both, signal: AbortSignal.abort(new Error('no')) }), {
    message: 'no',
  })
})

t.test('closed, it rejects at once and remembers nothing', async t => {
  const { resolver, calls } = setUp(t, (_, done) => done(null, found('192.0.2.1')))
  await resolver.resolve('a.example', both)
  await resolver.close()
  await resolver.close()
  t.equal(resolver.peek('a.example', both), undefined)
  await t.rejects(resolver.resolve('a.example', both), { code: 'EAI_AGAIN', message: 'system: closed' })
  t.equal(calls.length, 1)
})

t.test("localhost is the system's own answer", async t => {
  const resolver = createSystemResolver({ timeoutMs: 5000, now: () => performance.now() })
  t.ok((await resolver.resolve('localhost', both)).addresses.length > 0)
})
