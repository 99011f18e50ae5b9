import t from 'tap'
import { ask, inlineSource, settings, table, yamlFaults, yamlTable } from '../helpers.js'
import { compileMap } from '../../../../src/map/compile.js'

/** Which of the patterns decides: each leads to a target that is called by its place, from 1. */
const winner = (patterns: readonly string[], host: string, port = 9092) =>
  ask(table(patterns.map((pattern, index) => `${pattern}=t${index + 1}.example:1`).join(', ')), host, port)

// Each row: the patterns in the order that the map writes them, the host, and the number of the rule that decides.
const rows: readonly [why: string, patterns: readonly string[], host: string, winner: number][] = [
  ['a literal label comes before one with captures', ['{n}.x.example', 'b0.x.example'], 'b0.x.example', 2],
  ['a label with captures comes before *', ['*.x.example', '{n}.x.example'], 'b0.x.example', 2],
  ['a literal label comes before *', ['*.x.example', 'b0.x.example'], 'b0.x.example', 2],
  ['more literal labels come before *', ['*', '*.example', '*.x.example'], 'b0.x.example', 3],
  ['labels are compared from the right', ['b0.{z}.example', '{n}.x.example'], 'b0.x.example', 2],
  [
    'the first label that differs decides, however good the others',
    ['b0.{z}.example', '*.x.example'],
    'b0.x.example',
    2,
  ],
  ['more literal characters come first', ['b{n:int}.x.example', 'b-{n}.x.example'], 'b-1.x.example', 2],
  [
    'more literal characters come before a better type',
    ['{n:word}-{m:int}.x.example', 'a1-{m}.x.example'],
    'a1-1.x.example',
    2,
  ],
  ['int comes before word', ['b{n:word}.x.example', 'b{n:int}.x.example'], 'b1.x.example', 2],
  ['int comes before untyped', ['b{n}.x.example', 'b{n:int}.x.example'], 'b1.x.example', 2],
  ['word comes before untyped', ['b{n}.x.example', 'b{n:word}.x.example'], 'b1.x.example', 2],
  ['untyped comes before *', ['*.x.example', '{n}.x.example'], 'b-1.x.example', 2],
  [
    'several captures compare from the left',
    ['{a:word}-{b:int}.x.example', '{a:int}-{b}.x.example'],
    '1-2.x.example',
    2,
  ],
  [
    'where the first captures tie, the next decides',
    ['{a:int}-{b:word}.x.example', '{a:int}-{b:int}.x.example'],
    '1-2.x.example',
    2,
  ],
  ['a missing capture comes last', ['{a:int}--.x.example', '{a:int}-{b:int}-.x.example'], '1-2-.x.example', 2],
  ['of patterns that tie the first in the map decides', ['a-{b}.x.example', '{a}-b.x.example'], 'a-b.x.example', 1],
  ['of patterns that tie the first in the map decides', ['{a}-b.x.example', 'a-{b}.x.example'], 'a-b.x.example', 1],
  ['labels that tie leave it to the next label', ['{n}.a-{b}.example', 'b0.{a}-b.example'], 'b0.a-b.example', 2],
  ['the one with the port comes before the one without', ['*.x.example', '*.x.example:9092'], 'b0.x.example', 2],
  ['capture names apart, it is the same name pattern', ['{a}.x.example', '{b}.x.example:9092'], 'b0.x.example', 2],
  ['the name decides before the port', ['b0.x.example', '*.x.example:9092'], 'b0.x.example', 1],
  ['a rule for another port is none', ['b0.x.example:9093', '*.x.example'], 'b0.x.example', 2],
  ['a rule for another port is none, by captures', ['b{n:int}.x.example:9093', 'b{n}.x.example'], 'b0.x.example', 2],
  ['a rule for this port comes first, by ties', ['a-{b}.x.example:9093', '{a}-b.x.example:9092'], 'a-b.x.example', 2],
  [
    'of ties for this port, the first in the map',
    ['a-{b}.x.example:1', '{a}-b.x.example:9092', 'a-{b}.x.example:9092'],
    'a-b.x.example',
    2,
  ],
  ['an octet comes before a capture', ['10.20.{a:int}.{b:int}', '10.20.{a:int}.7'], '10.20.3.7', 2],
  ['octets are compared from the right too', ['10.20.3.{b:int}', '10.20.{a:int}.7'], '10.20.3.7', 2],
]
for (const [why, patterns, host, number] of rows) {
  t.test(`${why}: ${patterns.join(', ')}`, async t => {
    t.equal(winner(patterns, host), `t${number}.example:1`)
  })
}

// Each row: a map in one line, what is asked, and the target that it leads to.
const asked: readonly { name: string; map: string; asked: [string, number?]; to: string }[] = [
  { name: 'a literal comes before a capture', map: '{n}.a.x=t2, b.a.x=t1', asked: ['b.a.x'], to: 't1:' },
  { name: 'labels compare from the right', map: 'b.{n}.x=t2, {n}.a.x=t1', asked: ['b.a.x'], to: 't1:' },
  { name: 'more literal characters come first', map: 'b{n}.x=t2, b-{n}.x=t1', asked: ['b-1.x'], to: 't1:' },
  { name: 'int comes before word', map: '{n:word}.x=t2, {n:int}.x=t1', asked: ['1.x'], to: 't1:' },
  { name: 'word comes before untyped', map: '{n}.x=t2, {n:word}.x=t1', asked: ['1.x'], to: 't1:' },
  { name: 'literal characters come before types', map: '{n:int}.x=t2, 1{n}.x=t1', asked: ['12.x'], to: 't1:' },
  { name: 'any label comes before *', map: '*.x=t2, {n}.x=t1', asked: ['1.x'], to: 't1:' },
  { name: 'the longer suffix comes first', map: '*.x=t2, *.a.x=t1', asked: ['b.a.x'], to: 't1:' },
  { name: '* alone comes last', map: '*=t2, *.x=t1', asked: ['a.x'], to: 't1:' },
  { name: '* alone matches every name', map: '*=t1', asked: ['a.b.c'], to: 't1:' },
  { name: '* alone matches no IPv4 address', map: '*=t1', asked: ['192.0.2.1'], to: 'unmapped system' },
  { name: '* alone matches no IPv6 address', map: '*=t1', asked: ['2001:db8::1'], to: 'unmapped system' },
  { name: "* does not match the zone's own name", map: '*.x=t1', asked: ['x'], to: 'unmapped system' },
  { name: '* covers several labels', map: '*.x=t1', asked: ['a.b.c.x'], to: 't1:' },
  {
    name: 'several captures compare from the left',
    map: '{a:word}-{b:int}.x=t2, {a:int}-{b}.x=t1',
    asked: ['1-2.x'],
    to: 't1:',
  },
  { name: 'a missing capture comes last', map: '-{a:word}-.x=t2, -{a:word}-{b}.x=t1', asked: ['-1--.x'], to: 't1:' },
  { name: 'the one with the port comes first', map: 'a.x=t2, a.x:9092=t1', asked: ['a.x', 9092], to: 't1:9092' },
  {
    name: 'the one without a port serves other ports',
    map: 'a.x:9092=t2, a.x=t1',
    asked: ['a.x', 9093],
    to: 't1:9093',
  },
  { name: 'the name decides before the port', map: '*.x:9092=t2, a.x=t1', asked: ['a.x', 9092], to: 't1:9092' },
  {
    name: 'a rule with a port is none for a question without',
    map: 'a.x:9092=t1',
    asked: ['a.x'],
    to: 'unmapped system',
  },
  {
    name: 'a less specific rule serves a port that the other lacks',
    map: 'a.x:9092=t2, *.x=t1',
    asked: ['a.x', 1],
    to: 't1:1',
  },
  { name: 'what ties goes to the first in the map', map: 'a{n}.x=t1, {n}b.x=t2', asked: ['aab.x'], to: 't1:' },
  {
    name: 'what ties goes to the first in the map, the other way round',
    map: '{n}b.x=t1, a{n}.x=t2',
    asked: ['aab.x'],
    to: 't1:',
  },
  {
    name: 'what ties in one label is decided by the next',
    map: '*.a{n}.x=t2, c.{n}b.x=t1',
    asked: ['c.aab.x'],
    to: 't1:',
  },
  {
    name: 'among patterns that tie a port does not decide',
    map: 'a{n}.x=t1, {n}b.x:9092=t2',
    asked: ['aab.x', 9092],
    to: 't1:9092',
  },
  {
    name: 'addresses compare like names',
    map: '10.{a:int}.0.1=t2, 10.2.0.{b:int}=t3, 10.2.{c:int}.1=t1',
    asked: ['10.2.0.1', 9],
    to: 't2:9',
  },
  {
    name: 'more than four captures at one place are found',
    map: ['a', 'b', 'c', 'd', 'e', 'f'].map((p, i) => `${p}-{n:int}.x=t${i}`).join(),
    asked: ['e-1.x'],
    to: 't4:',
  },
  {
    name: 'many ports of one name are found',
    map: Array.from({ length: 50 }, (_, i) => `{n}.x:${9000 + i}=t${i}`).join(),
    asked: ['a.x', 9031],
    to: 't31:9031',
  },
]
for (const c of asked) t.test(c.name, async t => t.equal(ask(table(c.map), ...c.asked), c.to))

t.test('the order in the map does not matter where nothing ties', async t => {
  const patterns = [
    '*',
    '*.example',
    '*.x.example',
    '{n}.x.example',
    'b{n:int}.x.example',
    'b0.x.example',
    'b0.x.example:9092',
  ]
  for (const order of [patterns, patterns.toReversed()]) {
    t.equal(winner(order, 'b0.x.example'), `t${order.indexOf('b0.x.example:9092') + 1}.example:1`)
    t.equal(winner(order, 'b0.x.example', 1), `t${order.indexOf('b0.x.example') + 1}.example:1`)
    t.equal(winner(order, 'b7.x.example'), `t${order.indexOf('b{n:int}.x.example') + 1}.example:1`)
    t.equal(winner(order, 'c.x.example'), `t${order.indexOf('{n}.x.example') + 1}.example:1`)
    t.equal(winner(order, 'a.b.x.example'), `t${order.indexOf('*.x.example') + 1}.example:1`)
    t.equal(winner(order, 'x.example'), `t${order.indexOf('*.example') + 1}.example:1`)
    t.equal(winner(order, 'example'), `t${order.indexOf('*') + 1}.example:1`)
  }
})

const twice: readonly [why: string, first: string, second: string][] = [
  ['the same text', 'b0.example', 'b0.example'],
  ['capitals apart', 'b0.example', 'B0.Example'],
  ['a final dot apart', 'b0.example', 'b0.example.'],
  ['capture names apart', '{a}.example', '{b}.example'],
  ['blanks apart', '{n:int}.example', '{ n : int }.example'],
  ['IDNA forms apart', 'bücher.example', 'xn--bcher-kva.example'],
  ['an address, ways of writing apart', '[2001:db8::1]', '[2001:DB8:0:0::1]'],
  ['with the same port', '*.example:9092', '*.example:9092'],
  ['a port with zeros', '*.example:9092', '*.example:09092'],
]
for (const [why, first, second] of twice) {
  t.test(`a pattern appears twice in one source, ${why}`, async t => {
    const faults = yamlFaults(`rules:\n  - { match: "${first}", to: a }\n  - { match: "${second}", to: b }\n`)
    t.match(faults, [{ message: /appears twice: the first is at map.yaml:2/, line: 3, column: 14 }])
    t.equal(faults.length, 1)
  })
}

t.test('a pattern appears twice within one list', async t => {
  t.match(yamlFaults('rules: [{ match: [a.example, A.example], to: b }]'), [{ message: /appears twice/, column: 30 }])
})

t.test('a pattern that appears twice is named as the map writes it', async t => {
  const text =
    'rules:\n- match: "{a}.x"\n  to: t\n- match: ["b.x", "{b}.X."]\n  to: t\n- match: "{a}.x:1"\n  to: t\n- match: "${X}.x"\n  to: t\n'
  t.match(yamlFaults(text, { env: { X: '{c}' } }), [
    { message: /'\{b\}\.X\.' appears twice: the first is at map.yaml:2/, line: 4 },
    { message: /'\$\{X\}\.x' appears twice: the first is at map.yaml:2/, line: 8 },
  ])
})

const apart: readonly [why: string, first: string, second: string][] = [
  ['types differ', '{n:int}.example', '{n:word}.example'],
  ['ports differ', 'b0.example:1', 'b0.example:2'],
  ['one has a port', 'b0.example:1', 'b0.example'],
  ['literals stand elsewhere', 'a-{b}.example', '{b}-a.example'],
  ['an IPv6 address ends as the other one with its port', '[2001:db8::1]:9092', '[2001:db8::1:9092]'],
  ['IPv6 addresses differ by a group', '[2001:db8::1]', '[2001:db8:1::]'],
]
for (const [why, first, second] of apart) {
  t.test(`patterns are two where ${why}`, async t => t.equal(table(`${first}=a, ${second}=b`).ruleCount, 2))
}

t.test('a rule whose table lacks the key gives way to the next in the order', async t => {
  const map = yamlTable(`
tables: { az: { use1-az1: us-east-1a } }
rules:
  - { match: "*.example", to: any.example }
  - { match: "b.{zone}.example", to: "vpce-{az[zone]}.example" }
  - { match: "b.{zone}.example:9092", to: "port-{az[zone]}.example" }
`)
  t.equal(ask(map, 'b.use1-az1.example', 9092), 'port-us-east-1a.example:9092')
  t.equal(ask(map, 'b.use1-az1.example', 1), 'vpce-us-east-1a.example:1')
  t.equal(ask(map, 'b.use1-az9.example', 9092), 'any.example:9092')
  t.equal(ask(map, 'c.use1-az1.example', 9092), 'any.example:9092')
})

t.test('a rule gives way as a whole where one target of its list lacks the key', async t => {
  const map = yamlTable(`
tables: { az: {} }
rules:
  - { match: "{zone}.x", to: [first.example, "{az[zone]}.example"] }
  - { match: "*.x", to: b.example }
`)
  t.equal(ask(map, 'zz.x'), 'b.example:')
})

t.test('where all rules that match give way, the connection fails and nothing is unmapped', async t => {
  const map = yamlTable(`
tables: { az: { use1-az1: us-east-1a }, n: { one: 1 } }
rules:
  - { match: "b.{zone}.example", to: "vpce-{az[zone]}.example" }
  - { match: "*.example:9092", to: "n-{n[*]}.example" }
`)
  t.throws(() => map.decide('b.use1-az9.example', 9092), {
    code: 'ERR_SPLIT_DNS_TARGET',
    message:
      /b\.use1-az9\.example:9092.*'b\.\{zone\}\.example'.*'az'.*'use1-az9'.*'\*\.example:9092'.*'n'.*'b\.use1-az9'/,
  })
  t.equal(ask(map, 'x.y', 9092), 'unmapped system')
})

t.test('a refused name is refused though a rule before it gives way', async t => {
  const map = yamlTable(`
tables: { az: {} }
rules:
  - { match: "b.{zone}.example", to: "vpce-{az[zone]}.example" }
  - { match: "*.example", to: refuse }
`)
  t.equal(ask(map, 'b.use1-az9.example'), 'refuse')
})

t.test('giving way is told once for each key, naming rule, table and key', async t => {
  const told: string[] = []
  const source = {
    kind: 'file',
    origin: 'map.yaml',
    text: 'tables: { az: {} }\nrules: [{ match: "{z}.example", to: "{az[z]}.example" }]',
  } as const
  const { map } = compileMap([source], settings({ warn: fault => told.push(`${fault.origin} ${fault.message}`) }))
  for (const port of [1, 2, 3]) ask(map, 'k1.example', port)
  ask(map, 'k2.example', 1)
  t.equal(told.length, 2)
  t.match(told[0], /^map\.yaml .*rule '\{z\}\.example'.*gives way: table 'az' has no key 'k1'/)
})

t.test('candidates tell which rule gave way, and why', async t => {
  const map = yamlTable(`
tables: { az: {} }
rules:
  - { match: "{zone}.a.x", to: "{az[zone]}.example" }
  - { match: "*.a.x", to: other.example }
`)
  t.match(map.candidates('use1-az9.a.x'), [
    { outcome: 'gave way', reason: "table 'az' has no key 'use1-az9'" },
    { outcome: 'chosen', rule: { match: '*.a.x' } },
  ])
})

t.test('names that no rule matches are what unmapped says', async t => {
  for (const unmapped of ['system', 'refuse'] as const) {
    const { map } = compileMap([inlineSource('a.example=b')], settings({ unmapped }))
    t.match(map.decide('c.example', 1).route, { action: unmapped, rule: null, targets: [], host: 'c.example', port: 1 })
  }
  t.equal(compileMap([], settings()).map.decide('a.example').route.action, 'system')
})
