import t from 'tap'
import { defer } from '../../lib/deferred.js'
import { createResolver } from '../../lib/resolver/resolver.js'
import { keepAlive, onNextTick, startTimer, stopTimer, whenNobodyWaits } from '../../lib/timers.js'
import { createTransport } from '../../lib/transport/create-transport.js'
import { respond } from '../servers/dns-message.js'
import { startDnsServer } from '../servers/dns-server.js'

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await new Promise(setImmediate)
}
const heldTimers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

t.test('timers that a test fakes after the import stop no look-up', async t => {
  let isSilent = true
  const server = await startDnsServer({ udp: true, tcp: true }, query => {
    if (query.via === 'udp' && isSilent) return undefined
    return respond(query, { answers: [`${query.name}. 30 IN A 192.0.2.1`] })
  })
  t.teardown(() => server.close())
  const { setTimeout, clearTimeout, setInterval, setImmediate, queueMicrotask } = globalThis
  const nextTick: typeof process.nextTick = process.nextTick.bind(process)
  const fake = () => ({ unref: () => undefined })
  Object.assign(globalThis, {
    setTimeout: fake,
    clearTimeout: fake,
    setInterval: fake,
    setImmediate: fake,
    queueMicrotask: fake,
  })
  const resolver = createResolver({
    transport: createTransport(),
    systemLookup: () => Promise.reject(new Error('not asked')),
    upstreams: [server.upstream('udp'), server.upstream('tcp')],
    now: () => performance.now(),
    timeoutMs: 2_000,
    attemptMs: 20,
    cacheMax: 10,
    minTtl: 0,
    maxTtl: 60,
    negativeTtl: 5,
    stale: 0,
  })
  try {
    // The first server is silent, so that the second one is asked by the clock.
    const options = { family: 4, fallback: 'none' } as const
    t.match(await resolver.resolve('b0.kafka.example.', options), { addresses: [{ address: '192.0.2.1' }] })
    isSilent = false
    t.match(await resolver.resolve('b1.kafka.example.', options), { addresses: [{ address: '192.0.2.1' }] })
    const called: string[] = []
    process.nextTick = () => called.push('fake')
    onNextTick((text: string) => called.push(text), 'real')
    process.nextTick = nextTick
    await Promise.resolve()
    await new Promise(resolve => nextTick(resolve))
    t.same(called, ['real'])
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, setImmediate, queueMicrotask })
    await resolver.close()
  }
})

t.test('a process is held as long as an outcome is waited for, and no longer', async t => {
  const before = heldTimers()
  const { promise, resolve } = defer<string>()
  const first = keepAlive(promise)
  const second = keepAlive(Promise.reject(new Error('failed')))
  t.equal(heldTimers(), before + 1)
  await t.rejects(second, { message: 'failed' })
  t.equal(heldTimers(), before + 1, 'one still waits')
  resolve('done')
  t.equal(await first, 'done')
  t.equal(heldTimers(), before)
})

t.test('work that was begun for those who wait is given up a moment after the last of them', async t => {
  const called: string[] = []
  const { promise, resolve } = defer<undefined>()
  const waiting = keepAlive(promise)
  whenNobodyWaits(() => called.push('given up'))
  whenNobodyWaits(() => called.push('settled'))()
  resolve(undefined)
  await waiting
  whenNobodyWaits(() => called.push('begun for its own sake'))
  t.same(called, [])
  while (called.length === 0) await turns(1)
  await turns(20)
  t.same(called, ['given up'])
})

t.test('a timer that is stopped does not call', async t => {
  stopTimer(startTimer(() => t.fail('called'), 1))
  stopTimer(undefined)
  await new Promise<void>(resolve => setTimeout(resolve, 20))
  await turns(3)
})
