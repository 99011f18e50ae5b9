import t from 'tap'
import { localDomain, parseResolvConf } from '../../../../lib/resolver/local/resolv-conf.js'

const local = ['udp://127.0.0.1:53']

const cases: { name: string; text: string; nameservers?: string[]; search?: string[]; noAaaa?: boolean }[] = [
  { name: 'an empty file means the local server, as with glibc', text: '' },
  {
    name: 'servers stand in their order',
    text: 'nameserver 192.0.2.2\nnameserver 192.0.2.1\n',
    nameservers: ['udp://192.0.2.2:53', 'udp://192.0.2.1:53'],
  },
  {
    name: 'the fourth server is ignored',
    text: [1, 2, 3, 4].map(n => `nameserver 192.0.2.${n}`).join('\n'),
    nameservers: [1, 2, 3].map(n => `udp://192.0.2.${n}:53`),
  },
  {
    name: 'IPv6 servers and scopes are understood',
    text: 'nameserver 2001:db8::53\nnameserver fe80::1%eth0',
    nameservers: ['udp://[2001:db8::53]:53', 'udp://[fe80::1%eth0]:53'],
  },
  {
    name: 'a server that is no address is passed over',
    text: 'nameserver dns.example\nnameserver 192.0.2.1:53\nnameserver 192.0.2.300\nnameserver\nnameserver 192.0.2.1',
    nameservers: ['udp://192.0.2.1:53'],
  },
  {
    name: 'comments begin with # or ;',
    text: '# nameserver 192.0.2.8\n; search a.example\nnameserver 192.0.2.1 # mine\nsearch a.example ; b.example',
    nameservers: ['udp://192.0.2.1:53'],
    search: ['a.example'],
  },
  { name: 'the last search wins', text: 'search a.example b.example\nsearch c.example', search: ['c.example'] },
  {
    name: 'domain replaces search and the other way round',
    text: 'search a.example\ndomain b.example c.example',
    search: ['b.example'],
  },
  {
    name: 'search after domain wins',
    text: 'domain b.example\nsearch a.example c.example',
    search: ['a.example', 'c.example'],
  },
  {
    name: 'the root and what is no name add nothing',
    text: 'search . a..b ..  x.example. a b!c',
    search: ['x.example', 'a'],
  },
  { name: 'an empty search empties the list', text: 'search a.example\nsearch', search: [] },
  {
    name: 'other options and unknown lines are ignored',
    text: 'options ndots:5 timeout:1 rotate\nsortlist 192.0.2.0\nfamily inet6\nNameserver 192.0.2.1',
  },
  {
    name: 'tabs, indentation and CRLF are white space',
    text: '\tnameserver\t192.0.2.1\r\n  search\ta.example\r\n',
    nameservers: ['udp://192.0.2.1:53'],
    search: ['a.example'],
  },
  {
    name: 'use-vc means TCP, wherever it is written',
    text: 'options use-vc\nnameserver 192.0.2.1\nnameserver 2001:db8::53',
    nameservers: ['tcp://192.0.2.1:53', 'tcp://[2001:db8::53]:53'],
  },
  {
    name: 'use-vc holds for the local server too',
    text: 'options ndots:5 use-vc',
    nameservers: ['tcp://127.0.0.1:53'],
  },
  { name: 'no-aaaa is obeyed', text: 'options timeout:1 no-aaaa', noAaaa: true },
  { name: 'an option in a comment is none', text: 'options ndots:5 # no-aaaa use-vc' },
  { name: 'binary rubbish is passed over', text: '\0\uFFFDnameserver\0 192.0.2.1\nsearch \0', search: [] },
]

for (const { name, text, nameservers = local, search, noAaaa = false } of cases) {
  t.test(name, async t => {
    const parsed = parseResolvConf(text)
    t.strictSame(
      parsed.nameservers.map(({ label }) => label),
      nameservers,
    )
    t.strictSame(parsed.search, search)
    t.equal(parsed.noAaaa, noAaaa)
  })
}

t.test('a host without a search list has its own domain for one', async t => {
  t.strictSame(localDomain('host.a.example'), ['a.example'])
  t.strictSame(localDomain('host'), [])
  t.strictSame(localDomain('host.'), [])
})
