import t from 'tap'
import { canonicalIpv6, endsInNumber, isHostName, readHost, toAsciiName } from '../../../src/map/host-name.js'

const label63 = 'a'.repeat(63)
const name253 = [label63, label63, label63, 'a'.repeat(61)].join('.')

for (const name of ['a', 'a.b', 'a-b.c_d', '_x.example', '0.a', label63, name253, '-a-.example']) {
  t.test(`'${name.slice(0, 20)}' (${name.length}) is a host name`, async t => t.ok(isHostName(name)))
}
for (const name of [
  '',
  '.',
  'a.',
  '.a',
  'a..b',
  'a b',
  'a\tb',
  'a\u0000b',
  'A',
  'ü',
  'a/b',
  'a:b',
  `${label63}a`,
  `${name253}a`,
]) {
  t.test(`${JSON.stringify(name.slice(0, 20))} (${name.length}) is no host name`, async t => t.notOk(isHostName(name)))
}

const hosts: readonly { asked: string; kind: string; host: string }[] = [
  { asked: 'B0.Example', kind: 'name', host: 'b0.example' },
  { asked: 'b0.example.', kind: 'name', host: 'b0.example' },
  { asked: 'bücher.example', kind: 'name', host: 'xn--bcher-kva.example' },
  { asked: 'BÜCHER.example.', kind: 'name', host: 'xn--bcher-kva.example' },
  { asked: 'b0。example', kind: 'name', host: 'b0.example' },
  { asked: 'b_0.example', kind: 'name', host: 'b_0.example' },
  { asked: '192.0.2.1', kind: 'ipv4', host: '192.0.2.1' },
  { asked: '192.0.2.1.', kind: 'ipv4', host: '192.0.2.1' },
  { asked: '１92.0.2.1', kind: 'ipv4', host: '192.0.2.1' },
  { asked: '::1', kind: 'ipv6', host: '::1' },
  { asked: '[::1]', kind: 'ipv6', host: '::1' },
  { asked: '2001:DB8::1', kind: 'ipv6', host: '2001:db8::1' },
  { asked: 'fe80::1%eth0', kind: 'ipv6', host: 'fe80::1%eth0' },
  { asked: '', kind: 'invalid', host: '' },
  { asked: '.', kind: 'invalid', host: '' },
  { asked: 'a..b', kind: 'invalid', host: 'a..b' },
  { asked: 'a b.example', kind: 'invalid', host: 'a b.example' },
  { asked: 'a%2eb.ü', kind: 'invalid', host: 'a%2eb.ü' },
  { asked: 'http://ü', kind: 'invalid', host: 'http://ü' },
  { asked: '[a.example]', kind: 'invalid', host: '[a.example]' },
  { asked: '192.0.2.1:9092', kind: 'invalid', host: '192.0.2.1:9092' },
  { asked: '\u0000', kind: 'invalid', host: '\u0000' },
]
for (const { asked, kind, host } of hosts) {
  t.test(`${JSON.stringify(asked)} is read as ${kind}`, async t => t.same(readHost(asked), { kind, host }))
}

t.test('a text of a million characters is no host', async t => t.equal(readHost('ü'.repeat(1e6)).kind, 'invalid'))

t.test('a U-label that IDNA does not know has no ASCII form', async t => t.equal(toAsciiName('a\u2488b'), undefined))

for (const [name, expected] of [
  ['a.example', false],
  ['1.a', false],
  ['127.1', true],
  ['1', true],
  ['a.0x7f', true],
  ['a.b1', false],
] as const) {
  t.test(`'${name}' ${expected ? 'ends' : 'does not end'} in a number`, async t =>
    t.equal(endsInNumber(name), expected),
  )
}

for (const [text, canonical] of [
  ['::1', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8:0::0001', '2001:db8::1'],
  ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ['fe80:0::1%Eth0', 'fe80::1%eth0'],
] as const) {
  t.test(`${text} is written ${canonical}`, async t => t.equal(canonicalIpv6(text), canonical))
}
