import fc from '../../../fast-check.js'
import t from 'tap'
import { compileMap, type CompileSettings, type MapSource } from '../../../../src/map/compile.js'
import { ask, faultsOf, inlineSource, settings, yamlFaults, yamlSource, yamlTable } from '../helpers.js'
import { isFullRun } from '../../../full-run.js'

const urlSource = (text: string): MapSource => ({ kind: 'url', origin: 'https://maps.example/', text })
const compile = (sources: readonly MapSource[], more: Partial<CompileSettings> = {}) =>
  compileMap(sources, settings(more))

// Sources add up; the nearer wins.

t.test('of a pattern and port in two sources the nearer decides, others add up', async t => {
  const { map, warnings } = compile([
    inlineSource('a.example=inline.test, {x}.n.example=inline.test, {n:int}.c.example:9092=inline.test:{n}'),
    yamlSource('rules: [{ match: [A.example., b.example], to: file.test }, { match: "{y}.n.example", to: file.test }]'),
    urlSource(
      'rules: [{ match: [a.example, b.example, c.example], to: url.test }, { match: ["a.example:9092", "{id:int}.c.example:9092", "{id:int}.c.example"], to: port.test }]',
    ),
  ])
  t.equal(ask(map, 'a.example', 1), 'inline.test:1')
  t.equal(ask(map, 'a.example', 9092), 'port.test:9092')
  t.equal(ask(map, 'b.example', 1), 'file.test:1')
  t.equal(ask(map, 'c.example', 1), 'url.test:1')
  t.equal(ask(map, 'x.n.example', 1), 'inline.test:1')
  t.equal(ask(map, '7.c.example', 9092), 'inline.test:7')
  t.equal(ask(map, '7.c.example', 1), 'port.test:1')
  t.match(map.decide('c.example').route.rule, { match: 'c.example', index: 0, origin: 'https://maps.example/' })
  t.equal(map.ruleCount, 7)
  t.same(warnings, [])
})

t.test('the most specific rule wins, whatever its source', async t => {
  const { map } = compile([
    inlineSource('*.example=inline.test'),
    urlSource('rules: [{ match: a.example, to: url.test }]'),
  ])
  t.equal(ask(map, 'a.example'), 'url.test:')
})

t.test('of rules that tie the nearer source decides', async t => {
  const { map } = compile([
    inlineSource('{a}-b.example=inline.test'),
    urlSource('rules: [{ match: "a-{b}.example", to: url.test }]'),
  ])
  t.equal(ask(map, 'a-b.example'), 'inline.test:')
})

t.test('of a table in two sources the nearer serves all rules, whole', async t => {
  const rule = 'rules:\n- { match: "{z}.far.example", to: "{AZ[z]}.test" }'
  const { map } = compile([
    yamlSource('tables: { az: { a: near } }\nrules: [{ match: "{z}.near.example", to: "{az[z]}.test" }]'),
    urlSource(
      `tables: { Az: { a: far, b: far }, n: { a: n } }\n${rule}\n- { match: "{z}.own.example", to: "{n[z]}.test" }`,
    ),
  ])
  t.equal(ask(map, 'a.near.example'), 'near.test:')
  t.equal(ask(map, 'a.far.example'), 'near.test:')
  t.equal(ask(map, 'b.far.example'), 'ERR_SPLIT_DNS_TARGET')
  t.equal(ask(map, 'a.own.example'), 'n.test:')
})

t.test('of a profile in two sources the nearer is in force, whole', async t => {
  const { map } = compile(
    [
      yamlSource('profiles: { p: [{ match: a.example, to: near.test }] }'),
      urlSource('profiles: { p: [{ match: [a.example, b.example], to: far.test }] }'),
    ],
    { profiles: ['p'] },
  )
  t.equal(ask(map, 'a.example'), 'near.test:')
  t.equal(ask(map, 'b.example'), 'unmapped system')
})

t.test('what a nearer source overrides stops nobody', async t => {
  const { map, warnings } = compile([
    inlineSource('a.example=b.test'),
    yamlSource('rules: [{ match: a.example, to: "${UNSET}" }]'),
    urlSource('rules: [{ match: a.example, to: "{gone}.test" }]'),
  ])
  t.equal(ask(map, 'a.example'), 'b.test:')
  t.match(warnings, [{ message: /UNSET/ }])
})

// Profiles.

const profiles = `
rules: [{ match: "*.example", to: all.test }]
profiles:
  kafka-1: [{ match: "*.kafka-1.example", to: one.test }]
  kafka-2: [{ match: "*.kafka-2.example", to: "\${UNSET}.test" }]
  broken: [{ match: a..b, to: [] }, { matchh: x }]
`

t.test('a profile is in force only where it is named', async t => {
  const named = compile([yamlSource(profiles)], { profiles: ['kafka-1'] }).map
  t.equal(ask(named, 'b.kafka-1.example'), 'one.test:')
  t.equal(ask(named, 'b.other.example'), 'all.test:')
  const place = { index: 0, origin: 'map.yaml' }
  t.same(named.decide('b.kafka-1.example').route.rule, {
    ...place,
    match: '*.kafka-1.example',
    profile: 'kafka-1',
    place: 'map.yaml:4',
  })
  t.same(named.decide('b.other.example').route.rule, { ...place, match: '*.example', place: 'map.yaml:2' })
  t.equal(named.ruleCount, 2)
  t.equal(ask(compile([yamlSource(profiles)]).map, 'b.kafka-1.example'), 'all.test:')
})

t.test('faults in profiles that nobody chose are warnings that name them', async t => {
  const { warnings } = compile([yamlSource(profiles)])
  t.match(warnings, [
    { message: /profile 'kafka-2', not in force here: .*UNSET/, origin: 'map.yaml', line: 5 },
    { message: /profile 'broken', not in force here: .*\(and \d more\)/, origin: 'map.yaml', line: 6 },
  ])
  t.equal(warnings.length, 2)
  t.ok(compile([yamlSource(profiles)], { thorough: true }).warnings.length > 4)
})

t.test('faults in a chosen profile are faults', async t => {
  t.match(
    faultsOf(() => compile([yamlSource(profiles)], { profiles: ['kafka-2'] })),
    [{ message: /\*\.kafka-2\.example.*UNSET/, line: 5 }],
  )
  t.match(
    faultsOf(() => compile([yamlSource(profiles)], { profiles: ['broken'] })),
    [
      { message: /a label is empty/ },
      { message: /at least one target/ },
      { message: /has no 'to'/ },
      { message: /unknown key 'matchh' \(did you mean 'match'/ },
    ],
  )
})

t.test('an unknown profile is a fault that names the nearest', async t => {
  const faults = faultsOf(() => compile([yamlSource(profiles)], { profiles: ['kafka1', 'kafka-1'] }))
  t.match(faults, [
    {
      message: /no profile 'kafka1'.*did you mean 'kafka-1'\?\): expected one of kafka-1, kafka-2, broken/,
      origin: 'KAFKA_SPLIT_DNS_PROFILE',
    },
  ])
  t.match(
    faultsOf(() => compile([yamlSource(profiles)], { profiles: ['__proto__'] })),
    [{ message: /no profile '__proto__'/ }],
  )
  t.match(yamlFaults('rules: []\n', { profiles: ['__proto__'] }), [{ message: /the map has none/ }])
})

t.test('a chosen profile and the rules for all share one order, and a pattern stands once', async t => {
  const text = 'rules: [{ match: a.example, to: a.test }]\nprofiles: { p: [{ match: a.example, to: b.test }] }'
  t.match(
    faultsOf(() => compile([yamlSource(text)], { profiles: ['p'] })),
    [{ message: /appears twice/, line: 2 }],
  )
})

// Zones.

const zones = (text = '{ use1-az1: one.test, use1-az2: [two.test, deux.test], use1-az3: three.test }') =>
  `rules: [{ match: "*.example", to: ${text} }]`

t.test("the own zone's targets come first, the others after as written", async t => {
  const hosts = (zone: string) => ask(yamlTable(zones(), { zone }), 'b.example', 1)
  t.equal(hosts('use1-az1'), 'one.test:1 two.test:1 deux.test:1 three.test:1')
  t.equal(hosts('use1-az2'), 'two.test:1 deux.test:1 one.test:1 three.test:1')
  t.equal(hosts('USE1-AZ3'), 'three.test:1 one.test:1 two.test:1 deux.test:1')
})

t.test('targets tell their zone', async t => {
  const { targets } = yamlTable(zones(), { zone: 'use1-az2' }).decide('b.example', 1).route
  t.same(
    targets.map(({ zone }) => zone),
    ['use1-az2', 'use1-az2', 'use1-az1', 'use1-az3'],
  )
  t.notOk('zone' in (yamlTable(zones('one.test')).decide('b.example').route.targets[0] ?? {}))
})

t.test('an unknown zone is a warning that names rule and zones, an unset one is none', async t => {
  const { map, warnings } = compile([yamlSource(zones())], { zone: 'use1-az9' })
  t.match(warnings, [{ message: /'\*\.example'.*'use1-az9'.*'use1-az1', 'use1-az2', 'use1-az3'/ }])
  t.equal(map.decide('b.example').route.targets.length, 4)
  t.same(compile([yamlSource(zones())]).warnings, [])
})

t.test('without a zone of its own a process shuffles once, over all rules and reloads', async t => {
  const text =
    'rules: [{ match: a.example, to: { p: p.test, q: q.test, r: r.test } }, { match: b.example, to: { r: r.test, p: p.test, q: q.test } }]'
  const order = (more: Partial<CompileSettings>) => {
    const { map } = compile([yamlSource(text)], more)
    t.equal(ask(map, 'a.example'), ask(map, 'b.example'))
    return ask(map, 'a.example')
  }
  const unseeded: CompileSettings = {
    profiles: [],
    profilesOrigin: 'KAFKA_SPLIT_DNS_PROFILE',
    zone: undefined,
    unmapped: 'system',
    env: {},
    readNamespace: () => undefined,
  }
  const once = ask(compileMap([yamlSource(text)], unseeded).map, 'a.example')
  for (let reload = 0; reload < 10; reload++)
    t.equal(ask(compileMap([yamlSource(text)], unseeded).map, 'a.example'), once)
  const seen = new Set(Array.from({ length: 200 }, (_, index) => order({ random: () => index / 200 })))
  t.equal(seen.size, 6, 'each order comes up')
})

t.test('by zone, a table that lacks the key gives way as elsewhere', async t => {
  const map = yamlTable(
    'tables: { t: { a: x } }\nrules: [{ match: "{n}.example", to: { z: "{t[n]}.test", y: b.test } }, { match: "*.example", to: c.test }]',
    { zone: 'y' },
  )
  t.equal(ask(map, 'a.example'), 'b.test: x.test:')
  t.equal(ask(map, 'b.example'), 'c.test:')
})

// Expansion.

t.test('variables stand in patterns, ports and targets; a route shows the pattern unexpanded', async t => {
  const env = { DOMAIN: 'Team.example', PORT: '9092', WHOLE: 'b{n:int}.w.example:9098' }
  const text =
    'rules: [{ match: "*.${DOMAIN}:${PORT}", to: "svc.${NAMESPACE}.test:${OUT:-443}" }, { match: "${WHOLE}", to: ["b-{n}.test"] }, { match: z.example, to: { a: "${DOMAIN}" } }]'
  const map = yamlTable(text, { env, readNamespace: () => 'tenant' })
  const { route, targetTexts } = map.decide('b0.team.example', 9092)
  t.match(route, { rule: { match: '*.${DOMAIN}:${PORT}' }, targets: [{ host: 'svc.tenant.test', port: 443 }] })
  t.same(targetTexts, ['svc.${NAMESPACE}.test:${OUT:-443}'])
  t.equal(ask(map, 'b7.w.example', 9098), 'b-7.test:9098')
  t.equal(ask(map, 'z.example', 1), 'team.example:1')
})

t.test('an unset variable is a fault that names the rule', async t => {
  const text =
    'rules:\n  - match: a.example\n    to: svc.${NAMESPACE}.test\n  - match: b.${TEAM}.example\n    to: b.test'
  t.match(yamlFaults(text, { env: { TEAM: '' } }), [
    { message: /'a\.example'.*\$\{NAMESPACE\} is unset or empty/, line: 3, column: 13 },
    { message: /'b\.\$\{TEAM\}\.example'.*\$\{TEAM\} is unset or empty/, line: 4, column: 14 },
  ])
})

t.test('a map from a URL may name a few variables only, even those that are unset', async t => {
  const env = {
    AWS_SECRET_ACCESS_KEY: 'zq7secret',
    KAFKA_SPLIT_DNS_VAR_A: 'v',
    KAFKA_SPLIT_DNS_ZONE: 'z',
    POD_NAMESPACE: 'p',
    KAFKA_SPLIT_DNS_MAP: 'm',
  }
  const url = (to: string) => [urlSource(`rules: [{ match: a.example, to: "${to}" }]`)]
  t.equal(
    ask(
      compile(url('${KAFKA_SPLIT_DNS_VAR_A}.${KAFKA_SPLIT_DNS_ZONE}.${POD_NAMESPACE}.${NAMESPACE}.test'), { env }).map,
      'a.example',
    ),
    'v.z.p.p.test:',
  )
  for (const name of [
    'AWS_SECRET_ACCESS_KEY',
    'KAFKA_SPLIT_DNS_MAP',
    'UNSET',
    'AWS_SECRET_ACCESS_KEY:-x',
    'namespace',
    'KAFKA_SPLIT_DNS_VA',
    '__proto__',
  ])
    t.match(
      faultsOf(() => compile(url(`\${${name}}.test`), { env })),
      [{ message: /cannot read|may name/, origin: 'https://maps.example/', line: 1 }],
      name,
    )
})

t.test('what a variable holds is never shown, wherever it stands', async t => {
  const values = [
    'zq7secret',
    'zq7..secret',
    '{zq7secret}',
    'zq7secret:int',
    'zq7secret:99999',
    '*.zq7secret',
    'zq7 secret',
    '[zq7secret]',
    'ZQ7SECRET',
    'zq7secret'.repeat(40),
    'zq7secret}',
    '\u0000zq7secret',
    '{zq7secret[a]}',
    'http://zq7secret',
    '48213',
    '-48213',
    '{48213 + n}',
  ]
  const pieces = [
    '${V}',
    'a',
    '.',
    '..',
    '-',
    ':',
    '{',
    '}',
    '*',
    '{a}',
    '{n:int}',
    '{${V}}',
    '{${V}:int}',
    '{t[',
    ']',
    '[',
    ' ',
    '+',
    ':9092',
    'example',
    ':{n + ',
    '{t[${V}]}',
    '60000',
  ]
  const text = fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 6 }).map(parts => parts.join(''))
  const good = fc.constantFrom('{a}.{n:int}.example', '*.example', '{${V}}.example', 'b.example')
  const run = (match: string, to: string, value: string) => {
    const shown: string[] = []
    const rules = [
      { match, to },
      { match, to: 'again.test' },
    ]
    try {
      const source: MapSource = { kind: 'file', origin: 'map.yaml', text: JSON.stringify({ tables: { t: {} }, rules }) }
      const { map, warnings } = compile(
        [{ ...source, text: JSON.stringify({ tables: { t: {} }, rules: rules.slice(0, 1) }) }],
        { env: { V: value }, warn: fault => shown.push(fault.message) },
      )
      shown.push(...warnings.map(({ message }) => message))
      for (const host of ['b.60000.example', 'b.example', 'x.y']) map.decide(host, 9092)
      compile([source], { env: { V: value } })
    } catch (error) {
      if (!(error instanceof Error)) throw error
      shown.push(error.message)
    }
    return shown.join('\n')
  }
  fc.assert(
    fc.property(fc.oneof(text, good), text, fc.constantFrom(...values), (match, to, value) => {
      const shown = run(match, to, value)
      return !/zq7|108213|48213/i.test(shown)
    }),
    { numRuns: isFullRun ? 3000 : 750 },
  )
  t.pass('nothing was shown')
})

t.test('what a capture that a variable names is called is not shown', async t => {
  const env = { V: 'zq7secret' }
  const all = [
    'rules: [{ match: "{${V}}.{${V}}.example", to: a }]',
    'rules: [{ match: "{${V}}.example", to: "a:{${V}}" }]',
    'rules: [{ match: "{${V}}.example", to: "{zq7secre}.test" }]',
  ]
  for (const text of all)
    t.notMatch(
      yamlFaults(text, { env })
        .map(({ message }) => message.replace('{zq7secre}', ''))
        .join(),
      /zq7secret/,
    )
})
