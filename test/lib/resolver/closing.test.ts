import t from 'tap'
import { settle } from './fake-clock.js'
import { found, said } from './fake-transport.js'
import { makeFixture } from './fixture.js'

const host = 'b0.x.example'
const dns = found('b0.x.example. 30 IN A 192.0.2.1')

t.test('close ends look-ups in the middle, with their queries and timers', async t => {
  const { ask, clock, resolver, transport } = makeFixture(t, { script: () => 'silence' })
  const pending = [ask(host), ask(host, { signal: new AbortController().signal })]
  await clock.advance(250)
  await resolver.close()
  await settle()
  for (const each of pending) {
    t.match(each.error, { code: 'EAI_AGAIN', hostname: host, cause: { message: 'the resolver is closed' } })
  }
  t.equal(transport.pending, 0)
  t.equal(clock.timers.all, 0)
})

t.test('close before a look-up has begun to ask: nothing is asked', async t => {
  const { ask, resolver, transport } = makeFixture(t, { script: () => dns })
  const pending = ask(host)
  await resolver.close()
  await settle()
  t.equal(pending.brief, 'EAI_AGAIN')
  t.strictSame(transport.told, [])
})

t.test('close in the middle of the fallback', async t => {
  const { ask, clock, resolver } = makeFixture(t, {
    script: () => said('SERVFAIL'),
    system: () => new Promise(() => undefined),
  })
  const pending = ask(host, { fallback: 'system' })
  await clock.advance(10)
  await resolver.close()
  await settle()
  t.equal(pending.brief, 'EAI_AGAIN')
  t.equal(clock.timers.all, 0)
})

t.test('close while a stale answer may be served in its stead: it is closed all the same', async t => {
  let expired = false
  const { ask, clock, resolver } = makeFixture(t, { script: () => (expired ? 'silence' : dns) })
  ask(host)
  await clock.advance(31_000)
  expired = true
  const pending = ask(host)
  await clock.advance(10)
  await resolver.close()
  await settle()
  t.equal(pending.brief, 'EAI_AGAIN')
})

t.test('after close, look-ups are rejected at once, and nothing is found', async t => {
  const { ask, peek, clock, resolver, transport } = makeFixture(t, {
    script: () => dns,
    hosts: '192.0.2.8 c.x.example',
  })
  ask(host)
  await clock.advance(0)
  await resolver.close()
  const pending = [ask(host), ask('c.x.example'), ask('192.0.2.1')]
  await clock.advance(0)
  t.strictSame(
    pending.map(({ brief }) => brief),
    ['EAI_AGAIN', 'EAI_AGAIN', 'EAI_AGAIN'],
  )
  t.equal(peek(host), undefined)
  t.equal(peek('c.x.example'), undefined)
  t.equal(transport.asked.length, 2)
})

t.test('close closes the transport, once', async t => {
  const { resolver, transport } = makeFixture(t, { script: () => dns })
  await Promise.all([resolver.close(), resolver.close()])
  await resolver.close()
  t.equal(transport.closed, 1)
})
