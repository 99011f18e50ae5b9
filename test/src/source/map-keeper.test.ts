import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ConfigError } from '../../../src/errors.js'
import { codeOf } from '../../../lib/thrown.js'
import { openMap } from '../../../src/source/map-keeper.js'
import type { Compiled, CompileMap } from '../../../src/source/map-source.js'
import { readSettings } from '../../../src/config/settings.js'
import { compile, fastPolling, pause, watchMap, type FakeMap } from './helpers/keeper.js'
import { serve } from './helpers/server.js'

const noLater = () => () => undefined

t.test('without a source there is an empty map at once', async t => {
  const { keeper, texts, failures } = watchMap({})
  t.teardown(() => keeper.close())
  t.same(texts(), [])
  await keeper.ready()
  await keeper.reload()
  t.match(keeper.stats(), { isReady: true, reloads: 1, failedReloads: 0, error: null })
  t.same(failures, [])
})

t.test('inline rules and file are in force at once, the nearer first, as the compiler takes them', async t => {
  const mapFile = join(t.testdir({ map: 'from file' }), 'map')
  const { keeper } = watchMap({ map: '*.a.example=b.example', mapFile })
  t.teardown(() => keeper.close())
  t.same((keeper.current() as FakeMap).sources, [
    { kind: 'inline', origin: 'option map', text: '*.a.example=b.example' },
    { kind: 'file', origin: mapFile, text: 'from file', format: 'yaml' },
  ])
  const object = { rules: [] }
  const other = watchMap({ map: object })
  t.teardown(() => other.keeper.close())
  t.same((other.keeper.current() as FakeMap).sources, [{ kind: 'inline', origin: 'option map', map: object }])
  const { settings, origins } = readSettings({}, { KAFKA_SPLIT_DNS_MAP: 'x' })
  const third = openMap(settings, origins, { compile })
  t.teardown(() => third.close())
  t.match(third.current(), { sources: [{ origin: 'KAFKA_SPLIT_DNS_MAP' }] })
})

t.test('a map that does not compile throws at the start', async t => {
  t.throws(() => watchMap({ map: 'bad' }), { code: 'ERR_SPLIT_DNS_CONFIG' })
})

t.test('with a URL, faults of the nearer sources throw at the start, and nothing is requested', async t => {
  const server = await serve(t, (_request, response) => void response.end('url'))
  const mapFile = join(t.testdir({ map: 'bad' }), 'map')
  const completes: boolean[] = []
  const spy: CompileMap = (sources, isComplete) => {
    completes.push(isComplete)
    return compile(sources, isComplete)
  }
  const origins = [{ mapFile }, { map: 'bad' }].map(nearer => {
    const error: unknown = t.throws(() => watchMap({ ...nearer, mapUrl: server.url }, { compile: spy }))
    return error instanceof ConfigError && error.faults.map(({ origin }) => origin)
  })
  t.same(origins, [[mapFile], ['option map']])
  t.same(completes, [false, false])
  await pause(20)
  t.equal(server.requests.length, 0)
})

t.test('nearer sources alone are not in force before the first copy of the URL', async t => {
  const server = await serve(t, (_request, response) => void response.writeHead(500).end())
  const mapFile = join(t.testdir({ map: 'file' }), 'map')
  const { keeper, texts, until, failures, warnings } = watchMap({ map: 'inline', mapFile, mapUrl: server.url })
  t.teardown(() => keeper.close())
  await until(() => failures.length > 0)
  t.equal(keeper.current(), undefined)
  t.match(keeper.notReadyError(), { code: 'ERR_SPLIT_DNS_NOT_READY', message: /status 500/, cause: Error })
  fs.writeFileSync(mapFile, 'file, changed')
  await pause(100)
  await t.rejects(keeper.reload(), { code: 'ERR_SPLIT_DNS_CONFIG' })
  server.answer = (_request, response) => void response.end('url, warn')
  await keeper.reload()
  t.same(texts(), ['inline', 'file, changed', 'url, warn'])
  t.same(warnings, [{ message: 'odd', origin: server.url }])
  await keeper.reload()
  t.equal(warnings.length, 1, 'a warning that stays is given once')
})

t.test('a broken source never keeps the news of another out', async t => {
  const server = await serve(t, (_request, response) => void response.end('url 1'))
  const mapFile = join(t.testdir({ map: 'file 1' }), 'map')
  const { keeper, texts, until, failures } = watchMap({ mapFile, mapUrl: server.url })
  t.teardown(() => keeper.close())
  await keeper.ready()
  fs.writeFileSync(mapFile, 'bad file')
  await until(() => failures.length === 1)
  server.answer = (_request, response) => void response.end('url 2')
  await t.rejects(keeper.reload(), { code: 'ERR_SPLIT_DNS_CONFIG', faults: [{ origin: mapFile }] })
  t.same(texts(), ['file 1', 'url 2'])
  t.match(keeper.stats().error?.message, /is bad/)
  server.answer = (_request, response) => void response.end('bad url')
  await t.rejects(keeper.reload())
  t.same(texts(), ['file 1', 'url 2'])
  fs.writeFileSync(mapFile, 'file 2')
  await until(() => texts()?.[0] === 'file 2')
  t.same(texts(), ['file 2', 'url 2'])
  server.answer = (_request, response) => void response.end('url 3')
  await keeper.reload()
  t.same(texts(), ['file 2', 'url 3'])
  t.equal(keeper.stats().error, null)
})

t.test('reload reads again, compiles again, is shared, and says what was wrong with all sources', async t => {
  const server = await serve(t, (_request, response) => void response.end('url'))
  const mapFile = join(t.testdir({ map: 'file' }), 'map')
  const { keeper, reloads, failures, texts } = watchMap(
    { mapFile, mapUrl: server.url },
    { now: () => performance.now() },
  )
  t.teardown(() => keeper.close())
  await keeper.ready()
  const before = keeper.current()
  const first = keeper.reload()
  t.equal(keeper.reload(), first)
  await first
  t.not(keeper.current(), before)
  t.equal(reloads.at(-1), keeper.current())
  t.equal(server.requests.length, 2)
  const good = keeper.current()
  fs.unlinkSync(mapFile)
  server.answer = (_request, response) => void response.writeHead(500).end()
  await t.rejects(keeper.reload(), {
    code: 'ERR_SPLIT_DNS_CONFIG',
    faults: [
      { origin: mapFile, message: /^no such file in .* \(named by option mapFile\)$/ },
      { origin: server.url, message: 'answered with status 500, expected 200' },
    ],
  })
  t.equal(keeper.current(), good)
  t.match(failures.at(-1), { code: 'ERR_SPLIT_DNS_CONFIG', faults: [{ origin: mapFile }, { origin: server.url }] })
  t.same(texts(), ['file', 'url'])
})

t.test('when the map in force came into force is told on both clocks', async t => {
  let nowMs = 1_000
  const { keeper } = watchMap({ map: 'x' }, { now: () => nowMs, nowEpochMs: () => nowMs + 5, later: noLater })
  t.teardown(() => keeper.close())
  t.match(keeper.stats(), { reloads: 0, inForceSinceMs: 1_000, inForceSinceEpochMs: 1_005 })
  nowMs = 2_000
  await keeper.reload()
  t.match(keeper.stats(), { reloads: 1, inForceSinceMs: 2_000, inForceSinceEpochMs: 2_005 })
})

t.test('whatever listeners or the compiler throw stops nothing', async t => {
  const warned: unknown[] = []
  const onWarning = (warning: unknown) => void warned.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const thrown: unknown[] = []
  const { settings, origins } = readSettings({ map: 'warn' }, {})
  const throwing = () => {
    throw new Error('of a listener')
  }
  const keeper = openMap(settings, origins, {
    compile: (sources, settings) => {
      if (thrown.length > 0) throw thrown[0]
      return compile(sources, settings)
    },
    onReload: throwing,
    onReloadError: throwing,
    onWarning: throwing,
  })
  t.teardown(() => keeper.close())
  await keeper.reload()
  thrown.push('text')
  await t.rejects(keeper.reload(), { message: 'text' })
  t.match(keeper.stats(), { reloads: 1, failedReloads: 1, isReady: true })
  await pause(10)
  t.match(warned, [{ message: 'of a listener' }, { message: 'of a listener' }, { message: 'of a listener' }])
})

t.test('after close nothing waits, nothing calls back and everything rejects', async t => {
  const server = await serve(t, () => undefined)
  const mapFile = join(t.testdir({ map: 'file' }), 'map')
  const { keeper, failures, reloads } = watchMap({ mapFile, mapUrl: server.url })
  const waiting: Promise<unknown>[] = [keeper.ready(), keeper.whenReady(), keeper.reload()]
  await pause(50)
  keeper.close()
  keeper.close()
  for (const promise of waiting)
    await t.rejects(
      promise.then(() => undefined),
      { code: 'ERR_SPLIT_DNS_CLOSED' },
    )
  await t.rejects(keeper.ready(), { code: 'ERR_SPLIT_DNS_CLOSED' })
  await t.rejects(keeper.reload(), { code: 'ERR_SPLIT_DNS_CLOSED' })
  fs.writeFileSync(mapFile, 'changed')
  await pause(150)
  t.same([failures, reloads], [[], []])
})

t.test('close at any moment of a reload leaves nothing in motion', async t => {
  const server = await serve(t, (_request, response) => void setTimeout(() => response.end('url'), 5))
  const mapFile = join(t.testdir({ map: 'file' }), 'map')
  for (let delayMs = 0; delayMs < 80; delayMs += 4) {
    const { keeper } = watchMap({ mapFile, mapUrl: server.url })
    const outcome = keeper.reload().then(
      () => 'done',
      (error: unknown) => codeOf(error),
    )
    await pause(delayMs)
    keeper.close()
    t.match(await outcome, /^(done|ERR_SPLIT_DNS_CLOSED)$/)
  }
})

t.test('a listener may close the keeper', async t => {
  const server = await serve(t, (_request, response) => void response.end('url'))
  const { keeper, reloads } = watchMap({ mapUrl: server.url }, { onReload: () => keeper.close() })
  await t.rejects(keeper.ready(), { code: 'ERR_SPLIT_DNS_CLOSED' })
  t.equal(reloads.length, 1)
})

t.test('whoever waits for the first copy hears of it, and of nothing before', async t => {
  const server = await serve(t, (_request, response) => void response.writeHead(500).end())
  const { keeper, texts, until, failures } = watchMap({ mapUrl: server.url }, { random: () => 0 })
  t.teardown(() => keeper.close())
  let settled = 0
  const waiting = [keeper.whenReady(), keeper.ready(), keeper.whenReady()].map(promise =>
    promise.finally(() => settled++),
  )
  await until(() => failures.length > 0)
  t.equal(settled, 0)
  server.answer = (_request, response) => void response.end('late')
  await keeper.reload()
  await Promise.all(waiting)
  t.same(texts(), ['late'])
})

t.test('what is compiled in pieces comes into force in the order of its texts, and not after close', async t => {
  const mapFile = join(t.testdir({ map: 'first' }), 'map')
  const finish: (() => void)[] = []
  const recompile = (sources: Parameters<CompileMap>[0]) =>
    new Promise<Compiled>(resolve => finish.push(() => resolve(compile(sources, true))))
  const { keeper, texts, until } = watchMap({ mapFile }, { recompile })
  fs.writeFileSync(mapFile, 'second')
  await until(() => finish.length === 1)
  const reloading = keeper.reload()
  await pause(100)
  t.equal(finish.length, 1, 'one compilation at a time')
  finish[0]?.()
  await until(() => texts()?.[0] === 'second')
  await until(() => finish.length === 2)
  finish[1]?.()
  await reloading
  const before = keeper.current()
  const last = keeper.reload()
  await until(() => finish.length === 3)
  keeper.close()
  finish[2]?.()
  await t.rejects(last, { code: 'ERR_SPLIT_DNS_CLOSED' })
  t.equal(keeper.current(), before)
})

t.test('a hundred reloads leave nothing behind', async t => {
  const server = await serve(t, (_request, response) => void response.end('url'))
  const mapFile = join(t.testdir({ map: 'file' }), 'map')
  const { keeper } = watchMap({ mapFile, mapUrl: server.url }, { filePolling: { ...fastPolling, settleMs: 1 } })
  t.teardown(() => keeper.close())
  await keeper.ready()
  await pause(100)
  const kinds = () => {
    const counts: Record<string, number> = {}
    for (const kind of process.getActiveResourcesInfo()) {
      if (!kind.startsWith('FSReq')) counts[kind] = (counts[kind] ?? 0) + 1 // a poll may be under way
    }
    return counts
  }
  const descriptors = () => fs.readdirSync('/proc/self/fd').length
  const hasDescriptors = fs.existsSync('/proc/self/fd')
  await keeper.reload()
  await pause(50)
  const before = { kinds: kinds(), descriptors: hasDescriptors ? descriptors() : 0 }
  for (let turn = 0; turn < 100; turn += 1) {
    if (turn % 10 === 0) fs.writeFileSync(mapFile, `file ${turn}`)
    await keeper.reload()
  }
  await pause(50)
  t.same(kinds(), before.kinds)
  if (hasDescriptors) t.ok(descriptors() <= before.descriptors + 1, `${descriptors()} descriptors`)
})
