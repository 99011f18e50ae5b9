import t from 'tap'
import { guessFormat } from '../../../src/map/document/one-line.js'
import { parseMap } from '../../../src/map/parse.js'
import { faultsOf } from './helpers.js'

t.test('a YAML text becomes a plain frozen object with its variables filled in', async t => {
  const text = `
version: "1"
x-owner: team
tables: { az: { Z1: a } }
rules:
  - match: "*.\${NAMESPACE}.example"
    to: { z1: "t.\${NAMESPACE}", z2: [u, v] }
    x-why: because
    nameservers: 192.0.2.53, 192.0.2.54
profiles:
  p:
    - match: [a.x, "\${UNSET}.x"]
      to: system
`
  const map = parseMap(text, { env: { NAMESPACE: 'team' } })
  t.same(map, {
    version: 1,
    tables: { az: { Z1: 'a' } },
    rules: [{ match: '*.team.example', to: { z1: 't.team', z2: ['u', 'v'] }, nameservers: '192.0.2.53, 192.0.2.54' }],
    profiles: { p: [{ match: ['a.x', '${UNSET}.x'], to: 'system' }] },
  })
  t.ok(Object.isFrozen(map) && Object.isFrozen(map.rules) && Object.isFrozen(map.rules?.[0]?.to))
})

t.test('a one-line text becomes rules', async t => {
  t.same(parseMap('*.x=t.${N}, b.x=u|v', { env: { N: 'n' } }), {
    rules: [
      { match: '*.x', to: 't.n' },
      { match: 'b.x', to: ['u', 'v'] },
    ],
  })
})

t.test('variables come from the process where no others are given', async t => {
  t.match(
    faultsOf(() => parseMap('*.x=${KAFKA_SPLIT_DNS_TEST_UNSET}')),
    [{ message: /unset or empty/, origin: 'map', line: 1, column: 5 }],
  )
})

t.test('faults are told with the file name, line and column, all at once', async t => {
  t.match(
    faultsOf(() => parseMap('rules:\n- match: a..b\n  to: c\n- match: d\n  to: e f\n', { filename: 'team.yaml' })),
    [
      { origin: 'team.yaml', line: 2, column: 12 },
      { origin: 'team.yaml', line: 5, column: 8 },
    ],
  )
})

t.test('a profile at fault is kept for where it is chosen', async t => {
  const map = parseMap('profiles: { p: [{ mtch: x }, 7], q: x }\n')
  t.same(map, { profiles: { p: [{}, '7'], q: 'x' } })
})

for (const [text, format, filename] of [
  ['', 'yaml'],
  ['rules: []', 'yaml'],
  ['# a=b\nrules: []', 'yaml'],
  ['{"rules": []}', 'yaml'],
  ['{"rules":[{"match":"a=b"}]}', 'yaml'],
  ['- match: a=b', 'yaml'],
  ['---\nrules: []', 'yaml'],
  ['x-a: b=c', 'yaml'],
  ['a.x=b', 'inline'],
  ['\n  a.x = b', 'inline'],
  ['*.x=b', 'inline'],
  ['{n}.x=b', 'inline'],
  ['[::1]:9092=b', 'inline'],
  ['a.x=b', 'yaml', 'm.yaml'],
  ['a.x=b', 'yaml', 'm.json'],
  ['a.x=b', 'inline', 'm.txt'],
] as const) {
  t.test(`${JSON.stringify(text)} ${filename === undefined ? '' : `in ${filename} `}is taken for ${format}`, async t =>
    t.equal(guessFormat(text, filename), format),
  )
}

t.test('the format that is given is obeyed', async t => {
  t.match(
    faultsOf(() => parseMap('a.x=b', { format: 'yaml' })),
    [{ message: /expected a map/ }],
  )
  t.match(
    faultsOf(() => parseMap('rules: []', { format: 'inline' })),
    [{ message: /expected PATTERN=TARGET/ }],
  )
})

t.test('JSON is a format, and one that is unknown is a fault', async t => {
  t.same(parseMap('{"rules": [{"match": "a.x", "to": "b.x"}]}', { format: 'json' }).rules, [
    { match: 'a.x', to: 'b.x' },
  ])
  t.throws(() => parseMap('a=b', { format: 'toml' as 'json' }), {
    code: 'ERR_SPLIT_DNS_CONFIG',
    message: "option format: unknown format 'toml': expected yaml, json or inline",
  })
})
