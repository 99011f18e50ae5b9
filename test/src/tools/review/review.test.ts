import t from 'tap'
import { compileSources } from '../../../../src/map/compile.js'
import { reviewMap } from '../../../../src/tools/review/review.js'

const review = (text: string, profiles: readonly string[] = []) => {
  const compilation = compileSources([{ kind: 'file', origin: 'map.yaml', text }], {
    profiles,
    profilesOrigin: 'profile',
    zone: undefined,
    unmapped: 'system',
    env: {},
    readNamespace: () => undefined,
  })
  t.same(compilation.faults, [], 'the map has no faults')
  return reviewMap(compilation, profiles).map(({ line, message }) => `${line ?? 0}: ${message}`)
}

const cases: { name: string; map: string; said: RegExp[]; profiles?: string[] }[] = [
  { name: 'a map in order gives no warning', map: 'rules:\n- {match: "*.a.test", to: b.test}', said: [] },
  {
    name: 'a table that no rule uses',
    map: 'tables: {az: {a: b}, other: {a: b}}\nrules:\n- {match: "{x}.a.test", to: "{AZ[x]}.b.test"}',
    said: [/^1: table 'other' is never used$/],
  },
  {
    name: 'a table that only a profile uses is used',
    map: 'tables: {az: {a: b}}\nprofiles:\n  p:\n  - {match: "{x}.a.test", to: "{az[x]}.b.test"}',
    profiles: ['p'],
    said: [],
  },
  {
    name: 'a profile that is not chosen',
    map: 'profiles:\n  one: [{match: "*.a.test", to: b.test}]\n  two: [{match: "*.c.test", to: b.test}]',
    profiles: ['two'],
    said: [/^2: profile 'one' is not chosen here/],
  },
  {
    name: 'a table whose keys the capture cannot read',
    map: 'tables: {az: {use1: b}}\nrules:\n- {match: "b{n:int}.a.test", to: "{az[n]}.b.test"}',
    said: [/^3: rule 'b\{n:int\}.a.test' can never match: table 'az' has no key that \{n\} could read$/],
  },
  {
    name: 'two patterns of the same addresses',
    map: 'rules:\n- {match: "10.0.0.{n}", to: b.test}\n- {match: "10.0.0.{n:int}", to: c.test}',
    said: [/^2: rule '10.0.0.\{n\}' can never match: '10.0.0.\{n:int\}' matches the same addresses/],
  },
  {
    name: 'patterns that tie where they meet',
    map: 'rules:\n- {match: "a-{x}.a.test", to: b.test}\n- {match: "{x}-b.a.test", to: c.test}',
    said: [/^3: '\{x\}-b.a.test' and 'a-\{x\}.a.test' both match 'a-b.a.test'/],
  },
  {
    name: 'patterns of one rank that never meet',
    map: 'rules:\n- {match: "a-{x:int}.a.test", to: b.test}\n- {match: "b-{x:int}.a.test", to: c.test}',
    said: [],
  },
  {
    name: 'patterns that tie at different ports never meet',
    map: 'rules:\n- {match: "a-{x}.a.test:1", to: b.test}\n- {match: "{x}-b.a.test:2", to: c.test}',
    said: [],
  },
  {
    name: 'a pattern that covers its own target',
    map: 'rules:\n- match: "*.a.test"\n  to: [x.b.test, vpce.a.test]',
    said: [/^3: rule '\*.a.test' covers its own target 'vpce.a.test'/],
  },
  {
    name: 'a target that another rule matches',
    map: 'rules:\n- match: "*.a.test"\n  to: vpce.b.test\n- match: "*.b.test"\n  to: vpce.c.test',
    said: [/^3: the target 'vpce.b.test' of rule '\*.a.test' is itself matched by rule '\*.b.test'/],
  },
  {
    name: 'a target that a rule leaves to the system',
    map: 'rules:\n- {match: "*.a.test", to: vpce.a.test}\n- {match: vpce.a.test, to: system}',
    said: [],
  },
  {
    name: 'a target made of captures and a table',
    map: 'tables: {az: {use1-az1: a}}\nrules:\n- {match: "e-{id}.{z}.a.test", to: "{az[z]}-{id}.vpce.a.test"}\n- {match: "*.vpce.a.test", to: b.test}',
    said: [/^3: the target '\{az\[z\]\}-\{id\}.vpce.a.test' .* is itself matched by rule '\*.vpce.a.test'/],
  },
  {
    name: 'a rule at a port does not match a target at another',
    map: 'rules:\n- {match: "*.a.test:9092", to: "vpce.a.test:9093"}',
    said: [],
  },
]

for (const { name, map, said, profiles } of cases) {
  t.test(name, async t => {
    const found = review(map, profiles)
    t.equal(found.length, said.length, found.join('\n'))
    said.forEach((pattern, index) => t.match(found[index], pattern))
  })
}
