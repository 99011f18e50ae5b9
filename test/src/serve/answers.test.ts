import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { askUdp, queryOf } from '../../lib/server/fixture.js'
import { respond } from '../../servers/dns-message.js'
import { closedPort, startDnsServer, type Handler } from '../../servers/dns-server.js'
import { askOverTcp, describeReply, world, zoneHandler, type Zone } from './fixture.js'

const zone: Zone = {
  'vpce.example A': ['vpce.example. 600 IN A 192.0.2.1', 'vpce.example. 600 IN A 192.0.2.2'],
  'vpce.example AAAA': ['vpce.example. 600 IN AAAA 2001:db8::1'],
  'four.example A': ['four.example. 7 IN A 192.0.2.4'],
  'guarded.example A': ['guarded.example. 60 IN A 169.254.169.254'],
  'www.other.example A': ['www.other.example. 60 IN A 192.0.2.80'],
  'www.other.example TXT': [],
  'b9.kafka.example.svc.cluster.local A': ['b9.kafka.example.svc.cluster.local. 60 IN A 192.0.2.99'],
}
const map = [
  '*.kafka.example=vpce.example',
  'four.x.example=four.example',
  'literal.x.example=192.0.2.7',
  'guarded.x.example=guarded.example',
  'gone.x.example=gone.example',
  'left.x.example=system',
  'no.x.example=refuse',
  'ported.x.example:9098=vpce.example',
  'both.x.example=four.example|vpce.example',
  '{name}.made.example={name}',
].join(',')
const A = 1
const AAAA = 28
const HTTPS = 65

const table: readonly [string, number, string | RegExp][] = [
  ['b0.kafka.example', A, 'NOERROR 192.0.2.1 192.0.2.2 ttl 30'],
  ['B0.Kafka.EXAMPLE', A, 'NOERROR 192.0.2.1 192.0.2.2 ttl 30'],
  ['b0.kafka.example', AAAA, 'NOERROR 2001:0db8:0000:0000:0000:0000:0000:0001 ttl 30'],
  ['b0.kafka.example', HTTPS, 'NOERROR soa 30'],
  ['b0.kafka.example', 255, 'NOERROR soa 30'],
  ['four.x.example', A, /^NOERROR 192\.0\.2\.4 ttl [67]$/],
  ['four.x.example', AAAA, /^NOERROR soa [67]$/],
  ['literal.x.example', A, 'NOERROR 192.0.2.7 ttl 30'],
  ['literal.x.example', AAAA, 'NOERROR soa 30'],
  ['guarded.x.example', A, 'NXDOMAIN soa 1'],
  ['gone.x.example', A, 'NXDOMAIN soa 1'],
  // A target that is made of the broker's name does not pass the guard, although `localhost` is known at once.
  ['localhost.made.example', A, 'NXDOMAIN soa 1'],
  ['no.x.example', A, 'NXDOMAIN soa 5'],
  ['no.x.example', HTTPS, 'NXDOMAIN soa 5'],
  ['ported.x.example', A, 'NOERROR 192.0.2.1 192.0.2.2 ttl 30'],
  ['both.x.example', A, /^NOERROR 192\.0\.2\.4 (192\.0\.2\.1 192\.0\.2\.2 )?ttl [67]$/],
  ['www.other.example', A, 'NOERROR 192.0.2.80 ttl 60'],
  ['left.x.example', A, 'NXDOMAIN'],
  ['kafka.example', A, 'NXDOMAIN'],
  ['b9.kafka.example.svc.cluster.local', A, 'NOERROR 192.0.2.99 ttl 60'],
]

t.test('names of the map are answered from the map, all others by the nameserver', async t => {
  const { ask } = await world(t, { zone, options: { map } })
  for (const [name, type, expected] of table) {
    const first = await ask(name, type)
    // The second answer is out of memory.
    const second = await ask(name, type)
    for (const found of [first, second]) {
      if (typeof expected === 'string') t.equal(found, expected, `${name} ${type}`)
      else t.match(found, expected, `${name} ${type}`)
    }
  }
})

t.test('over TCP too, and other classes are passed on', async t => {
  const { serving, upstream } = await world(t, { zone, options: { map } })
  t.equal(describeReply(await askOverTcp(serving, queryOf('b0.kafka.example'))), 'NOERROR 192.0.2.1 192.0.2.2 ttl 30')
  const chaos = queryOf('b0.kafka.example', 16)
  chaos[chaos.length - 1] = 3
  await askUdp(serving, chaos)
  t.ok(upstream.queries.some(({ bytes }) => bytes.subarray(2).equals(chaos.subarray(2))))
})

t.test('the general settings hold: family, allow, fallback original, and unmapped does not', async t => {
  const four = await world(t, { zone, options: { map, family: 4, unmapped: 'refuse' } })
  t.equal(await four.ask('b0.kafka.example', AAAA), 'NOERROR soa 30')
  t.equal(await four.ask('b1.kafka.example', A), 'NOERROR 192.0.2.1 192.0.2.2 ttl 30')
  t.equal(await four.ask('www.other.example', A), 'NOERROR 192.0.2.80 ttl 60')
  const narrow = await world(t, { zone, options: { map, allow: '192.0.2.2/32' } })
  t.equal(await narrow.ask('b0.kafka.example', A), 'NOERROR 192.0.2.2 ttl 30')
  t.equal(await narrow.ask('four.x.example', A), 'NXDOMAIN soa 1')
})

t.test('a stale answer serves where the nameserver fails, and the failure of an unknown name is short', async t => {
  let isDown = false
  const handler = zoneHandler({ 's.example A': ['s.example. 0 IN A 192.0.2.5'], 'u.example A': [] })
  const failing: Handler = query => (isDown ? respond(query, { rcode: 'SERVFAIL' }) : handler(query))
  const options = { map: 's.x.example=s.example,u.x.example=u.example', maxTtl: 0 }
  const { ask } = await world(t, { handler: failing, options })
  const { ask: askWithoutStale } = await world(t, { handler: failing, options: { ...options, stale: 0 } })
  for (const each of [ask, askWithoutStale]) t.equal(await each('s.x.example'), 'NOERROR 192.0.2.5 ttl 0')
  isDown = true
  t.equal(await ask('s.x.example'), 'NOERROR 192.0.2.5 ttl 0')
  t.equal(await askWithoutStale('s.x.example'), 'NXDOMAIN soa 1')
  t.equal(await ask('u.x.example'), 'NXDOMAIN soa 1')
})

t.test('a reload changes answers', async t => {
  const file = join(t.testdir({}), 'map.yaml')
  writeFileSync(file, 'rules: [{ match: b.x.example, to: 192.0.2.1 }]')
  const { ask } = await world(t, { zone, options: { mapFile: file } })
  t.equal(await ask('b.x.example'), 'NOERROR 192.0.2.1 ttl 30')
  writeFileSync(file, 'rules: [{ match: b.x.example, to: 192.0.2.22 }]')
  for (let tries = 0; tries < 100 && !(await ask('b.x.example')).includes('192.0.2.22'); tries++) {
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  t.equal(await ask('b.x.example'), 'NOERROR 192.0.2.22 ttl 30')
})

t.test('questions are counted by what became of them', async t => {
  const { ask, counts, serving } = await world(t, { zone, options: { map } })
  for (const [name, type] of [
    ['b0.kafka.example', A],
    ['b0.kafka.example', HTTPS],
    ['no.x.example', A],
    ['gone.x.example', A],
    ['www.other.example', A],
  ] as const) {
    await ask(name, type)
  }
  await serving.close()
  t.same(counts, { answered: 1, nodata: 1, refused: 1, failed: 1, passed: 1, unanswered: 0 })
})

t.test('its own address among the nameservers is not asked, for targets or for other names', async t => {
  const other = await startDnsServer({ udp: true, tcp: true }, zoneHandler(zone))
  t.teardown(() => other.close())
  const own = `127.0.0.1:${await closedPort()}`
  const options = { map, nameservers: `${own},${other.upstream('udp').label}` }
  const { ask, events } = await world(t, { options, serve: { listen: own } })
  t.equal(await ask('b0.kafka.example'), 'NOERROR 192.0.2.1 192.0.2.2 ttl 30')
  t.equal(await ask('www.other.example'), 'NOERROR 192.0.2.80 ttl 60')
  t.equal(await ask('none.other.example'), 'NXDOMAIN')
  const asked = events.flatMap(event => (event.name === 'query' ? [event.payload.server] : []))
  t.same([...new Set(asked)], [other.upstream('udp').label])
})

t.test('without a map everything is passed on', async t => {
  const { ask } = await world(t, { zone })
  t.equal(await ask('www.other.example'), 'NOERROR 192.0.2.80 ttl 60')
  t.equal(await ask('b0.kafka.example'), 'NXDOMAIN')
})
