import t from 'tap'
import { hostPort, parseHostPort } from '../../../lib/address/host-port.js'

const written = [
  ['b0.example', 9092, 'b0.example:9092'],
  ['192.0.2.1', 9092, '192.0.2.1:9092'],
  ['2001:db8::1', 9092, '[2001:db8::1]:9092'],
  ['fe80::1%eth0', 9092, '[fe80::1%eth0]:9092'],
  ['b0.example', undefined, 'b0.example'],
  ['2001:db8::1', undefined, '2001:db8::1'],
  ['b0.example', null, 'b0.example'],
] as const

for (const [host, port, text] of written) {
  t.test(`${host} and ${port} are written ${text}`, async t => {
    t.equal(hostPort(host, port), text)
    t.strictSame(parseHostPort(text), { host, port: port ?? undefined }, 'and read back')
  })
}

t.test('brackets are allowed around an IPv6 address without a port', async t =>
  t.strictSame(parseHostPort('[2001:db8::1]'), { host: '2001:db8::1', port: undefined }),
)

const refused = [
  '',
  ':9092',
  'b0.example:',
  'b0.example:0',
  'b0.example:65536',
  'b0.example:123456',
  'b0.example:90a',
  'b0.example:-1',
  'b0.example:9092:9092',
  '[b0.example]:9092',
  '[192.0.2.1]:9092',
  '[]:9092',
  '[2001:db8::1',
  '[2001:db8::1]9092',
  '2001:db8::1]:9092',
  '[2001:db8::1]:',
]

for (const text of refused) t.test(`'${text}' is refused`, async t => t.equal(parseHostPort(text), undefined))

t.test('a long text costs no more than its length', async t => {
  const startedMs = performance.now()
  for (const char of ['[', ':', ']', 'a', '0']) t.equal(parseHostPort(`x:${char.repeat(1_000_000)}`), undefined)
  t.ok(performance.now() - startedMs < 1_000)
})
