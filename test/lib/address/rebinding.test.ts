import { isIP } from 'node:net'
import t from 'tap'
import type { Address } from '../../../lib/address/address.js'
import { AllowList } from '../../../lib/address/allow-list.js'
import { RebindingGuard } from '../../../lib/address/rebinding.js'

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
]
for (const [address, range] of refused) {
  t.test(`${address} is in ${range}`, async t =>
    t.equal(new RebindingGuard(null).blockedRange(toAddress(address)), range),
  )
}

const passed = ['1.0.0.0', '10.0.0.1', '126.255.255.255', '128.0.0.1', '169.253.0.1', '172.16.0.1', '192.168.0.1']
const passed6 = ['2001:db8::1', 'fd00:ec2::253', 'fc00::1', '64:ff9b::192.0.2.1', '64:ff9b::10.0.0.1', '::2', 'fec0::1']
for (const address of [...passed, '223.255.255.255', '240.0.0.1', '::ffff:10.0.0.1', ...passed6]) {
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
]
for (const [allow, address, range] of lifted) {
  t.test(`with ${allow} allowed, ${address} ${range === null ? 'may be used' : `is still in ${range}`}`, async t => {
    t.equal(new RebindingGuard(AllowList.parse([allow])).blockedRange(toAddress(address)), range)
  })
}

t.test('what is no address is in no range', async t => {
  t.equal(new RebindingGuard(null).blockedRange({ address: 'b0.example', family: 4 }), null)
})
