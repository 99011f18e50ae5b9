import t from 'tap'
import { localDomain, parseHosts, parseResolvConf } from '../../../lib/resolver/local-files.js'
import { found, nothing, said } from './fake-transport.js'
import { makeFixture } from './fixture.js'

const dns = found('b0.x.example. 30 IN A 192.0.2.1')
const host = 'b0.x.example'

const cases = [
  { name: 'a literal is itself', host: '192.0.2.9', family: 0, brief: 'literal 192.0.2.9' },
  { name: 'an IPv6 literal too', host: '2001:db8::9', family: 0, brief: 'literal 2001:db8::9' },
  { name: 'a literal with a scope too', host: 'fe80::1%lo', family: 6, brief: 'literal fe80::1%lo' },
  { name: 'a literal of the other family is nothing', host: '192.0.2.9', family: 6, brief: 'ENOTFOUND' },
  { name: 'an IPv6 literal where IPv4 is wanted too', host: '2001:db8::9', family: 4, brief: 'ENOTFOUND' },
  { name: 'localhost is loopback, whatever the file says', host: 'localhost', family: 0, brief: 'hosts 127.0.0.1 ::1' },
  { name: 'below localhost as well', host: 'A.LocalHost.', family: 6, brief: 'hosts ::1' },
  { name: 'the hosts file comes before DNS', host, family: 0, brief: 'hosts 192.0.2.8 2001:db8::8' },
  { name: 'one family of it', host, family: 4, brief: 'hosts 192.0.2.8' },
  { name: 'in any case and absolute', host: 'B0.X.Example.', family: 4, brief: 'hosts 192.0.2.8' },
  { name: 'a family that the file lacks is asked for', host: 'v6.x.example', family: 4, brief: 'ENOTFOUND' },
] as const

for (const { name, host, family, brief } of cases) {
  t.test(name, async t => {
    const { ask, peek, clock, transport } = makeFixture(t, {
      hosts: '192.0.2.66 localhost a.localhost\n192.0.2.8 b0.x.example\n2001:db8::8 b0.x.example v6.x.example',
      script: () => nothing('NXDOMAIN', 5),
    })
    const pending = ask(host, { family })
    await clock.advance(0)
    t.equal(pending.brief, brief)
    t.equal(transport.asked.length, host.startsWith('v6') ? 1 : 0)
    const peeked = peek(host, { family, fresh: true })
    t.strictSame(peeked?.addresses, pending.answer?.addresses, 'also without waiting')
  })
}

t.test('a hosts file that changes is read again', async t => {
  const { ask, peek, clock, writeFile } = makeFixture(t, { script: () => dns })
  ask(host, { family: 4 })
  await clock.advance(0)
  t.match(peek(host, { family: 4 }), { source: 'cache' })
  writeFile('hosts', '192.0.2.8 b0.x.example')
  await clock.advance(1_000)
  const lease = peek(host, { family: 4 })?.lease
  await clock.advance(0)
  t.equal(lease?.untilMs, -Infinity)
  t.equal(peek(host, { family: 4 })?.source, 'hosts', 'and what was cached does not hide it')
  writeFile('hosts', '192.0.2.99 b0.x.example')
  await clock.advance(1_000)
  t.equal(peek(host, { family: 4 }), undefined, 'an old look is not gone by')
  const pending = ask(host, { family: 4 })
  await clock.advance(0)
  t.equal(pending.brief, 'hosts 192.0.2.99')
})

t.test('resolv.conf that changes brings other servers and another search list', async t => {
  const { ask, clock, transport, writeFile } = makeFixture(t, {
    servers: 'resolv.conf',
    resolvConf: 'nameserver 192.0.2.51\nsearch a.test',
    script: ({ question: { name } }) => (name === 'b0' ? nothing('NXDOMAIN', 5) : found(`${name}. 300 IN A 192.0.2.1`)),
  })
  ask('b0', { family: 4 })
  await clock.advance(1_000)
  writeFile('resolv.conf', 'nameserver 192.0.2.52\nsearch b.test\n')
  ask('other', { family: 4 })
  await clock.advance(0)
  const pending = ask('b0', { family: 4 })
  await clock.advance(0)
  t.equal(pending.brief, 'dns 192.0.2.1')
  t.strictSame(transport.told, ['192.0.2.51 A b0.a.test', '192.0.2.52 A other.b.test', '192.0.2.52 A b0.b.test'])
})

t.test('an answer that was asked for before a change is given to its waiters, and not kept', async t => {
  const { after } = await import('./fake-transport.js')
  const { ask, peek, clock, writeFile } = makeFixture(t, {
    script: ({ question }) => after(500, found(`${question.name}. 30 IN A 192.0.2.1`)),
  })
  ask('warm.x.example', { family: 4 })
  await clock.advance(990)
  const pending = ask(host, { family: 4 })
  writeFile('hosts', '192.0.2.8 c.x.example')
  await clock.advance(20)
  peek('warm.x.example', { family: 4 })
  await clock.advance(490)
  t.equal(pending.brief, 'dns 192.0.2.1')
  t.equal(peek(host, { family: 4 }), undefined)
})

t.test('without resolv.conf the local server is asked, as with glibc', async t => {
  const { ask, clock, transport } = makeFixture(t, {
    servers: 'resolv.conf',
    resolvConfPath: '/nonexistent/resolv.conf',
    hostsPath: '/nonexistent/hosts',
    script: () => dns,
  })
  const pending = ask(host, { family: 4 })
  await clock.advance(0)
  t.equal(pending.brief, 'dns 192.0.2.1')
  t.strictSame(transport.told, [`127.0.0.1 A ${host}`])
})

t.test('a file that can not be read is reported once, and is not taken for an empty one', async t => {
  const warnings: string[] = []
  const { ask, clock, transport } = makeFixture(t, {
    hostsPath: '/',
    resolvConfPath: '/',
    servers: 'resolv.conf',
    script: () => dns,
    system: async () => [{ address: '192.0.2.7', family: 4 }],
    onWarning: message => {
      warnings.push(message)
      throw new Error("a listener's fault")
    },
  })
  for (const name of [host, 'b1.x.example']) {
    const pending = ask(name, { family: 4 })
    await clock.advance(2_000)
    t.equal(pending.brief, 'system 192.0.2.7')
  }
  t.strictSame(transport.told, [])
  // The two files are read side by side.
  t.strictSame(warnings.sort(), [
    "/ can't be read (EISDIR): its names are left to DNS",
    "/ can't be read (EISDIR): the system's resolver is asked in place of its servers",
  ])
})

t.test('a file that can no longer be read stays in use as it was', async t => {
  const warnings: string[] = []
  const { ask, peek, clock, transport, replaceFile } = makeFixture(t, {
    servers: 'resolv.conf',
    resolvConf: 'nameserver 192.0.2.53',
    hosts: '192.0.2.8 b1.x.example',
    script: () => dns,
    onWarning: message => warnings.push(message),
  })
  ask(host, { family: 4 })
  await clock.advance(0)
  replaceFile('hosts')
  replaceFile('resolv.conf')
  for (const name of ['b2.x.example', 'b3.x.example']) {
    await clock.advance(2_000)
    ask(name, { family: 4 })
    await clock.advance(0)
  }
  t.match(warnings.toSorted(), [
    /hosts can't be read \(EISDIR\): what was read before stays in use$/,
    /resolv.conf can't be read/,
  ])
  t.equal(warnings.length, 2)
  t.equal(peek('b1.x.example')?.source, 'hosts')
  t.strictSame(
    transport.told,
    [host, 'b2.x.example', 'b3.x.example'].map(name => `192.0.2.53 A ${name}`),
  )
})

t.test('nothing is read, asked or timed before the first look-up, and nothing by peek', async t => {
  const { peek, clock, transport } = makeFixture(t, { script: () => said('SERVFAIL') })
  t.equal(peek(host), undefined)
  await clock.advance(0)
  t.strictSame(transport.told, [])
  t.strictSame(clock.timers, { all: 0, held: 0 })
})

// The hosts file.

const hostsCases: { name: string; text: string; table: Record<string, string[]> }[] = [
  { name: 'an empty file has no names', text: '', table: {} },
  {
    name: 'a line gives all its names an address',
    text: '192.0.2.1 a.example b',
    table: { 'a.example': ['192.0.2.1'], b: ['192.0.2.1'] },
  },
  {
    name: 'a name on several lines has all addresses, IPv4 first, each once',
    text: '2001:db8::1 a\n192.0.2.2 a\n192.0.2.1 a\n192.0.2.2 a',
    table: { a: ['192.0.2.2', '192.0.2.1', '2001:db8::1'] },
  },
  {
    name: 'case and a trailing dot make no difference',
    text: '192.0.2.1 A.Example.',
    table: { 'a.example': ['192.0.2.1'] },
  },
  {
    name: 'a comment ends a line anywhere',
    text: '#192.0.2.1 a\n192.0.2.1 b#c d\n192.0.2.2 e # f',
    table: { b: ['192.0.2.1'], e: ['192.0.2.2'] },
  },
  {
    name: 'a line without a good address is passed over',
    text: '192.0.2 a\nlocalhost b\n192.0.2.256 c\n\t\n192.0.2.1',
    table: {},
  },
  { name: 'tabs and CRLF are white space', text: '\t192.0.2.1\ta\r\n', table: { a: ['192.0.2.1'] } },
  {
    name: 'names of the language are names',
    text: '192.0.2.1 __proto__ constructor',
    table: Object.fromEntries([
      ['__proto__', ['192.0.2.1']],
      ['constructor', ['192.0.2.1']],
    ]),
  },
]

for (const { name, text, table } of hostsCases) {
  t.test(name, async t => {
    const parsed = [...parseHosts(text)].map(([host, addresses]) => [host, addresses.map(({ address }) => address)])
    t.strictSame(parsed, Object.entries(table))
  })
}

// resolv.conf.

const local = ['udp://127.0.0.1:53']

const resolvConfCases: { name: string; text: string; nameservers?: string[]; search?: string[]; noAaaa?: boolean }[] = [
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

for (const { name, text, nameservers = local, search, noAaaa = false } of resolvConfCases) {
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
  t.strictSame(
    localDomain(() => 'host.a.example'),
    ['a.example'],
  )
  t.strictSame(
    localDomain(() => 'host'),
    [],
  )
  t.strictSame(
    localDomain(() => 'host.'),
    [],
  )
})
