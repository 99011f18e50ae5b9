import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe as subscribeTo, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import t, { type Test } from 'tap'
import type { ConnectTrace, LookupTrace } from '../../../src/connect/report/traces.js'
import { connect, listen, look, refusing, split } from './fixtures/world.js'

type Seen<Trace> = { step: string; trace: Trace }[]

/** What is published on the channel while the test runs: each step with the trace as it was then. */
function subscribe<Trace extends object>(t: Test, name: string) {
  const seen: Seen<Trace> = []
  const objects = new Set<object>()
  const steps = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
  const handlers = Object.fromEntries(
    steps.map(step => [
      step,
      (trace: object) => {
        objects.add(trace)
        seen.push({ step, trace: { ...(trace as Trace) } })
      },
    ]),
  )
  const channel = tracingChannel<unknown, object>(`kafka-split-dns:${name}`)
  // All five are given.
  channel.subscribe(handlers as unknown as Parameters<typeof channel.subscribe>[0])
  t.teardown(() => channel.unsubscribe(handlers as unknown as Parameters<typeof channel.unsubscribe>[0]))
  return { seen, objects }
}

t.test('a connect is one trace from the call to the connection', async t => {
  const port = await listen(t)
  const { seen, objects } = subscribe<ConnectTrace>(t, 'connect')
  t.equal(await connect(split(t, { map: `*.kafka.test=127.0.0.1:${port}` }), 'b0.kafka.test', 9092), null)
  t.same(
    seen.map(({ step }) => step),
    ['start', 'end', 'asyncStart', 'asyncEnd'],
  )
  t.equal(objects.size, 1)
  t.match(seen[0]?.trace, { host: 'b0.kafka.test', port: 9092, isTls: false, rule: { match: '*.kafka.test' } })
  t.notOk('outcome' in (seen[0]?.trace ?? {}))
  t.match(seen.at(-1)?.trace, { outcome: 'connected', address: '127.0.0.1', addressPort: port })
  t.equal(seen.at(-1)?.trace.target, `127.0.0.1:${port}`)
})

t.test('a connect that fails publishes its error', async t => {
  const port = await refusing(t)
  const { seen } = subscribe<ConnectTrace>(t, 'connect')
  const error = await connect(split(t, { map: `*.kafka.test=127.0.0.1:${port}` }), 'b0.kafka.test', 9092)
  t.same(
    seen.map(({ step }) => step),
    ['start', 'end', 'error', 'asyncStart', 'asyncEnd'],
  )
  t.equal(seen.at(-1)?.trace.error, error)
  t.equal(seen.at(-1)?.trace.outcome, 'failed')
})

t.test('options that can make no socket are a trace with an error, too', async t => {
  const { seen } = subscribe<ConnectTrace>(t, 'connect')
  const splitDns = split(t, { map: '*.kafka.test=127.0.0.1' })
  const socket = splitDns.socketFactory({
    host: 'b0.kafka.test',
    port: 9092,
    ssl: { cert: 'none' },
    onConnect: () => t.fail(),
  })
  await new Promise(resolve => socket.once('error', resolve))
  t.same(
    seen.map(({ step }) => step),
    ['start', 'error', 'asyncStart', 'asyncEnd', 'end'],
  )
})

t.test('a look-up is one trace, also where it was answered from memory', async t => {
  const { seen, objects } = subscribe<LookupTrace>(t, 'lookup')
  const splitDns = split(t, { map: '*.kafka.test=localhost', family: 4 })
  t.equal(await look(splitDns, 'b0.kafka.test'), null)
  t.equal(await look(splitDns, 'b0.kafka.test'), null)
  t.equal(objects.size, 2)
  t.match(seen.at(-1)?.trace, { host: 'b0.kafka.test', addresses: ['127.0.0.1'], rule: { match: '*.kafka.test' } })
})

t.test('a look-up lists the addresses that may be used alone, from memory too', async t => {
  const { seen } = subscribe<LookupTrace>(t, 'lookup')
  const splitDns = split(t, { map: '*.kafka.test=localhost', allow: '127.0.0.0/8' })
  for (const turn of ['first', 'from memory']) {
    t.equal(await look(splitDns, 'b0.kafka.test'), null)
    t.same(seen.at(-1)?.trace.addresses, ['127.0.0.1'], turn)
  }
})

t.test('a look-up that fails publishes its error', async t => {
  const { seen } = subscribe<LookupTrace>(t, 'lookup')
  const error = await look(split(t, { map: '*.kafka.test=none.invalid' }), 'b0.kafka.test')
  t.match(seen.map(({ step }) => step).join(), /^start,end,error,asyncStart,asyncEnd$/)
  t.equal(seen.at(-1)?.trace.error, error)
  t.equal(seen.at(-1)?.trace.source, null)
})

t.test('the look-up of a connect runs in the store that is bound to the connect’s start', async t => {
  const port = await listen(t)
  const store = new AsyncLocalStorage<unknown>()
  const connects = tracingChannel<unknown, ConnectTrace>('kafka-split-dns:connect')
  connects.start.bindStore(store, trace => trace)
  t.teardown(() => connects.start.unbindStore(store))
  const parents: unknown[] = []
  const onStart = () => parents.push(store.getStore())
  subscribeTo('tracing:kafka-split-dns:lookup:start', onStart)
  t.teardown(() => unsubscribe('tracing:kafka-split-dns:lookup:start', onStart))
  await connect(split(t, { map: `*.kafka.test=localhost:${port}`, family: 4 }), 'b0.kafka.test', 9092)
  t.match(parents, [{ host: 'b0.kafka.test', port: 9092 }])
})
