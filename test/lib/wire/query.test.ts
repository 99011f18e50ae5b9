import t from 'tap'
import { checkName, encodeQuery } from '../../../lib/wire/query.js'

const longest = [63, 63, 63, 61].map(length => 'a'.repeat(length)).join('.')

const header = (additionals: string) => `1234 0100 0001 0000 0000 ${additionals}`
const cases: readonly { name: string; type: 'A' | 'AAAA'; edns: boolean; hex: string }[] = [
  { name: 'b0.example', type: 'A', edns: false, hex: `${header('0000')} 026230 076578616d706c65 00 0001 0001` },
  { name: 'b0.example', type: 'AAAA', edns: false, hex: `${header('0000')} 026230 076578616d706c65 00 001c 0001` },
  // OPT: root, type 41, 1,232 octets, no flags, no options
  {
    name: 'b0.example',
    type: 'A',
    edns: true,
    hex: `${header('0001')} 026230 076578616d706c65 00 0001 0001 00 0029 04d0 00000000 0000`,
  },
  { name: 'B0.Example.', type: 'A', edns: false, hex: `${header('0000')} 026230 076578616d706c65 00 0001 0001` },
  { name: 'x', type: 'A', edns: false, hex: `${header('0000')} 0178 00 0001 0001` },
]
for (const { name, type, edns, hex } of cases) {
  t.test(`${name} ${type} ${edns ? 'with' : 'without'} EDNS`, async t => {
    t.equal(encodeQuery({ name, type }, { id: 0x1234, edns }).toString('hex'), hex.replaceAll(' ', ''))
  })
}

t.test('the longest name makes a query of 271 octets', async t => {
  t.equal(encodeQuery({ name: longest, type: 'A' }, { id: 0, edns: false }).length, 12 + 255 + 4)
})

t.test('what is no host name is refused', async t => {
  for (const name of ['', 'a..b', 'a b', 'a'.repeat(64)]) {
    t.throws(() => encodeQuery({ name, type: 'A' }, { id: 0, edns: true }), { name: 'WireError', fault: 'name' })
  }
})

const good: readonly [text: string, name: string][] = [
  ['b0.kafka.example', 'b0.kafka.example'],
  ['B0.Kafka.EXAMPLE', 'b0.kafka.example'],
  ['b0.kafka.example.', 'b0.kafka.example'],
  ['localhost', 'localhost'],
  ['_kafka._tcp.example', '_kafka._tcp.example'],
  ['b0-lkc_1.example', 'b0-lkc_1.example'],
  ['-a-.example', '-a-.example'],
  ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ['192.0.2.1', '192.0.2.1'],
  [longest, longest],
  [`${longest}.`, longest],
  [`${'a'.repeat(63)}.example`, `${'a'.repeat(63)}.example`],
]
for (const [text, name] of good) {
  t.test(`'${text.slice(0, 30)}' (${text.length}) can go on the wire`, async t => {
    t.equal(checkName(text), name)
  })
}

const bad: readonly [text: string, offset: number][] = [
  ['', 0],
  ['.', 0],
  ['a..example', 2],
  ['.example', 0],
  ['a.example..', 10],
  [`${'a'.repeat(64)}.example`, 0],
  [`${longest}a`, 253],
  ['a b.example', 1],
  ['a\tb.example', 1],
  ['a.ex\0ample', 4],
  ['a\n.example', 1],
  ['bücher.example', 1],
  ['a\\.b.example', 1],
  ['*.example', 0],
  ['b0.example:9092', 10],
  ['[2001:db8::1]', 0],
  ['b0.example/', 10],
  ['\u212Aelvin.example', 0],
  ['b0.example\n', 10],
]
for (const [text, offset] of bad) {
  t.test(`${JSON.stringify(text.slice(0, 30))} (${text.length}) is refused`, async t => {
    t.throws(() => checkName(text), { name: 'WireError', fault: 'name', offset })
  })
}
