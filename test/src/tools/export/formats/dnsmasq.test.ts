import t from 'tap'
import { startTargetServer } from '../../../../servers/export/target-server.js'
import { write, type WriteRow } from '../write.js'

const rows: readonly WriteRow[] = [
  {
    is: 'a name has a line for each address, and passes on what lies below it',
    map: 'a.x.example=192.0.2.1|2001:db8::1',
    lines: [
      'address=/a.x.example/192.0.2.1',
      'address=/a.x.example/2001:db8::1',
      'local=/a.x.example/',
      'server=/*.a.x.example/#',
    ],
  },
  {
    is: 'a wildcard is none for the name of its zone, and goes on below a name',
    map: '*.x.example=192.0.2.1, a.x.example=refuse, b.x.example=system',
    lines: [
      'local=/a.x.example/',
      'server=/b.x.example/#',
      'address=/*.x.example/192.0.2.1',
      'local=/*.x.example/',
      'address=/*.a.x.example/192.0.2.1',
      'local=/*.a.x.example/',
      'address=/*.b.x.example/192.0.2.1',
      'local=/*.b.x.example/',
    ],
  },
  {
    is: 'a rule for all names is written where it has both families',
    map: '*=192.0.2.1|2001:db8::1, a.example=system',
    lines: [
      'server=/a.example/#',
      'address=/#/192.0.2.1',
      'address=/#/2001:db8::1',
      'address=/*.a.example/192.0.2.1',
      'address=/*.a.example/2001:db8::1',
      'local=/*.a.example/',
    ],
  },
  {
    is: 'a rule for all names is left out where it refuses them',
    map: '*=refuse',
    omissions: ["rule '*': a rule for all names: dnsmasq asks its own servers for names that are refused"],
  },
  {
    is: 'a rule for all names is left out where it lacks a family',
    map: '*=192.0.2.1',
    omissions: [
      "rule '*': a rule for all names: dnsmasq asks its own servers for names that have addresses of one family",
    ],
  },
]

for (const { is, map, lines = [], omissions = [] } of rows) {
  t.test(is, async t => {
    const written = await write('dnsmasq', map)
    t.strictSame(written.lines, lines)
    t.strictSame(written.omissions, omissions)
  })
}

t.test('targets are resolved now, as the library resolves them', async t => {
  const server = await startTargetServer()
  t.teardown(() => server.close())
  const env = { KAFKA_SPLIT_DNS_NAMESERVERS: server.upstream('udp').label }
  const addresses = (owner: string, lines: readonly string[]) =>
    lines.filter(line => line.startsWith(`address=/${owner}/`)).map(line => line.split('/')[2])

  t.test('with a warning and a comment that they go stale', async t => {
    const { warnings, comments } = await write('dnsmasq', '*.x.example=both.target.test', { env })
    t.strictSame(warnings, ['addresses of targets are the current ones: export again when an endpoint moves'])
    t.ok(comments.includes('The addresses of targets are the current ones: export again when an endpoint moves.'))
  })

  t.test('along aliases, each name by the rule that is for it', async t => {
    const map = '*.x.example=alias.target.test, {a}.x.example=four.target.test, b.x.example=both.target.test.'
    const { lines } = await write('dnsmasq', map, { env })
    t.equal(addresses('*.x.example', lines).length, 2)
    t.strictSame(addresses('*.x.example', lines), addresses('b.x.example', lines))
    t.notSame(addresses('*.x.example', lines), [])
  })

  t.test('what has no address is left out with the reason, and its names are passed on', async t => {
    const map = 'a.x.example=gone.target.test, *.x.example=four.target.test'
    const { lines, omissions } = await write('dnsmasq', map, { env })
    const why = "its target 'gone.target.test' can't be resolved (ENOTFOUND): explain says why"
    t.strictSame(omissions, [`rule 'a.x.example': ${why}`])
    t.ok(lines.includes('server=/a.x.example/#'))
  })

  t.test('the settings of the library are kept', async t => {
    const settings = { ...env, KAFKA_SPLIT_DNS_FAMILY: '6', KAFKA_SPLIT_DNS_ALLOW: '2001:db8::/32' }
    const { lines, omissions } = await write('dnsmasq', 'a.x.example=both.target.test', { env: settings })
    t.strictSame(omissions, [])
    t.match(addresses('a.x.example', lines), [/^2001:db8::/])
  })
})
