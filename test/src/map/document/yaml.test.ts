import t from 'tap'
import { compileMap } from '../../../../src/map/compile.js'
import { parseMap } from '../../../../src/map/parse.js'
import { ask, faultsOf, settings, yamlFaults, yamlSource, yamlTable } from '../helpers.js'

const faults: readonly { name: string; text: string; at: string; message: RegExp }[] = [
  {
    name: 'an unquoted * is told to be put in quotes',
    text: 'rules:\n  - match: *.a.example\n    to: x\n',
    at: '2:12',
    message: /unquoted \* begins an alias in YAML: put the pattern in quotes: "\*\.a\.example"/,
  },
  { name: 'a lone unquoted * too', text: 'rules:\n  - match: *\n    to: x\n', at: '2:12', message: /unquoted \*/ },
  {
    name: 'an unquoted * with a port too',
    text: 'rules:\n  - match: *.a.example:9092\n    to: x\n',
    at: '2:12',
    message: /"\*\.a\.example:9092"/,
  },
  {
    name: 'an unquoted * in a list too',
    text: 'rules:\n  - match: [b.x, *.a.example]\n    to: x\n',
    at: '2:18',
    message: /unquoted \*/,
  },
  {
    name: 'an unquoted * in block list too',
    text: 'rules:\n  - match:\n      - *.a\n    to: x\n',
    at: '3:9',
    message: /unquoted \*/,
  },
  {
    name: 'an unquoted { in a pattern is told to be put in quotes',
    text: 'rules:\n  - match: {n:int}.a.example\n    to: x\n',
    at: '2:12',
    message: /unquoted \{ begins a map in YAML: put the text in quotes/,
  },
  {
    name: 'an unquoted { with a port too',
    text: 'rules:\n  - match: {n}.a.example:9092\n    to: x\n',
    at: '2:12',
    message: /unquoted \{/,
  },
  {
    name: 'an unquoted {n:int} alone too',
    text: 'rules:\n  - match: {n}\n    to: x\n',
    at: '2:12',
    message: /unquoted \{ begins a map/,
  },
  {
    name: 'an unquoted {host} as a target too',
    text: 'rules:\n  - match: a.x\n    to: {host}\n',
    at: '3:9',
    message: /unquoted \{ begins a map/,
  },
  {
    name: 'an unquoted {az[zone]} in a target too',
    text: 'rules:\n  - match: a.x\n    to: {az[zone]}.example\n',
    at: '3:9',
    message: /unquoted \{/,
  },
  {
    name: 'an unquoted IPv6 address with a port is told to be put in quotes',
    text: 'rules:\n  - match: [::1]:9092\n    to: x\n',
    at: '2:12',
    message: /unquoted \[ begins a list/,
  },
  {
    name: 'an unquoted IPv6 address is told of brackets',
    text: 'rules:\n  - match: [2001:db8::1]\n    to: x\n',
    at: '2:13',
    message: /must be in brackets: "\[2001:db8::1\]"/,
  },
  {
    name: 'an unknown key names the nearest',
    text: 'rules:\n  - mtach: a.x\n    to: x\n',
    at: '2:5',
    message: /unknown key 'mtach' \(did you mean 'match'\?\)/,
  },
  {
    name: 'an unknown key without a near one names all',
    text: 'rules:\n  - match: a.x\n    to: x\n    ttl: 3\n',
    at: '4:5',
    message: /unknown key 'ttl'/,
  },
  { name: 'a rule without match', text: 'rules:\n  - to: x\n', at: '2:5', message: /has no 'match'/ },
  { name: 'a rule without to', text: 'rules:\n  - match: a.x\n', at: '2:5', message: /has no 'to'/ },
  { name: 'a match without a value', text: 'rules:\n  - match:\n    to: x\n', at: '2:11', message: /found nothing/ },
  {
    name: 'a key that appears twice',
    text: 'rules:\n  - match: a.x\n    match: b.x\n    to: x\n',
    at: '3:5',
    message: /'match' appears twice/,
  },
  { name: 'a top key that appears twice', text: 'rules: []\nrules: []\n', at: '2:1', message: /'rules' appears twice/ },
  {
    name: 'a table key that appears twice but for case',
    text: 'tables:\n  az: { A: x, a: y }\n',
    at: '2:15',
    message: /'a' appears twice/,
  },
  { name: 'version 2', text: 'version: 2\n', at: '1:10', message: /unknown version '2': this release reads version 1/ },
  { name: 'version 1.0', text: 'version: 1.0\n', at: '1:10', message: /unknown version '1\.0'/ },
  { name: 'version 0x1', text: 'version: 0x1\n', at: '1:10', message: /unknown version '0x1'/ },
  {
    name: 'a document that is a list',
    text: '- match: a.x\n  to: x\n',
    at: '1:1',
    message: /expected a map with the keys.*found a list/,
  },
  {
    name: 'a document that is a text',
    text: 'a.x=b\n',
    at: '1:1',
    message: /expected a map with the keys.*found a text/,
  },
  { name: 'rules as a map', text: 'rules:\n  a.x: b\n', at: '2:3', message: /expected a list of rules/ },
  { name: 'profiles as a list', text: 'profiles:\n  - k1\n', at: '2:3', message: /expected profiles' names/ },
  { name: 'a table as a text', text: 'tables:\n  az: x\n', at: '2:7', message: /expected keys and values/ },
  {
    name: 'a table value that no name holds',
    text: 'tables:\n  az: { a: "x y" }\n',
    at: '2:12',
    message: /cannot be part of a target's name/,
  },
  {
    name: 'a table value with a variable',
    text: 'tables:\n  az: { a: "${X}" }\n',
    at: '2:12',
    message: /tables are constant/,
  },
  { name: 'a table value that is a list', text: 'tables:\n  az: { a: [x] }\n', at: '2:12', message: /found a list/ },
  { name: 'tabs', text: 'rules:\n\t- match: a.x\n', at: '2:1', message: /Tabs are not allowed/ },
  { name: 'several documents', text: 'rules: []\n---\nrules: []\n', at: '2:1', message: /expected one document/ },
  {
    name: 'merge keys',
    text: 'x-a: &a { to: t }\nrules:\n  - match: a.x\n    <<: *a\n    to: t\n',
    at: '4:5',
    message: /merge keys/,
  },
  { name: 'a tag', text: 'rules:\n  - match: !pattern a.x\n    to: t\n', at: '2:12', message: /tags are not read/ },
  { name: 'a binary', text: 'rules:\n  - match: !!binary YS54\n    to: t\n', at: '2:21', message: /expected a text/ },
  { name: 'a key that is a list', text: '? [a]\n: b\n', at: '1:3', message: /a key is a text/ },
  { name: 'an alias within itself', text: 'x-a: &a [*a]\n', at: '1:10', message: /is within what it names/ },
  {
    name: 'an alias of an unknown anchor near to a known one',
    text: 'x-a: &hosts [a.x]\nrules:\n  - match: *host\n    to: t\n',
    at: '3:12',
    message: /did you mean 'hosts'/,
  },
  { name: 'a brace that is not closed', text: 'rules: [{ match: a.x, to: t }\n', at: '2:1', message: /YAML/ },
]
for (const c of faults) {
  t.test(`${c.name}: a fault at ${c.at}`, async t => {
    const found = yamlFaults(c.text)
    t.match(found[0]?.message, c.message)
    t.equal(`${found[0]?.line ?? ''}:${found[0]?.column ?? ''}`, c.at)
  })
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

const same = 'rules:\n  - match: [a.x, b.x]\n    to: t.example\n'
const ways: readonly { name: string; text: string }[] = [
  { name: 'CRLF', text: same.replace(/\n/g, '\r\n') },
  { name: 'a byte order mark', text: `\ufeff${same}` },
  { name: 'JSON', text: '{"rules":[{"match":["a.x","b.x"],"to":"t.example"}]}' },
  { name: 'JSON with tabs', text: '{\n\t"rules": [\n\t\t{ "match": ["a.x", "b.x"], "to": "t.example" }\n\t]\n}\n' },
  { name: 'a start of document and comments', text: `# c\n---\n${same}# d\n` },
  { name: 'a %YAML directive', text: `%YAML 1.1\n---\n${same}` },
  { name: 'anchors and aliases', text: 'x-hosts: &hosts [a.x, b.x]\nrules:\n  - match: *hosts\n    to: t.example\n' },
  { name: 'keys that begin with x-', text: `x-owner: team\n${same}    x-why: { because: [1] }\n` },
  { name: 'version 1', text: `version: 1\n${same}` },
  { name: 'version "1"', text: `version: "1"\n${same}` },
  { name: 'a list at the indent of its key', text: 'rules:\n- match:\n  - a.x\n  - b.x\n  to: t.example\n' },
  { name: 'folded and quoted texts', text: 'rules:\n  - match: [\'a.x\', "b\\u002Ex"]\n    to: >-\n      t.example\n' },
]
for (const { name, text } of ways) {
  t.test(`a map with ${name} is read`, async t => {
    const map = yamlTable(text)
    t.equal(ask(map, 'a.x'), 't.example:')
    t.equal(ask(map, 'b.x'), 't.example:')
    t.equal(map.ruleCount, 2)
  })
}

t.test('CRLF keeps lines and columns', async t => {
  t.match(yamlFaults('rules:\r\n  - match: a..x\r\n    to: t\r\n'), [{ line: 2, column: 14 }])
})

t.test('places within quoted and escaped texts are as near as they can be', async t => {
  t.match(yamlFaults('rules:\n  - match: "aa. b"\n    to: t\n'), [{ line: 2, column: 16 }])
  t.match(yamlFaults('rules:\n  - match: "\\u0061a. b"\n    to: t\n'), [{ line: 2, column: 12 }])
})

t.test('a map of aliases that blow up is refused at once', async t => {
  const levels = Array.from({ length: 30 }, (_, i) => `x-${i}: &a${i} [${i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`}]`)
  t.match(yamlFaults(`${levels.join('\n')}\nrules: []\n`)[0]?.message, /aliases stand for more than/)
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
