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
  [
    'tls://192.0.2.53#dns.example',
    {
      kind: 'tls',
      label: 'tls://192.0.2.53:853#dns.example',
      host: '192.0.2.53',
      port: 853,
      serverName: 'dns.example',
    },
  ],
  ['tls://192.0.2.53:8853#dns.example', { kind: 'tls', port: 8853, serverName: 'dns.example' }],
  ['tls://[2001:db8::53]#dns.example', { kind: 'tls', host: '2001:db8::53', serverName: 'dns.example' }],
  ['https://dns.example/', { kind: 'https', url: 'https://dns.example/' }],
  ['https://dns.example/dns-query{?dns}', { kind: 'https', url: 'https://dns.example/dns-query' }],
  ['https://dns.example/dns-query', { kind: 'https', label: 'https://dns.example/dns-query' }],
  ['https://192.0.2.53:8443/q?x=1', { kind: 'https', url: 'https://192.0.2.53:8443/q?x=1' }],
  ['system', { kind: 'system', label: 'system' }],
]
for (const [text, upstream] of good) {
  t.test(`'${text}' is an upstream`, async t => t.match(parseUpstream(text), upstream))
}

const bad = ['', ' ', 'dns.example', 'dns.example:53', '192.0.2.53:', '192.0.2.53:0', '192.0.2.53:65536', '192.0.2']
const badSchemes = [
  'tls://192.0.2.53#',
  'tls://192.0.2.53#a b',
  'tls://dns.example#other.example',
  'udp://192.0.2.53#x',
  'http://192.0.2.53',
  'udp://dns.example',
  'tcp://',
  'tls://',
  'tls://a..b',
  'tls://192.0.2.300',
]
for (const text of [...bad, ...badSchemes, 'tls://a b', '192.0.2.53:99999999', 'https://', 'ftp://x', '[192.0.2.53']) {
  t.test(`'${text}' is none`, async t => {
    t.throws(() => parseUpstream(text), { name: 'TypeError', message: `'${text}' names no nameserver: expected IP` })
  })
}

const templates = [
  'https://dns.example/{dns}',
  'https://{host}/q',
  'https://dns.example/q{?dns,ct}',
  'https://x/{?dns}/q',
]
for (const text of templates) {
  t.test(`'${text}' is a template`, async t => {
    t.throws(() => parseUpstream(text), {
      name: 'TypeError',
      message: /is a URL template: expected a URL without braces/,
    })
  })
}

for (const text of ['https://dns.example', 'https://dns.example?x=/', 'https://dns.example:8443{?dns}']) {
  t.test(`'${text}' has no path`, async t => {
    t.throws(() => parseUpstream(text), {
      message: /has no path: expected a URL such as https:\/\/dns\.example.*\/dns-query/,
    })
  })
}

for (const part of ['/', '/@', 'a.', ':', '[', '{', 'x@', '#', 'tls://']) {
  t.test(`a long text of '${part}' costs little, and its message is short`, async t => {
    const startedMs = performance.now()
    for (const scheme of ['', 'tls://', 'https://', 'udp://']) {
      const text = `${scheme}${part.repeat(1_000_000 / part.length)}`
      t.throws(() => parseUpstream(text), { message: /^[^]{1,400}$/ })
    }
    const tookMs = performance.now() - startedMs
    t.ok(tookMs < 1_000, `${tookMs} ms`)
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
