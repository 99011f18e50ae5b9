import t from 'tap'
import { parseUpstream } from '../../../lib/transport/upstream.js'

const good: [text: string, upstream: object][] = [
  ['192.0.2.53', { kind: 'udp', label: 'udp://192.0.2.53:53', address: '192.0.2.53', port: 53 }],
  [' 192.0.2.53 ', { kind: 'udp', address: '192.0.2.53' }],
  ['192.0.2.53:5353', { kind: 'udp', address: '192.0.2.53', port: 5353 }],
  ['2001:db8::53', { kind: 'udp', label: 'udp://[2001:db8::53]:53', address: '2001:db8::53', port: 53 }],
  ['[2001:db8::53]', { kind: 'udp', address: '2001:db8::53', port: 53 }],
  ['[2001:db8::53]:5353', { kind: 'udp', address: '2001:db8::53', port: 5353 }],
  ['fe80::1%eth0', { kind: 'udp', address: 'fe80::1%eth0', port: 53 }],
  ['[fe80::1%eth0]:5353', { kind: 'udp', address: 'fe80::1%eth0', port: 5353 }],
  ['udp://192.0.2.53', { kind: 'udp', port: 53 }],
  ['tcp://192.0.2.53', { kind: 'tcp', label: 'tcp://192.0.2.53:53', address: '192.0.2.53', port: 53 }],
  ['TCP://[2001:db8::53]:54', { kind: 'tcp', address: '2001:db8::53', port: 54 }],
  ['tls://dns.example', { kind: 'tls', label: 'tls://dns.example:853', host: 'dns.example', port: 853 }],
  ['tls://192.0.2.53:8853', { kind: 'tls', host: '192.0.2.53', port: 8853 }],
  ['tls://[2001:db8::53]', { kind: 'tls', label: 'tls://[2001:db8::53]:853' }],
  ['https://dns.example/dns-query', { kind: 'https', label: 'https://dns.example/dns-query' }],
  ['https://192.0.2.53:8443/q?x=1', { kind: 'https', url: 'https://192.0.2.53:8443/q?x=1' }],
  ['system', { kind: 'system', label: 'system' }],
]
for (const [text, upstream] of good) {
  t.test(`'${text}' is an upstream`, async t => t.match(parseUpstream(text), upstream))
}

const bad = ['', ' ', 'dns.example', 'dns.example:53', '192.0.2.53:', '192.0.2.53:0', '192.0.2.53:65536', '192.0.2']
const badSchemes = ['http://192.0.2.53', 'udp://dns.example', 'tcp://', 'tls://', 'tls://a..b', 'tls://192.0.2.300']
for (const text of [...bad, ...badSchemes, 'tls://a b', '192.0.2.53:99999999', 'https://', 'ftp://x', '[192.0.2.53']) {
  t.test(`'${text}' is none`, async t => {
    t.throws(() => parseUpstream(text), { name: 'TypeError', message: `'${text}' names no nameserver: expected IP` })
  })
}

for (const text of ['https://user:hunter2@dns.example/q', 'tls://user:hunter2@dns.example', 'https://user:hunter2@']) {
  t.test(`credentials are refused and not shown: ${text.replace('hunter2', '***')}`, async t => {
    let message = ''
    try {
      parseUpstream(text)
    } catch (error) {
      message = String(error)
    }
    t.match(message, /names no nameserver|cannot hold credentials/)
    t.notMatch(message, 'hunter2')
  })
}
