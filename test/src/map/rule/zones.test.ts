import t from 'tap'
import { orderByZone, zoneSeed } from '../../../../src/map/rule/zones.js'
import { compileMap } from '../../../../src/map/compile.js'
import { ask, settings, yamlSource, yamlTable } from '../helpers.js'

const map = 'rules:\n- match: [a.x, b.x]\n  to: { Z1: t1, z2: [t2, t3], z3: t4 }\n'

t.test("the own zone's targets come first, the others after in order", async t => {
  t.equal(ask(yamlTable(map, { zone: 'z2' }), 'a.x'), 't2: t3: t1: t4:')
  t.equal(ask(yamlTable(map, { zone: 'z3' }), 'a.x'), 't4: t1: t2: t3:')
})

t.test('zones compare in lower case and are told as the map writes them', async t => {
  const { route } = yamlTable(map, { zone: 'z1' }).decide('a.x')
  t.same(
    route.targets.map(target => target.zone),
    ['Z1', 'z2', 'z2', 'z3'],
  )
})

t.test('without a zone the order is shuffled by zone, the same for all rules and hosts of a process', async t => {
  const orders = new Set<string>()
  for (let draw = 0; draw < 200; draw++) {
    const shuffled = yamlTable(map, { random: () => draw / 200 })
    t.equal(ask(shuffled, 'a.x'), ask(shuffled, 'b.x'))
    orders.add(ask(shuffled, 'a.x'))
  }
  t.same([...orders].sort(), [
    't1: t2: t3: t4:',
    't1: t4: t2: t3:',
    't2: t3: t1: t4:',
    't2: t3: t4: t1:',
    't4: t1: t2: t3:',
    't4: t2: t3: t1:',
  ])
})

t.test('each zone comes first about as often as the others', async t => {
  const firsts = new Map<string, number>()
  const targets = ['a', 'b', 'c'].map(zone => ({ zone }))
  for (let draw = 0; draw < 3000; draw++) {
    const [first] = orderByZone(
      targets,
      undefined,
      zoneSeed(() => (draw + 0.5) / 3000),
    )
    firsts.set(first?.zone ?? '', (firsts.get(first?.zone ?? '') ?? 0) + 1)
  }
  for (const zone of ['a', 'b', 'c']) t.ok(Math.abs((firsts.get(zone) ?? 0) - 1000) < 200, zone)
})

t.test('left to itself the order stays for the whole process', async t => t.equal(zoneSeed(), zoneSeed()))

t.test('a zone that the map does not know is a warning at its place', async t => {
  const { warnings } = compileMap([yamlSource(map)], settings({ zone: 'z9' }))
  t.match(warnings, [{ message: /knows no zone 'z9', only 'Z1', 'z2', 'z3'/, line: 3, origin: 'map.yaml' }])
  t.same(compileMap([yamlSource(map)], settings({ zone: undefined })).warnings, [])
})

t.test('zone keys that look like object properties are zones like others', async t => {
  const odd = yamlTable('rules:\n- match: a.x\n  to: { __proto__: t1, constructor: t2 }\n', { zone: 'constructor' })
  t.equal(ask(odd, 'a.x'), 't2: t1:')
})
