import t from 'tap'
import { parseUpstream } from '../../../lib/transport/upstream.js'
import { findNameservers } from '../../../src/serve/server/nameservers.js'

const here = { address: '127.0.0.1', port: 53 }
const resolvConf = 'nameserver 127.0.0.1\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nsearch example'
const named = (...texts: string[]) => ({ nameservers: texts.length === 0 ? null : texts.map(parseUpstream) })
const labels = (list: readonly { label: string }[]) => list.map(({ label }) => label).join(' ')

const table: readonly [string, ReturnType<typeof named>, string, { upstreams: string; passOn: string }][] = [
  [
    'resolv.conf without this server',
    named(),
    resolvConf,
    { upstreams: 'udp://192.0.2.53:53 udp://192.0.2.54:53', passOn: 'udp://192.0.2.53:53 udp://192.0.2.54:53' },
  ],
  [
    'system is what resolv.conf names, because the system asks this server',
    named('192.0.2.1', 'system'),
    resolvConf,
    {
      upstreams: 'udp://192.0.2.1:53 udp://192.0.2.53:53 udp://192.0.2.54:53',
      passOn: 'udp://192.0.2.1:53 udp://192.0.2.53:53 udp://192.0.2.54:53',
    },
  ],
  [
    'its own address among the nameservers',
    named('127.0.0.1', 'tcp://127.0.0.1:53', '127.0.0.1:5353', 'tls://192.0.2.1'),
    resolvConf,
    {
      upstreams: 'udp://127.0.0.1:5353 tls://192.0.2.1:853',
      passOn: 'udp://127.0.0.1:5353 tls://192.0.2.1:853',
    },
  ],
  [
    'its own address in other forms',
    named('[::ffff:127.0.0.1]:53', '[::ffff:7f00:1]:53', 'tcp://0.0.0.0:53', '[::1]:53', '[::]:53', '127.0.0.2'),
    resolvConf,
    {
      upstreams: 'udp://[::1]:53 udp://[::]:53 udp://127.0.0.2:53',
      passOn: 'udp://[::1]:53 udp://[::]:53 udp://127.0.0.2:53',
    },
  ],
  [
    'DoH is for targets alone',
    named('https://192.0.2.1/dns-query', '192.0.2.2'),
    resolvConf,
    { upstreams: 'https://192.0.2.1/dns-query udp://192.0.2.2:53', passOn: 'udp://192.0.2.2:53' },
  ],
]

for (const [what, settings, text, expected] of table) {
  t.test(what, async t => {
    const { upstreams, passOn } = findNameservers(settings, here, text)
    t.same({ upstreams: labels(upstreams), passOn: labels(passOn) }, expected)
  })
}

t.test('the same over IPv6', async t => {
  const settings = named('[::1]:53', '[::]:53', '[0:0:0:0:0:0:0:1]:53', '127.0.0.1')
  t.equal(labels(findNameservers(settings, { address: '::1', port: 53 }, '').passOn), 'udp://127.0.0.1:53')
})

t.test('none left is an error that says what to add', async t => {
  const alone = /names no nameserver besides 127\.0\.0\.1:53, this server itself: add one/
  t.throws(() => findNameservers(named(), here, 'nameserver 127.0.0.1'), alone)
  t.throws(() => findNameservers(named(), here, ''), alone)
  t.throws(() => findNameservers(named('127.0.0.1:53'), here, resolvConf), alone)
  t.throws(() => findNameservers(named('https://192.0.2.1/dns-query'), here, resolvConf), /only DoH servers/)
})
