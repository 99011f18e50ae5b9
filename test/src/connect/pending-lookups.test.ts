import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { LookupAddress } from 'node:dns'
import t, { type Test } from 'tap'
import { createLookup } from '../../../src/connect/lookup.js'
import { FakeClock } from '../../lib/resolver/fake-clock.js'
import { answer, fakeContext, fakeMap, notFound, silent, type ContextOptions } from './fixtures/fakes.js'

const host = 'b0.kafka.example'
const rules = [
  { match: host, to: 'vpce.example' },
  { match: 'b1.kafka.example', to: 'vpce.example' },
]
const timeoutMs = 600

interface Outcome {
  readonly error: NodeJS.ErrnoException | null
  readonly found: LookupAddress[] | undefined
  readonly atMs: number
}

function setUp(t: Test, options: ContextOptions = { rules }) {
  const clock = new FakeClock()
  clock.install()
  t.teardown(() => clock.uninstall())
  const context = fakeContext({ ...options, now: clock.now, settings: { allow: null, timeoutMs } })
  const lookup = createLookup(context)
  const startMs = clock.now()
  const ask = (name: string = host, family = 0): Promise<Outcome> =>
    new Promise(resolve =>
      lookup(name, { all: true, family }, (error, found) =>
        resolve({ error, found: error ? undefined : found, atMs: clock.now() - startMs }),
      ),
    )
  return { clock, context, ask }
}

/** An answer that comes when it is told to. */
function later() {
  let tell: (given: readonly string[] | Error) => void = () => undefined
  const told = new Promise<readonly string[] | Error>(resolve => (tell = resolve))
  const given = async () => {
    const what = await told
    if (what instanceof Error) throw what
    return answer({ addresses: what })
  }
  return { given, tell }
}

t.test('thousands at once for a name that is not known are one look-up, each told of with its own time', async t => {
  const { clock, context, ask } = setUp(t)
  const { given, tell } = later()
  context.resolver.answers('vpce.example', given)
  const first = Array.from({ length: 1000 }, () => ask())
  await clock.advance(20)
  const joined = Array.from({ length: 1000 }, () => ask())
  await clock.advance(10)
  t.equal(context.resolver.asked.length, 1)
  t.equal(clock.timers.all, 1, 'and one timer')
  tell(['192.0.2.1'])
  const outcomes = await Promise.all([...first, ...joined])
  t.ok(outcomes.every(({ found }) => found?.length === 1 && found[0]?.address === '192.0.2.1'))
  t.equal(new Set(outcomes.map(({ found }) => found)).size, 2000, 'each may change its own list')
  t.equal(new Set(outcomes.map(({ found }) => found?.[0])).size, 2000, 'and its addresses')
  const { lookup } = context.events
  t.equal(lookup.filter(({ durationMs }) => durationMs === 30).length, 1000)
  t.equal(lookup.filter(({ durationMs }) => durationMs === 10).length, 1000)
  t.equal(clock.timers.all, 0)
  await ask()
  t.equal(context.resolver.asked.length, 2, 'the next asks anew')
})

for (const { name, asked, family, asks } of [
  { name: 'the same', asked: host, family: 0, asks: 1 },
  { name: 'the same in other letters', asked: host.toUpperCase(), family: 0, asks: 2 },
  { name: 'another family', asked: host, family: 4, asks: 2 },
  { name: 'another name with the same target', asked: 'b1.kafka.example', family: 0, asks: 2 },
]) {
  t.test(`while one is under way, ${name}: ${asks} in all`, async t => {
    const { clock, context, ask } = setUp(t)
    const { given, tell } = later()
    context.resolver.answers('vpce.example', given)
    const both = [ask(), ask(asked, family)]
    await clock.advance(1)
    t.equal(context.resolver.asked.length, asks)
    tell(['192.0.2.1'])
    for (const { found } of await Promise.all(both)) t.match(found, [{ address: '192.0.2.1' }])
    t.equal(context.events.lookup.length, 2)
  })
}

t.test('with another map in force it is another look-up', async t => {
  const { context, ask, clock } = setUp(t)
  const { given, tell } = later()
  context.resolver.answers('vpce.example', given).answers('new.example', { addresses: ['192.0.2.9'] })
  const old = ask()
  context.setMap(fakeMap([{ match: host, to: 'new.example' }]))
  t.match(await ask(), { found: [{ address: '192.0.2.9' }] })
  tell(['192.0.2.1'])
  t.match(await old, { found: [{ address: '192.0.2.1' }] })
  t.equal(clock.timers.all, 0)
})

t.test('none is given up before its own time is over', async t => {
  const { clock, context, ask } = setUp(t)
  context.resolver.answers('vpce.example', 'never')
  const starts = [0, 1, 49, 50, 51, 100, 101, 102, 300, 599, 600, 649, 650, 651]
  const pending: Promise<Outcome>[] = []
  let atMs = 0
  for (const start of starts) {
    await clock.advance(start - atMs)
    atMs = start
    pending.push(ask())
  }
  await clock.advance(2 * timeoutMs)
  const outcomes = await Promise.all(pending)
  for (const [index, { error, atMs: endMs }] of outcomes.entries()) {
    const tookMs = endMs - (starts[index] ?? NaN)
    t.equal(error?.code, 'EAI_AGAIN')
    t.ok(tookMs >= timeoutMs && tookMs <= timeoutMs + 50, `begun at ${starts[index]}: ${tookMs} ms`)
  }
  t.equal(context.resolver.asked.length, 6, 'those within 50 ms share one')
})

for (const { name, error, code } of [
  { name: 'no such name', error: notFound('vpce.example'), code: 'ENOTFOUND' },
  { name: 'silent servers', error: silent('vpce.example'), code: 'EAI_AGAIN' },
]) {
  t.test(`a failure: ${name}: each has an error of its own, and the next asks anew`, async t => {
    const { context, ask } = setUp(t)
    context.resolver.answers('vpce.example', error)
    const outcomes = await Promise.all([ask(), ask(), ask()])
    t.equal(new Set(outcomes.map(outcome => outcome.error)).size, 3)
    for (const outcome of outcomes) t.equal(outcome.error?.code, code)
    t.strictSame(
      context.events.lookup.map(event => event.error),
      outcomes.map(outcome => outcome.error),
    )
    t.equal(context.resolver.asked.length, 1)
    context.resolver.answers('vpce.example', { addresses: ['192.0.2.1'] })
    t.match(await ask(), { found: [{ address: '192.0.2.1' }] })
  })
}

t.test('refused and stale addresses are told of once a look-up', async t => {
  const { context, ask } = setUp(t)
  context.resolver.answers('vpce.example', { addresses: ['169.254.1.1'] })
  const refused = await Promise.all([ask(), ask()])
  for (const { error } of refused) t.equal(error?.code, 'ERR_SPLIT_DNS_ADDRESS_REFUSED')
  t.equal(context.events.refused.length, 2)
  context.resolver.answers('vpce.example', { addresses: ['192.0.2.1'], source: 'stale' })
  await Promise.all([ask(), ask()])
  t.equal(context.events.stale.length, 2)
})

t.test('closed meanwhile', async t => {
  const { context, ask, clock } = setUp(t)
  const { given, tell } = later()
  context.resolver.answers('vpce.example', given)
  const both = [ask(), ask()]
  await clock.advance(1)
  context.close()
  tell(new Error('closed'))
  for (const { error } of await Promise.all(both)) t.equal(error?.code, 'ERR_SPLIT_DNS_CLOSED')
})

t.test('each calls back in its own async context, and has a trace of its own', async t => {
  const { context, ask } = setUp(t)
  const storage = new AsyncLocalStorage<number>()
  const ended: unknown[] = []
  const channel = 'tracing:kafka-split-dns:lookup:asyncEnd'
  const both = async () => {
    const { given, tell } = later()
    context.resolver.answers('vpce.example', given)
    const stores = [1, 2].map(store => storage.run(store, () => ask().then(() => storage.getStore())))
    tell(['192.0.2.1'])
    t.strictSame(await Promise.all(stores), [1, 2])
  }
  await both()
  const onEnd = (message: unknown) => ended.push(message)
  subscribe(channel, onEnd)
  await both()
  unsubscribe(channel, onEnd)
  t.equal(new Set(ended).size, 2)
  for (const message of ended) t.match(message, { host, source: 'dns', addresses: ['192.0.2.1'] })
  t.equal(context.resolver.asked.length, 2)
})
