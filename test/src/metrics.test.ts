import { Counter, Registry } from 'prom-client'
import t, { type Test } from 'tap'
import { collectMetrics } from '../../src/metrics.js'
import type { SplitDns } from '../../src/split-dns.js'
import { connect, listen, look, refusing, split } from './observe/fixtures/world.js'

/** Every sample as `name{labels} value`, histogram buckets left out. */
async function samples(register: Registry): Promise<string[]> {
  const text = await register.metrics()
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#') && !line.includes('_bucket'))
}

function collected(t: Test, options: Parameters<typeof split>[1], register = new Registry()) {
  const splitDns = split(t, options)
  collectMetrics(splitDns, { register })
  return { splitDns, register }
}

t.test('the metrics have the names of the documentation, and no other', async t => {
  const { register } = collected(t, { map: '*.kafka.test=127.0.0.1' })
  const metrics = await register.getMetricsAsJSON()
  t.same(metrics.map(({ name }) => name).sort(), [
    'kafka_split_dns_cache_entries',
    'kafka_split_dns_connects_total',
    'kafka_split_dns_lookup_duration_seconds',
    'kafka_split_dns_lookups_total',
    'kafka_split_dns_map_last_reload_timestamp_seconds',
    'kafka_split_dns_map_reloads_total',
    'kafka_split_dns_map_rules',
    'kafka_split_dns_questions_total',
    'kafka_split_dns_refused_total',
    'kafka_split_dns_relayed_connections_total',
    'kafka_split_dns_unmapped_connects_total',
    'kafka_split_dns_upstream_queries_total',
  ])
  t.match(await samples(register), [/./])
})

t.test('look-ups, queries, connects and refusals are counted, each once, many at once', async t => {
  const [open, shut] = [await listen(t), await refusing(t)]
  const map = [
    `*.open.test=127.0.0.1:${open}`,
    `*.shut.test=127.0.0.1:${shut}`,
    '*.none.test=none.invalid',
    '*.name.test=localhost',
    '*.refused.test=refuse',
    '*.guarded.test=127.0.0.1:9092',
  ].join()
  const { splitDns, register } = collected(t, { map, family: 4 })
  await Promise.all(Array.from({ length: 50 }, (_, n) => connect(splitDns, `b${n}.open.test`, 9092)))
  await Promise.all(Array.from({ length: 7 }, (_, n) => connect(splitDns, `b${n}.shut.test`, 9092)))
  await Promise.all(Array.from({ length: 5 }, () => connect(splitDns, 'b0.none.test', 9092)))
  await Promise.all(Array.from({ length: 3 }, () => connect(splitDns, 'b0.refused.test', 9092)))
  await look(splitDns, 'b0.name.test')
  const found = await samples(register)
  for (const line of [
    'kafka_split_dns_lookups_total{source="literal",outcome="ok"} 57',
    'kafka_split_dns_lookups_total{source="none",outcome="ENOTFOUND"} 5',
    'kafka_split_dns_lookup_duration_seconds_count 63',
    `kafka_split_dns_connects_total{target="127.0.0.1:${open}",outcome="connected"} 50`,
    `kafka_split_dns_connects_total{target="127.0.0.1:${shut}",outcome="failed"} 7`,
    'kafka_split_dns_connects_total{target="none",outcome="failed"} 5',
    'kafka_split_dns_refused_total 3',
    'kafka_split_dns_map_rules 6',
  ]) {
    t.ok(found.includes(line), `${line} in\n${found.join('\n')}`)
  }
  t.match(found.join('\n'), /kafka_split_dns_upstream_queries_total\{server="system",outcome="NXDOMAIN"\} [12]/)
})

t.test('connects that no rule matches are counted where a map is in force', async t => {
  const port = await listen(t)
  const { splitDns, register } = collected(t, { map: '*.kafka.test=127.0.0.1, own.test=system' })
  for (let count = 0; count < 3; count++) t.equal(await connect(splitDns, '127.0.0.1', port), null)
  await look(splitDns, 'localhost')
  const { splitDns: bare } = collected(t, {}, register)
  await connect(bare, '127.0.0.1', port)
  t.ok((await samples(register)).includes('kafka_split_dns_unmapped_connects_total 3'))
  t.equal(splitDns.stats().unmappedConnects, 3)
})

t.test('reloads have their series before the first', async t => {
  const { register } = collected(t, { map: '*.kafka.test=127.0.0.1' })
  const found = await samples(register)
  for (const outcome of ['ok', 'failed'])
    t.ok(found.includes(`kafka_split_dns_map_reloads_total{outcome="${outcome}"} 0`))
})

t.test('targets are labels as the map writes them, so that captures make no new ones', async t => {
  const { splitDns, register } = collected(t, { map: 'b{n:int}.kafka.test=127.0.0.1:{1 + n}', family: 4 })
  for (const n of [1, 2, 3]) await connect(splitDns, `b${n}.kafka.test`, 9092)
  const lines = (await samples(register)).filter(line => line.includes('dns_connects_total'))
  t.same(lines, ['kafka_split_dns_connects_total{target="127.0.0.1:{1 + n}",outcome="failed"} 3'])
})

t.test('a reload is counted, good or bad, and its time told', async t => {
  const folder = t.testdir({ 'map.yaml': 'rules: [{match: "*.kafka.test", to: 127.0.0.1}]' })
  const { splitDns, register } = collected(t, { mapFile: `${folder}/map.yaml` })
  await splitDns.reload()
  const found = await samples(register)
  t.ok(found.includes('kafka_split_dns_map_reloads_total{outcome="ok"} 1'), found.join('\n'))
  const [, seconds] = /timestamp_seconds (\d+)/.exec(found.join('\n')) ?? []
  t.ok(Number(seconds) > 1_600_000_000)
})

t.test(
  'several SplitDns add up in one registry, twice the same counts once, a closed one leaves the gauges',
  async t => {
    const { splitDns: one, register } = collected(t, { map: '*.a.test=127.0.0.1' })
    const { splitDns: two } = collected(t, { map: '*.b.test=127.0.0.1, *.c.test=127.0.0.1' }, register)
    collectMetrics(one, { register })
    await one.resolve('b0.a.test', 1)
    await two.resolve('b0.b.test', 1)
    const rules = async () => (await samples(register)).filter(line => /map_rules|lookups_total/.test(line))
    t.same(await rules(), [
      'kafka_split_dns_lookups_total{source="literal",outcome="ok"} 2',
      'kafka_split_dns_map_rules 3',
    ])
    await one.close()
    t.match(await rules(), [/./, 'kafka_split_dns_map_rules 2'])
  },
)

t.test('a prefix of one’s own, and a registry that was cleared', async t => {
  const register = new Registry()
  const splitDns: SplitDns = split(t, { map: '*.a.test=127.0.0.1' })
  collectMetrics(splitDns, { register, prefix: 'orders_' })
  t.match(await samples(register), [/^orders_/])
  register.clear()
  collectMetrics(splitDns, { register, prefix: 'orders_' })
  await splitDns.resolve('b0.a.test', 1)
  t.match((await samples(register)).join('\n'), 'orders_lookups_total{source="literal",outcome="ok"} 1')
})

t.test('a registry that has another metric of the name is told of', async t => {
  const register = new Registry()
  new Counter({ name: 'kafka_split_dns_refused_total', help: 'mine', registers: [register] })
  t.throws(() => collectMetrics(split(t, {}), { register }), /already been registered/)
})

t.test('without a registry the error says how to call it', async t => {
  const splitDns = split(t, {})
  for (const options of [undefined, {}, { register: {} }])
    t.throws(() => void Reflect.apply(collectMetrics, undefined, [splitDns, options]), {
      name: 'TypeError',
      message: 'collectMetrics needs a registry of prom-client: collectMetrics(splitDns, { register })',
    })
})
