import t from 'tap'
import { compileMap } from '../../../../src/map/compile.js'
import { parseMap } from '../../../../src/map/parse.js'
import { ask, faultsOf, settings, yamlFaults, yamlSource, yamlTable } from '../helpers.js'

const rule = (match: string, to = 'x.test') => `rules:\n  - match: ${match}\n    to: ${to}\n`

// What is wrong with each text, as line:column and a message.
const bad: readonly [why: string, text: string, at: string, message: RegExp][] = [
  ['an unquoted *', rule('*.a.example'), '2:12', /unquoted \*.*put the pattern in quotes: "\*\.a\.example"/],
  ['an unquoted * alone', rule('*'), '2:12', /unquoted \*.*put the pattern in quotes/],
  ['an unquoted * with a port', rule('*.a.example:9092'), '2:12', /put the pattern in quotes: "\*\.a\.example:9092"/],
  [
    'an unquoted * in a list in brackets',
    rule('[*.a.example, b.example]'),
    '2:13',
    /put the pattern in quotes: "\*\.a\.example"/,
  ],
  [
    'an unquoted * in a list',
    'rules:\n- match:\n  - a.example\n  - *.b.example\n  to: c.test',
    '4:5',
    /put the pattern in quotes/,
  ],
  ['an unquoted * further in a list', rule('[b.x, *.a.example]'), '2:18', /unquoted \*/],
  ['an unquoted {', rule('{n:int}.x.example'), '2:12', /unquoted \{.*in quotes/],
  ['an unquoted { that is a whole map', rule('{n:int}'), '2:12', /unquoted \{.*in quotes/],
  ['an unquoted { in a list in brackets', rule('[{n}.x.example]'), '2:13', /unquoted \{.*in quotes/],
  ['an unquoted { within a list in brackets', rule('[a.example, b-{n}.x.example]'), '2:26', /unquoted \{.*in quotes/],
  ['an unquoted { in a target', rule('a.example', '{host}.test'), '3:9', /unquoted \{.*in quotes/],
  ['an unquoted { that is the whole target', rule('a.example', '{host}'), '3:9', /unquoted \{.*in quotes/],
  ['an unquoted { within a list of targets', rule('a.example', '[a-{host}, b.test]'), '3:12', /unquoted \{.*in quotes/],
  [
    'an unquoted { with a port',
    rule('{n}.a.example:9092'),
    '2:12',
    /unquoted \{ begins a map in YAML: put the text in quotes/,
  ],
  ['an unquoted look-up in a target', rule('a.example', '{az[zone]}.test'), '3:9', /unquoted \{/],
  ['an unquoted [', rule('[2001:db8::1]:9092'), '2:12', /unquoted \[ begins a list.*in quotes/],
  ['an unquoted IPv6 address', rule('[2001:db8::1]'), '2:13', /must be in brackets: "\[2001:db8::1\]"/],
  ['an alias without an anchor', 'x-a: &hosts []\n' + rule('*host'), '3:12', /no anchor &host.*did you mean 'hosts'/],
  ['an anchor that holds itself', 'rules: &a [*a]', '1:12', /is within what it names/],
  ['a tab', 'rules:\n\t- match: a\n', '2:1', /[Tt]abs/],
  ['a tab further in', 'rules:\n  - match: a.example\n\t  to: b\n', '3:1', /[Tt]abs/],
  ['a quote that is not closed', 'rules: []\nx-a: "b\n', '3:1', /closing "quote/],
  ['a list that is not closed', 'rules: [', '1:9', /YAML/],
  ['a list of rules that is not closed', 'rules: [{ match: a.x, to: t }\n', '2:1', /YAML/],
  ['a key that is a list', '? [a]\n: b\n', '1:3', /a key is a text/],
  ['a key that appears twice', 'rules: []\nrules: []', '2:1', /'rules' appears twice/],
  [
    'a key that appears twice in a rule',
    'rules:\n - {match: a.example, to: b, match: c}',
    '2:30',
    /'match' appears twice/,
  ],
  ['a zone that appears twice', rule('a.example', '{ a: x, A: y }'), '3:17', /'A' appears twice/],
  ['a table that appears twice', 'tables:\n  az: {}\n  AZ: {}', '3:3', /'AZ' appears twice/],
  ['a table key that appears twice', 'tables: { az: { k: v, K: w } }', '1:23', /'K' appears twice/],
  ['a profile that appears twice', 'profiles:\n  a: []\n  a: []', '3:3', /'a' appears twice/],
  ['a merge key', 'x-a: &a {}\n<<: *a', '2:1', /merge keys/],
  [
    'a merge key in a rule',
    'x-a: &a { to: b.test }\nrules:\n  - match: a.example\n    to: c.test\n    <<: *a',
    '5:5',
    /merge keys/,
  ],
  ['several documents', 'rules: []\n---\nrules: []\n', '2:1', /one document, found several/],
  ['a tag', rule('!!str a.example').replace('!!str', '!x'), '2:12', /tags are not read/],
  ['a binary', rule('!!binary YS54'), '2:21', /expected a text/],
  ['version 0x1', 'version: 0x1', '1:10', /unknown version '0x1'/],
  ['version 2', 'version: 2', '1:10', /unknown version '2': this release reads version 1/],
  ['version 1.0', 'version: 1.0', '1:10', /unknown version '1.0'/],
  ['a version that is a list', 'version: [1]', '1:10', /unknown version/],
  ['an unknown key with the nearest', 'vesion: 1', '1:1', /unknown key 'vesion' \(did you mean 'version'\?\)/],
  [
    'an unknown key that is near none',
    'listeners: 1',
    '1:1',
    /unknown key 'listeners': expected version, tables, rules, profiles/,
  ],
  ['a key in another case', 'Rules: []', '1:1', /did you mean 'rules'/],
  [
    'an unknown key of a rule',
    'rules:\n  - { match: a.example, to: b.test, nameserver: 192.0.2.1 }',
    '2:37',
    /did you mean 'nameservers'/,
  ],
  [
    'an unknown key of a rule that is near none',
    'rules:\n  - match: a.x\n    to: x\n    ttl: 3\n',
    '4:5',
    /unknown key 'ttl'/,
  ],
  ['swapped letters', 'rules:\n  - { mtach: a.example, to: b.test }', '2:7', /did you mean 'match'/],
  ['__proto__', '__proto__: 1', '1:1', /unknown key '__proto__'/],
  [
    'constructor in a rule',
    'rules: [{ match: a.example, to: b, constructor: 1 }]',
    '1:36',
    /unknown key 'constructor'/,
  ],
  ['a list as the map', '- match: a', '1:1', /expected a map with the keys.*found a list/],
  ['a text as the map', 'b0.example', '1:1', /expected a map with the keys.*found a text/],
  ['bytes of no text', '\u0000\u0001\ufffd\u0002', '1:1', /expected|YAML/],
  ['a map as rules', 'rules: { match: a, to: b }', '1:8', /expected a list of rules/],
  ['a text as a rule', 'rules: [a.example=b]', '1:9', /expected a rule with the keys match and to/],
  ['nothing as a rule', 'rules:\n  -\n', '2:4', /match and to, found nothing/],
  ['a rule without match', 'rules:\n  - to: b.test', '2:5', /no 'match'/],
  ['a rule without to', 'rules:\n  - match: b.test', '2:5', /no 'to'/],
  ['an empty match', rule(''), '2:12', /found nothing/],
  ['an empty list of patterns', rule('[]'), '2:12', /empty/],
  ['an empty list of targets', rule('a.example', '[]'), '3:9', /empty/],
  ['no zones', rule('a.example', '{}'), '3:9', /no zone/],
  ['an empty zone', rule('a.example', '{ "": a }'), '3:11', /zone's name cannot be empty/],
  ['a zone without targets', rule('a.example', '{ a: [] }'), '3:14', /empty/],
  ['a list within a list', rule('[[a.example]]'), '2:13', /expected a pattern, found a list/],
  ['targets too deep', rule('a.example', '{ a: { b: c } }'), '3:14', /expected a target/],
  ['tables as a list', 'tables: []', '1:9', /tables' names/],
  ['a table that is a text', 'tables: { az: b }', '1:15', /keys and values/],
  ['a table value that is a list', 'tables: { az: { k: [v] } }', '1:20', /part of a target's name/],
  ['a table value that no name holds', 'tables: { az: { k: "a b" } }', '1:20', /'a b' cannot be part/],
  ['a table value with a variable', 'tables: { az: { k: "${X}" } }', '1:20', /tables are constant/],
  ['a table without a name', 'tables: { "a b": {} }', '1:11', /no table's name/],
  ['profiles as a list', 'profiles: []', '1:11', /profiles' names/],
  ['a profile with a comma', 'profiles: { "a,b": [] }', '1:13', /comma/],
  [
    'a bad nameserver',
    'rules:\n- match: a.example\n  to: b.test\n  nameservers: [192.0.2.1, nonsense]',
    '4:28',
    /nonsense/,
  ],
  ['a bad block', 'rules:\n- match: a.example\n  to: b.test\n  allow: 10.0.0.0/33', '4:10', /10\.0\.0\.0\/33/],
  [
    'a bad fallback',
    'rules:\n- match: a.example\n  to: b.test\n  fallback: sytem',
    '4:13',
    /expected system, original, none.*did you mean 'system'/,
  ],
  ['no nameservers', 'rules:\n- match: a.example\n  to: b.test\n  nameservers: []', '4:16', /at least one/],
]
for (const [why, text, at, message] of bad) {
  t.test(`${why} is a fault with its place`, async t => {
    const faults = yamlFaults(text)
    t.equal(faults.length, 1, JSON.stringify(faults))
    t.match(faults, [{ message, origin: 'map.yaml' }])
    t.equal(`${faults[0]?.line}:${faults[0]?.column}`, at)
  })
}

const good: readonly [why: string, text: string, host: string, leads: string][] = [
  ['anchors and aliases', 'x-to: &to c.test\nrules: [{ match: &m a.example, to: *to }]', 'a.example', 'c.test:'],
  ['an alias of a whole rule list', 'x-r: &r [{ match: a.example, to: c.test }]\nrules: *r', 'a.example', 'c.test:'],
  [
    'x- keys at the top and in rules',
    'x-: 1\nx-note: { a: [*b] }\nrules: [{ match: a.example, to: c.test, x-owner: me }]'.replace('[*b]', '[b]'),
    'a.example',
    'c.test:',
  ],
  ['a byte order mark', '\ufeff' + rule('a.example'), 'a.example', 'x.test:'],
  ['CRLF', rule('a.example').replaceAll('\n', '\r\n'), 'a.example', 'x.test:'],
  [
    'JSON',
    JSON.stringify({ version: 1, rules: [{ match: ['a.example'], to: { z: 'x.test:1' } }] }),
    'a.example',
    'x.test:1',
  ],
  [
    'JSON on many lines, with tabs',
    JSON.stringify({ rules: [{ match: 'a.example', to: 'x.test' }] }, null, '\t'),
    'a.example',
    'x.test:',
  ],
  ['a document with its marks', `---\n${rule('a.example')}...\n`, 'a.example', 'x.test:'],
  ['a %YAML directive', `%YAML 1.1\n---\n${rule('a.example')}`, 'a.example', 'x.test:'],
  [
    'folded and quoted texts',
    'rules:\n  - match: [\'a.x\', "b\\u002Ex"]\n    to: >-\n      t.example\n',
    'b.x',
    't.example:',
  ],
  ['comments', `# c\n${rule('a.example # d')}`, 'a.example', 'x.test:'],
  ['version 1', `version: 1\n${rule('a.example')}`, 'a.example', 'x.test:'],
  ["version '1'", `version: '1'\n${rule('a.example')}`, 'a.example', 'x.test:'],
  [
    'numbers as text',
    'tables: { n: { 1: 010, 0x10: 1e3 } }\nrules: [{ match: "{a}.example", to: "b-{n[a]}.test" }]',
    '1.example',
    'b-010.test:',
  ],
  [
    'words as text',
    'tables: { n: { yes: no, null: on } }\nrules: [{ match: "{a}.example", to: "b-{n[a]}.test" }]',
    'null.example',
    'b-on.test:',
  ],
  [
    'a date as text',
    'tables: { n: { 2001-01-01: x } }\nrules: [{ match: "{a}.example", to: "b-{n[a]}.test" }]',
    '2001-01-01.example',
    'b-x.test:',
  ],
  [
    'prototype names as keys',
    'tables: { __proto__: { constructor: x } }\nrules: [{ match: "{a}.example", to: "b-{__proto__[a]}.test" }]',
    'constructor.example',
    'b-x.test:',
  ],
  ['captures within a plain text', rule('b-{n:int}.example', 'nlb.test:{9000+n}'), 'b-7.example', 'nlb.test:9007'],
  [
    'a list on lines',
    'rules:\n- match:\n  - a.example\n  - b.example\n  to:\n  - c.test\n  - d.test',
    'b.example',
    'c.test: d.test:',
  ],
  ['nothing', '', 'b.example', 'unmapped system'],
  ['comments alone', '# nothing\n', 'b.example', 'unmapped system'],
  ['keys without values', 'rules:\ntables:\nprofiles:\n', 'b.example', 'unmapped system'],
]
for (const [why, text, host, leads] of good) {
  t.test(`${why} can be read`, async t => t.equal(ask(yamlTable(text), host), leads))
}

t.test('each unquoted * and { of a map is told, with the other faults', async t => {
  const text =
    'rules:\n  - match: *.a\n    to: x\n  - match: {n}.b\n    to: {host}.c\n  - match: a.*.b\n    to: x\n    tto: y\n'
  t.same(
    yamlFaults(text).map(fault => fault.line),
    [2, 4, 5, 6, 8],
  )
})

t.test('all scalars are text', async t => {
  const map = yamlTable(
    'tables:\n  t: { 0x10: no, 1e3: 0o7, "null": ~ok, true: 1_000, 2024-01-01: on }\nrules:\n  - match: "{k}.x"\n    to: "{t[k]}.y"\n'.replace(
      '~ok',
      'nil',
    ),
  )
  for (const [key, value] of [
    ['0x10', 'no'],
    ['1e3', '0o7'],
    ['null', 'nil'],
    ['true', '1_000'],
    ['2024-01-01', 'on'],
  ]) {
    t.equal(ask(map, `${key ?? ''}.x`), `${value ?? ''}.y:`)
  }
  const named = yamlTable('rules:\n  - match: no\n    to: yes\n  - match: null\n    to: "true"\n')
  t.equal(ask(named, 'no'), 'yes:')
  t.equal(ask(named, 'null'), 'true:')
})

t.test('CRLF keeps lines and columns', async t => {
  t.match(yamlFaults('rules:\r\n  - match: a..x\r\n    to: t\r\n'), [{ line: 2, column: 14 }])
})

t.test('places within quoted and escaped texts are as near as they can be', async t => {
  t.match(yamlFaults('rules:\n  - match: "aa. b"\n    to: t\n'), [{ line: 2, column: 16 }])
  t.match(yamlFaults('rules:\n  - match: "\\u0061a. b"\n    to: t\n'), [{ line: 2, column: 12 }])
})

t.test('prototype names are keys that a table lacks, not properties', async t => {
  const map = yamlTable('tables: { az: {} }\nrules: [{ match: "{a}.example", to: "{az[a]}.test" }]')
  for (const name of ['__proto__', 'constructor', 'toString'])
    t.equal(ask(map, `${name}.example`), 'ERR_SPLIT_DNS_TARGET')
})

t.test('an alias bomb is a fault', async t => {
  const levels = Array.from(
    { length: 12 },
    (_, level) => `x-${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(10)}]`,
  )
  t.match(yamlFaults(`x-0: &a0 [x]\n${levels.join('\n')}\nrules: *a12`), [{ message: /aliases stand for more than/ }])
})

for (const [name, text] of [
  ['brackets', '['.repeat(100_000)],
  ['braces', '{a: '.repeat(20_000)],
  ['dashes', '- '.repeat(20_000)],
  ['keys', 'a: '.repeat(20_000)],
  ['empty lists', '[]\n'.repeat(30_000)],
  ['stars', '- *\n'.repeat(20_000)],
  ['10 MB of empty lists', '[]\n'.repeat(3_300_000)],
  ['10 MB in one word', 'a'.repeat(10_000_000)],
  ['1 MB of empty lists', '[]\n'.repeat(340_000)],
  ['1 MB in one word', 'a'.repeat(1_000_000)],
  ['1 MB of spaces', ' '.repeat(1_000_000)],
] as const) {
  t.test(`${name} end in faults, or none, and soon`, async t => {
    const work = () => yamlTable(text)
    if (name.endsWith('spaces')) t.equal(work().ruleCount, 0)
    else {
      const found = faultsOf(work)
      t.ok(found.length > 0 && found.length <= 102, `${found.length} faults`)
      t.ok(found.every(fault => fault.message.length < 1000))
    }
  })
}

t.test('stacks of errors are as deep after reading as before', async t => {
  const { stackTraceLimit } = Error
  faultsOf(() => yamlTable('['))
  t.equal(Error.stackTraceLimit, stackTraceLimit)
})

t.test('all faults of a map come together, in the order of the text', async t => {
  const text = `version: 3
table: {}
tables: { az: { k: "a b" } }
rules:
  - match: a..b
    to: "b c"
  - match: [c.example, c.example, "*.*"]
    to: [d.test, system]
    fallback: never
  - mach: d.example
  - match: "e.\${UNSET}.example"
    to: "\${ALSO}:x"
`
  const faults = yamlFaults(text)
  t.same(
    faults.map(({ line, column }) => `${line}:${column}`),
    ['1:10', '2:1', '3:20', '5:14', '6:11', '7:24', '7:38', '8:18', '9:15', '10:5', '10:5', '11:15', '12:9'],
  )
})

t.test('the faults of all sources come together, the nearest source first', async t => {
  const sources = [
    { kind: 'inline', origin: 'KAFKA_SPLIT_DNS_MAP', text: 'a.example=b c' },
    { kind: 'file', origin: '/etc/map.yaml', text: 'rulse: []' },
    { kind: 'url', origin: 'https://maps.example/', text: 'version: 9' },
  ] as const
  const faults = faultsOf(() => compileMap(sources, settings({ profiles: ['gone'] })))
  t.same(
    faults.map(({ origin }) => origin),
    ['KAFKA_SPLIT_DNS_MAP', '/etc/map.yaml', 'https://maps.example/', 'KAFKA_SPLIT_DNS_PROFILE'],
  )
})

t.test("a ConfigError's message holds every fault with its place", async t => {
  t.throws(() => compileMap([yamlSource('version: 2\nrulez: []')], settings()), {
    code: 'ERR_SPLIT_DNS_CONFIG',
    name: 'ConfigError',
    message: /map\.yaml:1:10: unknown version[^]*map\.yaml:2:1: unknown key 'rulez'/,
  })
})

t.test("a rule's own settings reach the decision", async t => {
  const map = yamlTable(
    'rules: [{ match: a.example, to: b.test, nameservers: "192.0.2.1, 192.0.2.2:5353", allow: [10.20.0.0/16], fallback: NONE }, { match: b.example, to: c.test }]',
  )
  const { nameservers, allow, fallback } = map.decide('a.example').settings
  t.equal(nameservers?.length, 2)
  t.equal(allow?.has({ address: '10.20.1.1', family: 4 }), true)
  t.equal(fallback, 'none')
  t.same(map.decide('b.example').settings, { nameservers: null, allow: null, fallback: null })
})

t.test('a rule has at most 256 nameservers or blocks of its own', async t => {
  const text = (key: string, one: string, count: number) =>
    `rules:\n- match: a.example\n  to: b.example\n  ${key}: "${`${one},`.repeat(count)}"\n`
  for (const [key, one] of [
    ['nameservers', '192.0.2.53'],
    ['allow', '192.0.2.0/24'],
  ] as const) {
    t.doesNotThrow(() => yamlTable(text(key, one, 256)))
    t.match(yamlFaults(text(key, one, 257)), [{ message: /expected at most 256 of the/ }])
  }
})

t.test('keys named like object properties are harmless', async t => {
  const text =
    'tables:\n  __proto__: { a: evil }\n  constructor: { __proto__: b, constructor: c }\nrules:\n  - match: "{k}.x"\n    to: "{constructor[k]}.y"\nprofiles:\n  __proto__:\n    - match: p.x\n      to: p\n'
  const map = compileMap([yamlSource(text)], settings({ profiles: ['__proto__'] })).map
  t.equal(ask(map, '__proto__.x'), 'b.y:')
  t.equal(ask(map, 'constructor.x'), 'c.y:')
  t.equal(ask(map, 'p.x'), 'p:')
  const parsed = parseMap(text, { env: {} })
  t.same(Object.keys(parsed.profiles ?? {}), ['__proto__'])
  t.equal(Object.getPrototypeOf(parsed.tables), Object.prototype)
  t.equal(({} as Record<string, unknown>)['a'], undefined)
})
