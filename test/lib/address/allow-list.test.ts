import t from 'tap'
import type { Address } from '../../../lib/address/address.js'
import { AllowList } from '../../../lib/address/cidr.js'
import { parseCidr } from '../../../lib/address/cidr.js'

const v4 = (address: string): Address => ({ address, family: 4 })
const v6 = (address: string): Address => ({ address, family: 6 })

const cases: [blocks: string[], address: Address, isAllowed: boolean][] = [
  [['10.20.0.0/16'], v4('10.20.1.2'), true],
  [['10.20.0.0/16'], v4('10.21.1.2'), false],
  [['10.20.30.40/16'], v4('10.20.1.2'), true],
  [['10.20.0.0/16'], v6('::ffff:10.20.1.2'), true],
  [['10.20.0.0/16'], v6('::ffff:a14:102'), true],
  [['::ffff:10.20.0.0/112'], v4('10.20.1.2'), true],
  [['10.0.0.0/8'], v6('64:ff9b::10.20.1.2'), false],
  [['192.0.2.1', '2001:db8::/32'], v6('2001:db8:1::1'), true],
  [['192.0.2.1', '2001:db8::/32'], v4('192.0.2.1'), true],
  [['fe80::/10'], v6('fe80::1%eth0'), true],
  [['::/0'], v4('192.0.2.1'), false],
  [[], v4('192.0.2.1'), false],
]
for (const [blocks, address, isAllowed] of cases) {
  t.test(`[${blocks.join(', ')}] ${isAllowed ? 'allows' : 'refuses'} ${address.address}`, async t => {
    t.equal(AllowList.parse(blocks).has(address), isAllowed)
  })
}

t.test('what is no address is never allowed', async t => {
  t.notOk(AllowList.parse(['0.0.0.0/0', '::/0']).has(v4('b0.example')))
})

t.test('it is shown as it was written', async t => {
  t.equal(AllowList.parse(['10.20.0.0/16', '192.0.2.1']).text, '10.20.0.0/16, 192.0.2.1')
})

t.test('a bad block is named', async t => {
  t.throws(() => AllowList.parse(['10.20.0.0/16', '10.20.0.0/40']), { message: "'10.20.0.0/40' is no CIDR block" })
})

t.test('some block lies inside a range', async t => {
  const range = parseCidr('127.0.0.0/8')
  t.ok(AllowList.parse(['10.0.0.0/8', '127.0.0.1']).someInside(range))
  t.notOk(AllowList.parse(['0.0.0.0/0', '::1']).someInside(range))
})
