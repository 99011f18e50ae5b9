import t from 'tap'
import { Expanded } from '../../../../src/map/document/node.js'
import { Malformed } from '../../../../src/map/rule/malformed.js'
import { parsePattern, patternKey } from '../../../../src/map/rule/pattern.js'

const good: readonly [text: string, key: string, kind?: string][] = [
  ['b0.example', 'b0.example'],
  ['B0.Example.', 'b0.example'],
  ['b0.example:9092', 'b0.example:9092'],
  ['b0.example.:9092', 'b0.example:9092'],
  ['*.example', '*.example'],
  ['*', '*'],
  ['*:9092', '*:9092'],
  ['*.b-{n:int}.example', '*.b-{:int}.example'],
  ['b_0.{Zone}.example', 'b_0.{}.example'],
  ['{ n : int }.example', '{:int}.example'],
  ['e-{id:word}-{zone}-{net:word}.glb.example', 'e-{:word}-{}-{:word}.glb.example'],
  ['{a:int}x{b:word}.example', '{:int}x{:word}.example'],
  ['{a:word}x{b:int}.example', '{:word}x{:int}.example'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
  ['{n}', '{}'],
  ['{a}.{b}.{c}.{d}', '{}.{}.{}.{}'],
  ['192.0.2.1', '192.0.2.1', 'ipv4'],
  ['192.0.2.1:9092', '192.0.2.1:9092', 'ipv4'],
  ['10.20.{a:int}.{b:int}', '10.20.{:int}.{:int}', 'ipv4'],
  ['10.20.{a}.{b}', '10.20.{}.{}', 'ipv4'],
  ['{a:int}.{b:int}.{c:int}.{d:int}', '{:int}.{:int}.{:int}.{:int}', 'ipv4'],
  ['[2001:db8::1]', '[2001:db8::1]', 'ipv6'],
  ['[2001:DB8:0::1]:9092', '[2001:db8::1]:9092', 'ipv6'],
]
for (const [text, key, kind = 'name'] of good) {
  t.test(`'${text}' is a pattern of kind ${kind}`, async t => {
    const pattern = parsePattern(new Expanded(text))
    t.match({ key: patternKey(pattern), kind: pattern.kind }, { key, kind })
  })
}

const bad: readonly [text: string, message: RegExp, index?: number][] = [
  ['', /found nothing/],
  ['.', /a label is empty/],
  ['a..b', /a label is empty/, 2],
  ['.a', /a label is empty/],
  ['a b.example', /' ' is not allowed in a host name/, 1],
  ['a.*.example', /'\*' is allowed only as the first label/, 2],
  ['a*.example', /'\*' is allowed only as the first label, alone/, 1],
  ['**.example', /is allowed only as the first label/, 0],
  ['*.*', /is allowed only as the first label/, 2],
  ['{a}{b}.example', /two captures are side by side/, 3],
  ['{a}-{b}.example', /one untyped capture at most/, 4],
  ['{a:word}x{b:word}.example', /'x' between two captures could belong to either/],
  ['{a}x{b:word}.example', /'x' between two captures/],
  ['{a:int}1{b:int}.example', /'1' between two captures/],
  ['{a:word}x{b:int}y{c:word}.example', /'[xy]' between two captures/],
  ['{a.example', /'\{' has no '\}'/, 0],
  ['a}.example', /'\}' has no '\{'/, 1],
  ['{}.example', /is no capture/],
  ['{1a}.example', /is no capture/],
  ['{a:b:c}.example', /is no capture/],
  ['{a-b}.example', /is no capture/],
  ['{n:integer}.example', /unknown type/],
  ['{n:itn}.example', /expected 'int'/],
  ['{host}.example', /'host' is reserved/],
  ['{PORT:int}.example', /'port' is reserved/],
  ['{a}.{A}.example', /two captures are called 'a'/],
  ['$NAME.example', /'\$' begins no variable/],
  ['a.example:', /expected a port.*found nothing/, 10],
  ['a.example:0', /expected a port/, 10],
  ['a.example:65536', /expected a port/],
  ['a.example:9{n}', /expected a port/],
  ['a.example:*', /expected a port/],
  ['a.example:9092:1', /expected a port/],
  ['https://a.example', /found a URL/],
  ['a.example/x', /'\/' is not allowed/],
  ['2001:db8::1', /in brackets/],
  ['[2001:db8::1', /in brackets/],
  ['[192.0.2.1]', /in brackets/],
  ['[fe80::1%eth0]', /in brackets/],
  ['[::1]9092', /':PORT' after the brackets/, 5],
  ['192.0.2', /no host name ends in a number/],
  ['192.0.2.256', /from 0 to 255/],
  ['192.0.2.01', /leading zeros/],
  ['192.0.2.1.5', /ends in a number/],
  ['*.0.2.1', /ends in a number/],
  ['a.{n:int}', /ends in a number/],
  ['10.20.b{n:int}.{m:int}', /ends in a number/],
  [`${'a'.repeat(64)}.example`, /64 characters/],
  [`${'a'.repeat(63)}{n}.example`, /63 characters at most/],
  [Array.from({ length: 130 }, () => 'a').join('.'), /253 characters at most/],
  ['a\u0000b', /is not allowed/],
]
for (const [text, message, index] of bad) {
  t.test(`${JSON.stringify(text.slice(0, 40))} is no pattern`, async t => {
    try {
      parsePattern(new Expanded(text))
      t.fail('it was taken')
    } catch (error) {
      t.ok(error instanceof Malformed)
      t.match(error, { message, ...(index === undefined ? {} : { index }) })
    }
  })
}
