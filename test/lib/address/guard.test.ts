import { isIP } from 'node:net'
import t from 'tap'
import { parseCidr, type Address } from '../../../lib/address/address.js'
import { AllowList, RebindingGuard } from '../../../lib/address/guard.js'

const toAddress = (address: string): Address => ({ address, family: isIP(address) === 6 ? 6 : 4 })

const refused: [address: string, range: string][] = [
  ['0.0.0.0', '0.0.0.0/8'],
  ['0.255.255.255', '0.0.0.0/8'],
  ['127.0.0.1', '127.0.0.0/8'],
  ['127.255.255.255', '127.0.0.0/8'],
  ['169.254.169.254', '169.254.0.0/16'],
  ['224.0.0.1', '224.0.0.0/4'],
  ['239.255.255.255', '224.0.0.0/4'],
  ['::', '::/128'],
  ['::1', '::1/128'],
  ['0:0:0:0:0:0:0:1', '::1/128'],
  ['fe80::1', 'fe80::/10'],
  ['febf::1%eth0', 'fe80::/10'],
  ['ff02::1', 'ff00::/8'],
  ['fd00:ec2::254', 'fd00:ec2::254/128'],
  ['::ffff:127.0.0.1', '127.0.0.0/8'],
  ['::ffff:7f00:1', '127.0.0.0/8'],
  ['::ffff:169.254.169.254', '169.254.0.0/16'],
  ['::ffff:0.0.0.0', '0.0.0.0/8'],
  ['64:ff9b::127.0.0.1', '64:ff9b::127.0.0.0/104'],
  ['64:ff9b::a9fe:a9fe', '64:ff9b::169.254.0.0/112'],
  ['64:ff9b::e000:1', '64:ff9b::224.0.0.0/100'],
  ['240.0.0.1', '240.0.0.0/4'],
  ['255.255.255.254', '240.0.0.0/4'],
  ['255.255.255.255', '240.0.0.0/4'],
  ['::ffff:255.255.255.255', '240.0.0.0/4'],
  ['fec0::1', 'fec0::/10'],
  ['feff:ffff::1', 'fec0::/10'],
  ['fd20:ce::254', 'fd20:ce::254/128'],
  ['::2', '::0.0.0.0/104'],
  ['::127.0.0.1', '::127.0.0.0/104'],
  ['::a9fe:a9fe', '::169.254.0.0/112'],
  ['::ffff:0:127.0.0.1', '::ffff:0:127.0.0.0/104'],
  ['64:ff9b::255.255.255.255', '64:ff9b::240.0.0.0/100'],
  // NAT64 under a local prefix of 96, 64, 56 and 48 bits.
  ['64:ff9b:1::127.0.0.1', '64:ff9b:1::127.0.0.0/104'],
  ['64:ff9b:1:fffe:5::169.254.169.254', '64:ff9b:1:fffe:5:0:169.254.0.0/112'],
  ['64:ff9b:1:abcd:7f:0:100:0', '64:ff9b:1:abcd:7f::/80'],
  ['64:ff9b:1:a9fe:a9:fe00::', '64:ff9b:1:a9fe::/64'],
  ['64:ff9b:1:ab7f::1:0:0', '64:ff9b:1:ab7f::/64'],
  ['64:ff9b:1:7f00:0:100::', '64:ff9b:1:7f00::/56'],
  // 6to4, Teredo's server and client, ISATAP.
  ['2002:7f00:1::1', '2002:7f00::/24'],
  ['2002:a9fe:a9fe::', '2002:a9fe::/32'],
  ['2002:e000:1::', '2002:e000::/20'],
  ['2001:0:7f00:1::f5ff:fffe', '2001:0:7f00::/40'],
  ['2001:0:c000:201::80ff:fffe', '2001:0:c000:201::128.0.0.0/104'],
  ['2001:0:c000:201:0:ffff:5601:5601', '2001:0:c000:201:0:ffff:86.1.0.0/112'],
  ['2001:db8::5efe:127.0.0.1', '2001:db8::5efe:127.0.0.0/104'],
  ['2001:db8::200:5efe:169.254.169.254', '2001:db8::200:5efe:169.254.0.0/112'],
]
for (const [address, range] of refused) {
  t.test(`${address} is in ${range}`, async t =>
    t.equal(new RebindingGuard(null).blockedRange(toAddress(address)), range),
  )
}

const passed = ['1.0.0.0', '10.0.0.1', '126.255.255.255', '128.0.0.1', '169.253.0.1', '172.16.0.1', '192.168.0.1']
const passed6 = ['2001:db8::1', 'fd00:ec2::253', 'fc00::1', '64:ff9b::192.0.2.1', '64:ff9b::10.0.0.1']
const passedCarriers = [
  ...[
    '::10.0.0.1',
    '::192.0.2.1',
    '64:ff9b:1::10.0.0.1',
    '64:ff9b:1:c000:2:100::',
    '2002:a00:1::1',
    '2002:c000:201::1',
  ],
  ...['2001:0:c000:201::f5ff:fffe', '2001:db8::5efe:10.0.0.1', '2001:db8::100:5efe:127.0.0.1', '2001:1::7f00:1'],
]
for (const address of [...passed, '223.255.255.255', '100.64.0.1', '::ffff:10.0.0.1', ...passed6, ...passedCarriers]) {
  t.test(`${address} may be used`, async t => t.equal(new RebindingGuard(null).blockedRange(toAddress(address)), null))
}

const lifted: [allow: string, address: string, range: string | null][] = [
  ['127.0.0.0/8', '127.0.0.1', null],
  ['127.0.0.1', '127.0.0.9', null],
  ['127.0.0.1', '::ffff:127.0.0.9', null],
  ['::ffff:127.0.0.1', '127.0.0.1', null],
  ['::1', '::1', null],
  ['fe80::/64', 'fe80::1', null],
  ['fd00:ec2::254', 'fd00:ec2::254', null],
  ['64:ff9b::7f00:1', '64:ff9b::127.0.0.1', null],
  ['0.0.0.0/0', '127.0.0.1', '127.0.0.0/8'],
  ['126.0.0.0/7', '127.0.0.1', '127.0.0.0/8'],
  ['::/0', '::1', '::1/128'],
  ['fd00::/8', 'fd00:ec2::254', 'fd00:ec2::254/128'],
  ['127.0.0.1', '169.254.169.254', '169.254.0.0/16'],
  ['127.0.0.1', '64:ff9b::127.0.0.1', '64:ff9b::127.0.0.0/104'],
  ['240.0.0.0/8', '240.0.0.1', null],
  ['240.0.0.0/8', '255.255.255.255', '255.255.255.255/32'],
  ['255.255.255.255', '255.255.255.255', null],
  ['fec0::/64', 'fec0::1', null],
  ['fd20:ce::254', 'fd20:ce::254', null],
  ['2002:7f00:1::/48', '2002:7f00:1::1', null],
  ['2002::/16', '2002:7f00:1::1', '2002:7f00::/24'],
  ['2001:db8::5efe:127.0.0.1', '2001:db8::5efe:127.0.0.1', null],
  ['2001:db8::/32', '2001:db8::5efe:127.0.0.1', '2001:db8::5efe:127.0.0.0/104'],
  ['127.0.0.0/8', '2002:7f00:1::1', '2002:7f00::/24'],
]
for (const [allow, address, range] of lifted) {
  t.test(`with ${allow} allowed, ${address} ${range === null ? 'may be used' : `is still in ${range}`}`, async t => {
    t.equal(new RebindingGuard(AllowList.parse([allow])).blockedRange(toAddress(address)), range)
  })
}

t.test('what is no address is in no range', async t => {
  t.equal(new RebindingGuard(null).blockedRange({ address: 'b0.example', family: 4 }), null)
})

const cases: [blocks: string[], address: Address, isAllowed: boolean][] = [
  [['10.20.0.0/16'], toAddress('10.20.1.2'), true],
  [['10.20.0.0/16'], toAddress('10.21.1.2'), false],
  [['10.20.30.40/16'], toAddress('10.20.1.2'), true],
  [['10.20.0.0/16'], toAddress('::ffff:10.20.1.2'), true],
  [['10.20.0.0/16'], toAddress('::ffff:a14:102'), true],
  [['::ffff:10.20.0.0/112'], toAddress('10.20.1.2'), true],
  [['10.0.0.0/8'], toAddress('64:ff9b::10.20.1.2'), false],
  [['192.0.2.1', '2001:db8::/32'], toAddress('2001:db8:1::1'), true],
  [['192.0.2.1', '2001:db8::/32'], toAddress('192.0.2.1'), true],
  [['fe80::/10'], toAddress('fe80::1%eth0'), true],
  [['::/0'], toAddress('192.0.2.1'), false],
  [[], toAddress('192.0.2.1'), false],
]
for (const [blocks, address, isAllowed] of cases) {
  t.test(`[${blocks.join(', ')}] ${isAllowed ? 'allows' : 'refuses'} ${address.address}`, async t => {
    t.equal(AllowList.parse(blocks).has(address), isAllowed)
  })
}

t.test('what is no address is never allowed', async t => {
  t.notOk(AllowList.parse(['0.0.0.0/0', '::/0']).has(toAddress('b0.example')))
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
