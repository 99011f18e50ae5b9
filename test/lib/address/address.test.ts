import { isIP } from 'node:net'
import t from 'tap'
import { addressBytes, addressVersion, holds, isInside, parseCidr } from '../../../lib/address/address.js'
import { random } from '../../servers/random.js'

const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex')

const addresses: [text: string, bytes: string | undefined][] = [
  ['192.0.2.1', 'c0000201'],
  ['255.255.255.255', 'ffffffff'],
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['1::', '00010000000000000000000000000000'],
  ['2001:db8::1', '20010db8000000000000000000000001'],
  ['2001:DB8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['::ffff:192.0.2.1', 'c0000201'],
  ['::ffff:c000:201', 'c0000201'],
  ['0:0:0:0:0:FFFF:192.0.2.1', 'c0000201'],
  ['64:ff9b::192.0.2.1', '0064ff9b0000000000000000c0000201'],
  ['::192.0.2.1', '000000000000000000000000c0000201'],
  ['', undefined],
  ['192.0.2', undefined],
  ['192.0.2.256', undefined],
  ['b0.example', undefined],
  ['[::1]', undefined],
]
for (const [text, bytes] of addresses) {
  t.test(`'${text}' is ${bytes ?? 'no address'}`, async t => t.equal(hex(addressBytes(text)), bytes))
}

const blocks: [block: string, address: string, isHeld: boolean][] = [
  ['192.0.2.0/24', '192.0.2.255', true],
  ['192.0.2.0/24', '192.0.3.0', false],
  ['192.0.2.77/24', '192.0.2.1', true],
  ['192.0.2.64/26', '192.0.2.127', true],
  ['192.0.2.64/26', '192.0.2.128', false],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['0.0.0.0/0', '203.0.113.1', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '2001:db8::1', true],
  ['::/0', '192.0.2.1', false],
  ['2001:db8::/33', '2001:db8:7fff::1', true],
  ['2001:db8::/33', '2001:db8:8000::1', false],
  ['2001:db8::1/128', '2001:db8::1', true],
  ['192.0.2.0/24', '::ffff:192.0.2.9', true],
  ['::ffff:192.0.2.0/120', '192.0.2.9', true],
  ['::ffff:192.0.2.0/120', '::ffff:192.0.3.9', false],
  ['fe80::/10', 'fe80::1%eth0', true],
  [' 192.0.2.0/24 ', '192.0.2.1', true],
]
for (const [block, address, isHeld] of blocks) {
  t.test(`${block} ${isHeld ? 'holds' : 'does not hold'} ${address}`, async t => {
    t.equal(holds(parseCidr(block), addressBytes(address) ?? new Uint8Array()), isHeld)
  })
}

const bad = ['', '/', '192.0.2.0/33', '192.0.2.0/', '192.0.2.0/-1', '192.0.2.0/1.5', '192.0.2.0/24/1', '2001:db8::/129']
for (const text of [...bad, 'fe80::1%eth0/64', 'fe80::1%eth0', 'b0.example', '192.0.2.0/0x8', '1.2.3/24']) {
  t.test(`'${text}' is no block`, async t => {
    t.throws(() => parseCidr(text), { name: 'TypeError', message: `'${text}' is no CIDR block` })
  })
}

t.test('a block is inside another where all its addresses are', async t => {
  const inside = (inner: string, outer: string) => isInside(parseCidr(inner), parseCidr(outer))
  t.ok(inside('127.0.0.0/8', '127.0.0.0/8'))
  t.ok(inside('127.0.0.1', '127.0.0.0/8'))
  t.ok(inside('::ffff:127.0.0.1', '127.0.0.0/8'))
  t.notOk(inside('126.0.0.0/7', '127.0.0.0/8'))
  t.notOk(inside('0.0.0.0/0', '127.0.0.0/8'))
  t.notOk(inside('::/0', '127.0.0.0/8'))
})

t.test('its version is the one that Node finds, for addresses and for what is nearly one', async t => {
  const generator = random(20_261_129)
  const below = (limit: number) => generator.below(limit)
  const pick = (from: readonly string[]) => from[below(from.length)] ?? ''
  const pieces = [
    '::',
    ':',
    '.',
    '0',
    '1',
    '00',
    '255',
    '256',
    '19',
    'ffff',
    'FE80',
    'g',
    '12345',
    '1.2.3.4',
    '%e0',
    '%',
    '/',
  ]
  const groups = () => Array.from({ length: 1 + below(9) }, () => pick(['0', '1', 'ab', 'ffff', '10000', ''])).join(':')
  const numbers = () => Array.from({ length: 3 + below(3) }, () => pick(['0', '9', '10', '255', '256', '01'])).join('.')
  const shapes = [
    () => Array.from({ length: below(12) }, () => pick(pieces)).join(''),
    groups,
    numbers,
    () => `${groups()}:${numbers()}`,
    () => groups() + pick(['%eth0', '%', '%a b', '%1.2:3-']),
  ]
  const seen = new Map<number, number>()
  for (let count = 0; count < 100_000; count++) {
    const text = shapes[count % shapes.length]?.() ?? ''
    const version = addressVersion(text)
    if (version !== isIP(text)) t.fail(`${text} is not IPv${version}`)
    seen.set(version, (seen.get(version) ?? 0) + 1)
  }
  for (const version of [0, 4, 6]) t.ok((seen.get(version) ?? 0) > 1_000, `${seen.get(version)} of version ${version}`)
})
