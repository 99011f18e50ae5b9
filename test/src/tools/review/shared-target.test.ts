import t from 'tap'
import { compileSources } from '../../../../src/map/compile.js'
import { findSharedTargets } from '../../../../src/tools/review/shared-target.js'
import { settings } from '../../map/helpers.js'

const compile = (text: string) =>
  compileSources([{ kind: 'inline', origin: 'M', text }], settings({ env: { NS: 'dev' } }))

const cases: { name: string; map: string; shared: string[] }[] = [
  { name: 'a wildcard to one target', map: '*.a.test=b.test', shared: ['*.a.test'] },
  { name: 'captures that the target does not read', map: 'b{n:int}.a.test=b.test', shared: ['b{n:int}.a.test'] },
  { name: 'several targets in order', map: '*.a.test=b.test|c.test:1', shared: ['*.a.test'] },
  { name: 'a fixed port', map: '*.a.test=b.test:9092', shared: ['*.a.test'] },
  { name: 'addresses with captures', map: '192.0.2.{n}=b.test', shared: ['192.0.2.{n}'] },
  { name: 'one name', map: 'b1.a.test=b.test', shared: [] },
  { name: 'a capture in the target', map: 'b{n}.a.test=b{n}.test', shared: [] },
  { name: 'the whole name in the target', map: '*.a.test={host}.test', shared: [] },
  { name: 'a computed port', map: 'b{n:int}.a.test=b.test:{9000+n}', shared: [] },
  { name: 'one of several targets is computed', map: 'b{n}.a.test=b.test|b{n}.test', shared: [] },
  { name: 'names that are not routed', map: '*.a.test=system,*.b.test=refuse', shared: [] },
]
for (const { name, map, shared } of cases) {
  t.test(`${shared.length === 0 ? 'no ' : ''}shared target: ${name}`, async t => {
    const { rules, faults } = compile(map)
    t.same(faults, [])
    t.same(
      findSharedTargets(rules).map(({ placed }) => placed.rule.name.match),
      shared,
    )
  })
}

t.test('a list of names shares the targets of its rule; two rules of one target each do not', async t => {
  const text =
    'rules: [{match: [a.test, b.test], to: c.test}, {match: d.test, to: e.test}, {match: f.test, to: e.test}]'
  const { rules } = compileSources([{ kind: 'file', origin: 'm', text }], settings())
  t.same(
    findSharedTargets(rules).map(({ message }) => message.split(':')[0]),
    [
      "'a.test' and the other names of its rule are routed to 'c.test'",
      "'b.test' and the other names of its rule are routed to 'c.test'",
    ],
  )
})

t.test('a port that the rule sets or asks for is the same for all brokers', async t => {
  const messages = (map: string) => findSharedTargets(compile(map).rules).map(({ message }) => message)
  t.same(messages('*.a.test=b-${NS}.test'), [
    "every name of '*.a.test' is routed to 'b-${NS}.test': right over TLS, if the endpoint tells brokers apart by server " +
      'name (SNI), or if each broker advertises a port of its own; otherwise give each broker an address or a port',
  ])
  for (const map of ['*.a.test:9092=b.test', '*.a.test=b.test:9092']) t.notMatch(messages(map)[0], 'advertises')
})
