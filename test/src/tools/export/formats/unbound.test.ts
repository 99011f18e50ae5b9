import { join } from 'node:path'
import t from 'tap'
import { runMain } from '../../cli/fixtures/run-main.js'
import { write, type WriteRow } from '../write.js'

const rows: readonly WriteRow[] = [
  {
    is: 'a name is led to a name by a CNAME, to addresses by themselves',
    map: 'a.x.example=t.example, b.x.example=192.0.2.1|2001:db8::1|192.0.2.2',
    lines: [
      'a.x.example IN CNAME t.example.',
      'b.x.example IN A 192.0.2.1',
      'b.x.example IN AAAA 2001:db8::1',
      'b.x.example IN A 192.0.2.2',
    ],
  },
  {
    is: 'what is refused does not exist, what is left alone is passed on from under a wildcard',
    map: '*.x.example=t.example, a.x.example=refuse, b.x.example=system, c.example=system',
    lines: [
      'a.x.example IN CNAME .',
      'b.x.example IN CNAME rpz-passthru.',
      '*.x.example IN CNAME t.example.',
      '*.a.x.example IN CNAME t.example.',
      '*.b.x.example IN CNAME t.example.',
    ],
  },
  {
    is: 'captures are left out, and it is told what their names get',
    map: '*.x.example=t.example, {a}.x.example={a}.t.example, {a}.y.example={a}.t.example, {a}.x.example:1=system',
    lines: ['*.x.example IN CNAME t.example.'],
    omissions: [
      "rule '{a}.x.example:1': DNS has no ports",
      "rule '{a}.y.example': captures can't be read: its names are passed on",
      "rule '{a}.x.example': captures can't be read: its names are answered by rule '*.x.example' instead",
    ],
  },
  {
    is: 'a target that depends on what * covers is left out, and its names are passed on',
    map: '*.x.example={*}.t.test, a.x.example=t.test, *.example=t.test',
    lines: [
      'a.x.example IN CNAME t.test.',
      '*.x.example IN CNAME rpz-passthru.',
      '*.a.x.example IN CNAME rpz-passthru.',
      '*.example IN CNAME t.test.',
      'x.example IN CNAME t.test.',
    ],
    omissions: ["rule '*.x.example': its target depends on what '*' covers"],
  },
  {
    is: 'a rule for all names is left out',
    map: '*=t.example',
    omissions: ["rule '*': a rule for all names: unbound would apply it to the CNAMEs of its target as well"],
  },
  {
    is: 'names that have a meaning of their own in a policy zone are left out',
    map: 'a.rpz-ip=t.example, b.example=rpz-drop., c.rpz-ip.example=rpz.',
    lines: ['c.rpz-ip.example IN CNAME rpz.'],
    omissions: [
      "rule 'b.example': its target 'rpz-drop' has a special meaning in a policy zone",
      "rule 'a.rpz-ip': its name has a special meaning in a policy zone",
    ],
  },
  {
    is: 'a name that is too long for an owner in a policy zone is left out',
    map: `${'a.'.repeat(115)}example=t.example`,
    omissions: [`rule '${'a.'.repeat(115)}example': its name is too long for a policy zone`],
  },
]

const head = ['$TTL 60', '@ IN SOA localhost. kafka-split-dns.rpz. 1 3600 600 86400 60', '@ IN NS localhost.']

for (const { is, map, lines = [], omissions = [] } of rows) {
  t.test(is, async t => {
    const written = await write('unbound', map, { mark: ';' })
    t.strictSame(written.lines, [...head, ...lines])
    t.strictSame(written.omissions, omissions)
  })
}

t.test('the comments say what unbound and BIND need, for zones that unbound has of its own too', async t => {
  const plain = await write('unbound', 'a.x.example=t.example', { mark: ';' })
  t.ok(plain.comments.includes('zonefile: /etc/unbound/kafka-split-dns.rpz'))
  t.notOk(plain.comments.some(line => line.includes('nodefault')))
  const own = await write('unbound', 'a.x.test=t.example, *.b.invalid=refuse', { mark: ';' })
  t.strictSame(
    own.comments.filter(line => line.includes('nodefault')),
    ['local-zone: "invalid." nodefault', 'local-zone: "test." nodefault'],
  )
})

t.test("nameservers of the library's settings are told as not asked", async t => {
  const env = { KAFKA_SPLIT_DNS_NAMESERVERS: '127.0.0.1:5300, system' }
  const { warnings } = await write('unbound', 'a.x.example=t.example', { mark: ';', env })
  t.strictSame(warnings, ['the server resolves targets as any other name: it does not ask udp://127.0.0.1:5300'])
})

t.test('without --partial nothing is written where something is left out', async t => {
  const { code, stdout, stderr } = await runMain(['export', '--to', 'unbound', '--map', '{a}.x.example={a}.example'])
  t.strictSame([code, stdout], [1, ''])
  t.match(stderr, /can't express this: --partial writes the rest/)
})

t.test('a name that is spelt out of a table is answered by the rule that decides for it, captures or not', async t => {
  const map = `tables: { t: { a: both, '1': one, z-: dash } }
rules:
  - { match: '{x:word}.k.example', to: refuse }
  - { match: '{x}.k.example', to: '{t[x]}.t.example' }`
  const folder = t.testdir({ 'map.yaml': map })
  const args = ['export', '--to', 'unbound', '--partial', '--map-file', join(folder, 'map.yaml')]
  const { stdout } = await runMain(args)
  t.match(stdout, /^a\.k\.example IN CNAME \.$/m)
  t.match(stdout, /^1\.k\.example IN CNAME \.$/m)
  t.match(stdout, /^z-\.k\.example IN CNAME dash\.t\.example\.$/m)
})

t.test('no comment is longer than the lines that servers read', async t => {
  const folder = t.testdir({
    'map.yaml': `rules: [{ match: '{x}.example', to: '${'a.'.repeat(100)}b', allow: [${'10.0.0.0/8, '.repeat(200)}] }]`,
  })
  for (const format of ['unbound', 'dnsmasq', 'coredns']) {
    const { stdout } = await runMain(['export', '--to', format, '--partial', '--map-file', join(folder, 'map.yaml')])
    t.ok(stdout.split('\n').every(line => !/^[#;]/.test(line) || Buffer.byteLength(line) < 500))
  }
})
