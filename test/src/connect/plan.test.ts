import t from 'tap'
import { canBeLookedUp, PlanMemo } from '../../../src/connect/plan.js'
import { compileMap } from '../../../src/map/compile.js'
import { fakeMap, loopback } from './fixtures/fakes.js'

const settings = { allow: loopback, fallback: 'system', family: 0, timeoutMs: 600, connectAttemptMs: 150 } as const
const compiled = compileMap(
  [{ kind: 'inline', origin: 'KAFKA_SPLIT_DNS_MAP', map: { rules: [{ match: '*.x', to: 't' }] } }],
  {
    ...{ profiles: [], profilesOrigin: 'test', zone: undefined, unmapped: 'system', env: {} },
    readNamespace: () => undefined,
  },
).map

t.test('a plan is remembered by host and port, and not for ever', async t => {
  const plans = new PlanMemo(settings)
  const find = (host: string, port: number) => plans.find(compiled, host, port)
  const first = find('a.x', 1)
  t.equal(find('a.x', 1), first)
  t.not(find('a.x', 2), first)
  for (let index = 0; index < 10_000; index++) find(`n${index}.x`, 1)
  t.not(find('a.x', 1), first)
  t.same(find('a.x', 1), first)
  for (let index = 0; index < 10_000; index++) find('a.x', index % 7 === 0 ? 1 : index + 10)
  t.same(find('a.x', 1), first)
})

t.test('what is asked for often stays, whatever else comes', async t => {
  const plans = new PlanMemo(settings)
  const first = plans.find(compiled, 'a.x', 1)
  for (let index = 0; index < 20_000; index++) {
    plans.find(compiled, `n${index}.x`, 1)
    if (index % 1000 === 0) plans.find(compiled, 'a.x', 1)
  }
  t.equal(plans.find(compiled, 'a.x', 1), first)
})

t.test('another map has its own plans', async t => {
  const plans = new PlanMemo(settings)
  const maps = ['a.example', 'b.example'].map(to => fakeMap([{ match: 'b1.example', to }]))
  const targets = [0, 1, 0].map(index => {
    const map = maps[index]
    return map && plans.find(map, 'b1.example', 1).decision.route.targets[0]?.host
  })
  t.same(targets, ['a.example', 'b.example', 'a.example'])
})

t.test('a host longer than any name is planned, and not kept', async t => {
  const plans = new PlanMemo(settings)
  const long = `${'a'.repeat(300)}.x`
  t.not(plans.find(compiled, long, 1), plans.find(compiled, long, 1))
})

t.test('each spelling keeps its own', async t => {
  const plans = new PlanMemo(settings)
  for (const host of ['B1.X', 'b1.x.', 'b1.x']) {
    t.match(plans.find(compiled, host, 9092), { host, decision: { route: { host: 'b1.x' } } })
  }
})

for (const [host, outcome] of [
  ['b1.example', 'map'],
  ['no.example', 'refuse'],
  ['own.example', 'system'],
  ['other.example', 'system'],
  ['192.0.2.1', 'system'],
  ['[2001:db8::1]', 'system'],
  ['a b', 'invalid'],
  ['a..b', 'invalid'],
] as const) {
  t.test(`${host} is ${outcome}`, async t => {
    const map = fakeMap([
      { match: 'b1.example', to: 'vpce.example' },
      { match: 'no.example', to: 'refuse' },
      { match: 'own.example', to: 'system' },
    ])
    t.equal(new PlanMemo(settings).find(map, host, 9092).outcome, outcome)
    t.equal(new PlanMemo(settings).find(fakeMap([]), host, 9092).outcome, 'system', 'without a rule')
  })
}

const names = ['a', 'b0.kafka.example', 'b0.kafka.example.', '_kafka._tcp.example', 'b-0_x.example', 'bücher.example']
const longest = `${'a.'.repeat(126)}a`
for (const name of [...names, 'x'.repeat(63), longest, `${longest}.`]) {
  t.test(`'${name.slice(0, 30)}' can be looked up`, async t => t.ok(canBeLookedUp(name)))
}

const others = ['', '.', '..', 'a..b', '.a', 'a..', ' a', 'a b', 'a\tb', 'a\u0000b', 'a\u007fb', 'a\u0085b', 'a\u00a0b']
for (const name of [...others, 'x'.repeat(64), `${longest}b`, 'ü'.repeat(32)]) {
  t.test(`${JSON.stringify(name.slice(0, 30))} cannot be looked up`, async t => t.notOk(canBeLookedUp(name)))
}
