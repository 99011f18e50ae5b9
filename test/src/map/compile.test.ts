import t from 'tap'
import { ConfigError } from '../../../src/errors.js'
import { compileMap } from '../../../src/map/compile.js'
import { parseMap } from '../../../src/map/parse.js'
import { ask, faultsOf, inlineSource, settings, yamlFaults, yamlSource, yamlTable } from './helpers.js'

const profiles = `
rules:
  - match: "*.all.example"
    to: all.example
profiles:
  k1:
    - match: "*.k1.example"
      to: k1.example
  k2:
    - match: "*.k2.example"
      to: "\${UNSET}.example"
    - mtch: "*.k3.example"
      to: a b
`

t.test('a profile is in force only where it is chosen', async t => {
  t.equal(ask(yamlTable(profiles), 'a.k1.example'), 'unmapped system')
  const map = yamlTable(profiles, { profiles: ['k1'] })
  t.equal(ask(map, 'a.k1.example'), 'k1.example:')
  t.equal(ask(map, 'a.all.example'), 'all.example:')
  t.same(map.decide('a.k1.example').route.rule, {
    match: '*.k1.example',
    index: 0,
    origin: 'map.yaml',
    profile: 'k1',
    place: 'map.yaml:7',
  })
  t.same(map.decide('a.all.example').route.rule, {
    match: '*.all.example',
    index: 0,
    origin: 'map.yaml',
    place: 'map.yaml:3',
  })
  t.equal(map.ruleCount, 2)
})

t.test('faults of a profile that nobody chose are one warning, or all where they are asked for', async t => {
  const { warnings } = compileMap([yamlSource(profiles)], settings())
  t.match(warnings, [{ message: /profile 'k2', not in force here: .*\(and \d more\)/, origin: 'map.yaml' }])
  t.equal(compileMap([yamlSource(profiles)], settings({ thorough: true })).warnings.length, 3)
})

t.test('faults of a profile that is chosen stop the process', async t => {
  t.match(yamlFaults(profiles, { profiles: ['k2'] }), [
    { message: /\$\{UNSET\} is unset/, line: 11 },
    { message: /unknown key 'mtch' \(did you mean 'match'/, line: 12 },
    { message: /' ' is not allowed/, line: 13 },
  ])
})

t.test('an unknown profile is a fault that names the nearest', async t => {
  t.match(yamlFaults(profiles, { profiles: ['k1', 'kk2'] }), [
    {
      message: /no profile 'kk2' in the map \(did you mean 'k2'\?\): expected one of k1, k2/,
      origin: 'KAFKA_SPLIT_DNS_PROFILE',
    },
  ])
  t.match(yamlFaults('rules: []\n', { profiles: ['__proto__'] }), [{ message: /the map has none/ }])
})

t.test('the nearer source wins where two have a rule of one pattern and port', async t => {
  const { map, warnings } = compileMap(
    [
      inlineSource('*.x.example=near, b-{n:int}.x.example:9092=near:{n}'),
      yamlSource(
        'rules:\n- match: ["*.X.example", c.x.example]\n  to: far\n- match: "b-{id:int}.x.example:9092"\n  to: far\n- match: "b-{n:int}.x.example"\n  to: far\n',
      ),
    ],
    settings(),
  )
  t.equal(ask(map, 'a.x.example'), 'near:')
  t.equal(ask(map, 'c.x.example'), 'far:')
  t.equal(ask(map, 'b-1.x.example', 9092), 'near:1')
  t.equal(ask(map, 'b-1.x.example', 9093), 'far:9093')
  t.same(warnings, [])
  t.equal(map.decide('c.x.example').route.rule?.origin, 'map.yaml')
})

t.test('what a nearer source has overridden stops nobody', async t => {
  const { map, warnings } = compileMap(
    [inlineSource('a.example=near'), yamlSource('rules:\n- match: a.example\n  to: "${UNSET}"\n')],
    settings(),
  )
  t.equal(ask(map, 'a.example'), 'near:')
  t.match(warnings, [{ message: /UNSET/ }])
})

t.test('tables and profiles of one name are taken whole from the nearer source', async t => {
  const near = 'tables: { az: { a: near } }\nprofiles: { p: [{ match: near.example, to: n }] }\n'
  const far =
    'tables: { AZ: { a: far, b: far }, own: { a: own } }\nrules: [{ match: "{z}.example", to: "{az[z]}-{own[z]}.t" }]\nprofiles: { p: [{ match: far.example, to: f }] }\n'
  const { map } = compileMap(
    [yamlSource(near, 'near.yaml'), yamlSource(far, 'far.yaml')],
    settings({ profiles: ['p'] }),
  )
  t.equal(ask(map, 'a.example'), 'near-own.t:')
  t.equal(ask(map, 'b.example'), 'ERR_SPLIT_DNS_TARGET')
  t.equal(ask(map, 'near.example'), 'n:')
  t.equal(ask(map, 'far.example'), 'ERR_SPLIT_DNS_TARGET')
})

t.test('two rules of one pattern and port in one source are a fault that names the first', async t => {
  const twice =
    'rules:\n- match: "{a}.x"\n  to: t\n- match: ["b.x", "{b}.X."]\n  to: t\n- match: "{a}.x:1"\n  to: t\n- match: "${X}.x"\n  to: t\n'
  t.match(yamlFaults(twice, { env: { X: '{c}' } }), [
    { message: /'\{b\}\.X\.' appears twice: the first is at map.yaml:2/, line: 4 },
    { message: /'\$\{X\}\.x' appears twice: the first is at map.yaml:2/, line: 8 },
  ])
  t.match(
    yamlFaults('rules: [{ match: a.x, to: t }]\nprofiles: { p: [{ match: a.x, to: t }] }\n', { profiles: ['p'] }),
    [{ message: /appears twice/ }],
  )
})

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

t.test("faults never show what a variable holds, nor does a route's rule", async t => {
  const env = { SECRET: 'hunter2 x', SECRET2: 'hunter2', BAD: 'hunter2..', LONG: 'hunter2'.repeat(40) }
  const bad = [
    '${SECRET}.x',
    'a.${SECRET}',
    '{n}${SECRET2}{m}',
    '${BAD}',
    '${LONG}',
    '[${SECRET}]',
    'a:${SECRET2}',
    'a{${SECRET2}}.x',
    '{${SECRET}}',
  ]
  for (const text of bad) {
    const map = {
      rules: [
        { match: text, to: 't' },
        { match: 'ok.example', to: text },
      ],
    }
    try {
      compileMap([{ kind: 'inline', origin: 'map', map }], settings({ env }))
      t.fail(text)
    } catch (error) {
      t.ok(error instanceof ConfigError)
      t.notMatch(error instanceof Error ? `${error.message} ${error.stack ?? ''}` : '', /hunter2/, text)
    }
  }
  const map = compileMap([inlineSource('{n:int}.${SECRET2}=t.${SECRET2}:{9000+n}')], settings({ env })).map
  const { route, targetTexts } = map.decide('1.hunter2')
  t.equal(route.rule?.match, '{n:int}.${SECRET2}')
  t.same(targetTexts, ['t.${SECRET2}:{9000+n}'])
  try {
    map.decide('99999.hunter2', 1)
    t.fail('it decided')
  } catch (error) {
    t.notMatch((error as Error).message.replace('99999.hunter2', ''), /hunter2/)
  }
})

t.test('expansion works inside of braces, and a comma in a value divides no rules', async t => {
  const env = { BASE: '9000', LIST: 'a.example,b.example=c' }
  t.equal(ask(compileMap([inlineSource('b-{n:int}.x=t:{${BASE} + n}')], settings({ env })).map, 'b-1.x'), 't:9001')
  t.match(
    faultsOf(() => compileMap([inlineSource('a.x=${LIST}')], settings({ env }))),
    [{ message: /'\$\{LIST\}' is not allowed/ }],
  )
})

t.test('a map from a URL may name a few variables only', async t => {
  const source = {
    kind: 'url',
    origin: 'https://maps.example/m.yaml',
    text: 'rules:\n- match: "${HOME}.x"\n  to: "${NAMESPACE}.${KAFKA_SPLIT_DNS_VAR_T}"\n',
  } as const
  const env = { HOME: 'h', KAFKA_SPLIT_DNS_VAR_T: 'v' }
  t.match(
    faultsOf(() => compileMap([source], settings({ env, readNamespace: () => 'n' }))),
    [{ message: /cannot read \$\{HOME\}/, line: 2 }],
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
