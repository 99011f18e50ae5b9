import t from 'tap'
import { compileMap } from '../../../src/map/compile.js'
import { parseMap } from '../../../src/map/parse.js'
import { ask, faultsOf, inlineSource, settings, yamlFaults, yamlSource, yamlTable } from './helpers.js'

t.test('all faults of all sources are reported together, in the order of the sources and lines', async t => {
  const faults = faultsOf(() =>
    compileMap(
      [
        inlineSource('a, b=c d'),
        yamlSource(
          'version: 2\nrulez: []\nrules:\n- match: a..b\n  to: "c:0"\n  allow: 300.1.1.1\n  nameservers: [dns.example, 192.0.2.53]\n  fallback: sytem\n- 7\n',
        ),
      ],
      settings({ profiles: ['p'] }),
    ),
  )
  t.match(faults, [
    { origin: 'KAFKA_SPLIT_DNS_MAP', line: 1, column: 1, message: /expected PATTERN=TARGET/ },
    { origin: 'KAFKA_SPLIT_DNS_MAP', line: 1, column: 7 },
    { origin: 'map.yaml', line: 1, column: 10, message: /unknown version '2'/ },
    { origin: 'map.yaml', line: 2, column: 1, message: /unknown key 'rulez' \(did you mean 'rules'/ },
    { origin: 'map.yaml', line: 4, column: 12, message: /a label is empty/ },
    { origin: 'map.yaml', line: 5, message: /from 1 to 65535/ },
    { origin: 'map.yaml', line: 6, message: /no CIDR block/ },
    { origin: 'map.yaml', line: 7, column: 17, message: /names no nameserver/ },
    { origin: 'map.yaml', line: 8, message: /did you mean 'system'/ },
    { origin: 'map.yaml', line: 9, message: /expected a rule/ },
    { origin: 'KAFKA_SPLIT_DNS_PROFILE', message: /no profile 'p'/ },
  ])
})

t.test('expansion works inside of braces, and a comma in a value divides no rules', async t => {
  const env = { BASE: '9000', LIST: 'a.example,b.example=c' }
  t.equal(ask(compileMap([inlineSource('b-{n:int}.x=t:{${BASE} + n}')], settings({ env })).map, 'b-1.x'), 't:9001')
  t.match(
    faultsOf(() => compileMap([inlineSource('a.x=${LIST}')], settings({ env }))),
    [{ message: /'\$\{LIST\}' is not allowed/ }],
  )
})

t.test(
  'a label that a variable gives is named by the variable, though another rule has the same label written out',
  async t => {
    const map = {
      rules: [
        { match: 'b{n:int}.a.example', to: 'c' },
        { match: '{n}.b{${V}:int}.example', to: 'c' },
      ],
    }
    const faults = faultsOf(() => compileMap([{ kind: 'inline', origin: 'map', map }], settings({ env: { V: 'n' } })))
    t.match(faults, [{ message: /two captures are called '\{\$\{V\}:int\}'/ }])
  },
)

t.test("rules' own settings are read, as lists or texts with commas, and equal ones shared", async t => {
  const map = yamlTable(
    'rules:\n- match: a.x\n  to: t\n  nameservers: "192.0.2.53, tls://dns.example"\n  allow: [10.0.0.0/8, "192.0.2.1"]\n  fallback: none\n- match: b.x\n  to: t\n  nameservers: [192.0.2.53, tls://dns.example]\n- match: c.x\n  to: t\n',
  )
  const { settings: own } = map.decide('a.x')
  t.match(own.nameservers, [
    { kind: 'udp', address: '192.0.2.53', port: 53 },
    { kind: 'tls', host: 'dns.example' },
  ])
  t.ok(own.allow?.has({ address: '10.1.2.3', family: 4 }))
  t.notOk(own.allow?.has({ address: '192.0.2.2', family: 4 }))
  t.equal(own.fallback, 'none')
  t.equal(map.decide('b.x').settings.nameservers, own.nameservers)
  t.same(map.decide('c.x').settings, { nameservers: null, allow: null, fallback: null })
  t.match(yamlFaults('rules:\n- match: a.x\n  to: t\n  nameservers: []\n  allow: ""\n'), [{ line: 4 }, { line: 5 }])
})

t.test('a map object is read like the document, its faults tell the path', async t => {
  const bad: unknown = {
    version: 1,
    rules: [
      { match: ['a.x', 7.5], to: { z: ['b c'] } },
      { match: 'a.x', to: 't' },
    ],
    profile: {},
  }
  t.match(
    faultsOf(() => compileMap([{ kind: 'inline', origin: 'map', map: bad as object }], settings())),
    [
      { message: /^profile: unknown key 'profile' \(did you mean 'profiles'/, origin: 'map' },
      { message: /^rules\[0\]\.match\[1\]: pattern '7\.5'/ },
      { message: /^rules\[0\]\.to\.z\[0\]: rule/ },
      { message: /^rules\[1\]\.match: .*appears twice: the first is at map rule 1/ },
    ],
  )
})

t.test('objects that hold themselves, functions or throwing getters are faults', async t => {
  const cyclic: Record<string, unknown> = {}
  cyclic['rules'] = [cyclic]
  const odd: unknown[] = [
    cyclic,
    { rules: [() => 1] },
    {
      get rules() {
        throw new Error('no')
      },
    },
    { rules: [{ match: Symbol('x'), to: 1n }] },
    [],
    'text',
    7,
    { rules: 'x' },
    { tables: { a: [] } },
    { rules: new Map() },
  ]
  for (const map of odd)
    t.ok(faultsOf(() => compileMap([{ kind: 'inline', origin: 'map', map: map as object }], settings())).length > 0)
})

t.test('no source, an empty one and one of comments map nothing', async t => {
  for (const sources of [
    [],
    [yamlSource('')],
    [yamlSource('# nothing\n')],
    [inlineSource(' ,\n, ')],
    [yamlSource('rules:\nprofiles:\ntables:\n')],
  ]) {
    const { map, warnings } = compileMap(sources, settings())
    t.equal(map.ruleCount, 0)
    t.equal(ask(map, 'a.example', 1), 'unmapped system')
    const expected = sources.map(({ origin }) => ({
      message: `${origin}: the map has no rules`,
      origin: 'no rule is in force',
    }))
    t.same(warnings, expected)
    t.equal(map.whyNoRules, expected[0]?.message)
  }
})

t.test('names that no rule matches are left to what unmapped says', async t => {
  const map = yamlTable('', { unmapped: 'refuse' })
  t.same(map.decide('A.example.', 9092).route, {
    host: 'a.example',
    port: 9092,
    action: 'refuse',
    rule: null,
    captures: {},
    targets: [],
  })
})

t.test('a map of parseMap keeps lines and columns, also in parts', async t => {
  const parsed = parseMap('rules:\n  - match: a.x\n    to: "{host}.t"\n  - match: b.x\n    to: t\n', {
    filename: 'team.yaml',
    env: {},
  })
  const again = { ...parsed, rules: [...(parsed.rules ?? []), { match: 'b.x', to: 't' }] }
  t.match(
    faultsOf(() => compileMap([{ kind: 'inline', origin: 'map', map: again }], settings())),
    [{ message: /appears twice: the first is at team.yaml:4/ }],
  )
  const { map } = compileMap([{ kind: 'inline', origin: 'map', map: parsed }], settings())
  t.equal(map.decide('a.x').route.rule?.origin, 'team.yaml')
})
