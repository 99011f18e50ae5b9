import t from 'tap'
import { ask, inlineFaults, table } from '../helpers.js'

// Each row: a pattern, what it matches, and what it doesn't.
const rows: readonly [pattern: string, matches: readonly string[], others: readonly string[]][] = [
  [
    'b0.kafka.example',
    ['b0.kafka.example', 'B0.KAFKA.EXAMPLE', 'b0.kafka.example.', 'B0.kafka.Example.'],
    [
      'b0.kafka.example..',
      '.b0.kafka.example',
      'xb0.kafka.example',
      'a.b0.kafka.example',
      'kafka.example',
      'b0.kafka.example:9092',
    ],
  ],
  ['B0.Kafka.Example.', ['b0.kafka.example', 'b0.kafka.example.'], ['b0.kafka']],
  [
    '*.kafka.example',
    ['b0.kafka.example', 'a.b.c.kafka.example', 'x_y.kafka.example'],
    ['kafka.example', 'xkafka.example', '.kafka.example', 'a..kafka.example'],
  ],
  [
    '*',
    ['localhost', 'b0.example', 'b0.example.', 'a.b.c.d'],
    ['192.0.2.1', '2001:db8::1', '[2001:db8::1]', '', '.', 'a b', 'a..b'],
  ],
  ['b_0._tcp.example', ['b_0._tcp.example'], ['b-0._tcp.example']],
  ['{name}.example', ['a.example', 'a-b.example', '-.example', 'a_b.example'], ['a.b.example', '.example', 'example']],
  ['{name:word}.example', ['a1.example', '1.example', 'A1.example'], ['a-b.example', 'a_b.example', '.example']],
  [
    '{name:int}.example',
    ['0.example', '007.example'],
    ['a1.example', '1a.example', '-1.example', '1-1.example', '\u0661.example'],
  ],
  [
    'b-{n:int}-x.example',
    ['b-1-x.example', 'B-23-X.example'],
    ['b--x.example', 'b-1-2-x.example', 'b-1-xx.example', 'bb-1-x.example'],
  ],
  ['192.0.2.1', ['192.0.2.1', '192.0.2.1.'], ['192.0.2.10', '192.0.2', '1.192.0.2.1', '::ffff:192.0.2.1']],
  [
    '10.20.{a:int}.{b:int}',
    ['10.20.0.0', '10.20.255.255'],
    ['10.20.1', '10.20.256.1', '10.20.01.1', '10.21.1.1', '10.20.a.b', '110.20.1.1'],
  ],
  ['10.20.{a}.7', ['10.20.3.7'], ['10.20.3.8', '10.20.x.7']],
  [
    '[2001:db8::1]',
    ['2001:db8::1', '[2001:db8::1]', '[2001:DB8:0:0::1]', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0001'],
    ['2001:db8::2', '2001:db8::1%1', '2001:db8::1.'],
  ],
  ['[::ffff:192.0.2.1]', ['::ffff:192.0.2.1', '::ffff:c000:201'], ['192.0.2.1']],
  [
    'bücher.example',
    [
      'bücher.example',
      'BÜCHER.example',
      'xn--bcher-kva.example',
      'XN--BCHER-KVA.EXAMPLE',
      'bu\u0308cher.example',
      'bücher\u3002example',
    ],
    ['bucher.example'],
  ],
  ['xn--bcher-kva.example', ['bücher.example', 'Bücher.example.'], ['b.example']],
  ['*.bücher.example', ['b0.bücher.example', 'b0.xn--bcher-kva.example'], ['bücher.example']],
  ['__proto__.constructor.example', ['__proto__.constructor.example'], ['constructor.example']],
]
for (const [pattern, matches, others] of rows) {
  t.test(`${pattern} matches what it says and nothing else`, async t => {
    const map = table(`${pattern}=t.example`)
    for (const host of matches) t.equal(ask(map, host), 't.example:', host)
    for (const host of others) t.equal(ask(map, host), 'unmapped system', host)
  })
}

t.test('names that only look like properties of an object match no rule', async t => {
  const map = table('toString.example=a, {n}.valueof=b')
  for (const host of ['__proto__', 'constructor', 'hasOwnProperty', '__proto__.example', 'constructor.example'])
    t.equal(ask(map, host), 'unmapped system')
})

t.test('a port in the pattern is the asked port', async t => {
  const map = table('b0.example:9092=a, [2001:db8::1]:9092=b, 192.0.2.1:9092=c')
  for (const host of ['b0.example', '2001:db8::1', '192.0.2.1']) {
    t.not(ask(map, host, 9092), 'unmapped system')
    t.equal(ask(map, host, 9093), 'unmapped system')
    t.equal(ask(map, host), 'unmapped system')
  }
})

t.test('a name of 253 characters in labels of 63 matches, a longer one is no host name', async t => {
  const label = 'a'.repeat(63)
  const name = `${label}.${label}.${label}.${'a'.repeat(61)}`
  const map = table(`*=t.example, ${name}=long.example`)
  t.equal(name.length, 253)
  t.equal(ask(map, name), 'long.example:')
  t.equal(ask(map, `${name}a`), 'unmapped system')
  t.equal(ask(map, `a${label}.example`), 'unmapped system')
  t.match(inlineFaults(`${name}a=x`), [{ message: /253/ }])
  t.match(inlineFaults(`a${label}.example=x`), [{ message: /63/ }])
})

t.test('hosts that are no host names match no rule, throw nothing and stay what they are', async t => {
  const map = table('*=t.example, {a}.{b}=t.example')
  const hosts = [
    '',
    '.',
    '..',
    ' ',
    'a b',
    'a..b',
    '.a',
    'a\u0000b',
    'a\nb',
    'a/b',
    'a%b',
    'a@b',
    '[',
    '[]',
    '[a]',
    '%',
    'a:b',
    '\ud800',
    'a'.repeat(300),
    'ü'.repeat(2000),
    '.'.repeat(70_000),
  ]
  for (const host of hosts) t.equal(ask(map, host, 9092), 'unmapped system', JSON.stringify(host.slice(0, 20)))
})

// A match is unique: each row is a pattern, a label, and what the captures read.
const captures: readonly [pattern: string, host: string, read: Record<string, string>][] = [
  [
    'e-{id:word}-{zone}-{net:word}.example',
    'e-0cb9-usw2-az1-fak1e.example',
    { id: '0cb9', zone: 'usw2-az1', net: 'fak1e' },
  ],
  ['e-{id:word}.{zone}.dom1.example', 'E-00AC.Use1-Az4.dom1.example', { id: '00ac', zone: 'use1-az4' }],
  ['{a}-{n:int}.example', 'x-1-2.example', { a: 'x-1', n: '2' }],
  ['{n:int}-{a}.example', '1-2-x.example', { n: '1', a: '2-x' }],
  ['{a:word}-{b:word}.example', 'x-y.example', { a: 'x', b: 'y' }],
  ['{a:int}x{b:word}.example', '12x3x4.example', { a: '12', b: '3x4' }],
  ['{a:word}x{b:int}.example', '1x2x34.example', { a: '1x2', b: '34' }],
  ['{a:int}1-{b}.example', '121-1-.example', { a: '12', b: '1-' }],
  ['{a}-1{b:int}.example', 'x-11-123.example', { a: 'x-11', b: '23' }],
  ['{n:int}.{m:int}.example', '007.08.example', { n: '007', m: '08' }],
  ['*.{a}.example', 'x.y.z.example', { '*': 'x.y', a: 'z' }],
  ['*', 'b0.Kafka.example.', { '*': 'b0.kafka.example' }],
  ['10.20.{a:int}.{b:int}', '10.20.3.4', { a: '3', b: '4' }],
  [
    '{__proto__}.{constructor}.example',
    'a.b.example',
    JSON.parse('{"__proto__":"a","constructor":"b"}') as Record<string, string>,
  ],
]
for (const [pattern, host, read] of captures) {
  t.test(`${pattern} reads ${host} in one way`, async t => {
    const { route } = table(`${pattern}=t.example`).decide(host)
    t.same(Object.entries(route.captures).sort(), Object.entries(read).sort())
  })
}

t.test('captures are plain, in lower case, and harmless whatever they are called', async t => {
  const { captures } = table('{__proto__}.{constructor:int}.{Zone}.x.example=t').decide('A.1.B.x.example').route
  t.same(Object.entries(captures), [
    ['__proto__', 'a'],
    ['constructor', '1'],
    ['Zone', 'b'],
  ])
  t.equal(Object.getPrototypeOf(captures), Object.prototype)
})

t.test('a label that an eager reading would take twice is refused', async t => {
  const map = table('{a:int}-{b:int}.example=t, {a:word}x-{b}.example=u')
  for (const host of ['1-2-3.example', '-1.example', '1-.example', 'x-1.example', 'x-.example'])
    t.equal(ask(map, host), 'unmapped system', host)
  t.equal(ask(map, 'xx-1.example'), 'u:')
})

t.test('a route says what was asked in lower case, without a final dot and brackets', async t => {
  const map = table('*=t.example')
  t.match(map.decide('B0.Example.', 9092).route, { host: 'b0.example', port: 9092, action: 'map' })
  t.match(map.decide('[2001:DB8::1]', 9092).route, { host: '2001:db8::1' })
  t.match(map.decide('bücher.example').route, { host: 'xn--bcher-kva.example', port: undefined })
})

t.test('a route is frozen through and through', async t => {
  const { route } = table('{n}.example=a|b').decide('x.example')
  for (const part of [route, route.rule, route.captures, route.targets, ...route.targets]) t.ok(Object.isFrozen(part))
})

t.test('a route names its rule as the map writes it, from 0', async t => {
  const { rule } = table('a.example=a, B.Example.:1=b').decide('b.example', 1).route
  t.same(rule, { match: 'B.Example.:1', index: 1, origin: 'KAFKA_SPLIT_DNS_MAP', place: 'KAFKA_SPLIT_DNS_MAP rule 2' })
})
