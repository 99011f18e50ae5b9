import t from 'tap'
import { encodeQuery } from '../../../lib/wire/query.js'

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
  const name = [63, 63, 63, 61].map(length => 'a'.repeat(length)).join('.')
  t.equal(encodeQuery({ name, type: 'A' }, { id: 0, edns: false }).length, 12 + 255 + 4)
})

t.test('what is no host name is refused', async t => {
  for (const name of ['', 'a..b', 'a b', 'a'.repeat(64)]) {
    t.throws(() => encodeQuery({ name, type: 'A' }, { id: 0, edns: true }), { name: 'WireError', fault: 'name' })
  }
})
