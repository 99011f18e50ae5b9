import t from 'tap'
import { write, type WriteRow } from '../write.js'

const soa = 'authority "{{ .Name }} 60 IN SOA kafka-split-dns.invalid. kafka-split-dns.invalid. 1 3600 600 86400 60"'
const star = '([0-9a-z_-]+(?:\\.[0-9a-z_-]+)*)'

const rows: readonly WriteRow[] = [
  {
    is: 'an exact name is led to its target, and so is whatever a pattern reads',
    map: 'a.example=t.example, b-{n:int}.x.example=c{n}.{host}.t.example., *.y.example={*}.t.example',
    lines: [
      'rewrite stop name exact a.example. t.example.',
      'rewrite stop name regex ^b-([0-9]+)\\.x\\.example\\.$ c{1}.b-{1}.x.example.t.example. answer auto',
      `rewrite stop name regex ^${star}\\.y\\.example\\.$ {1}.t.example. answer auto`,
    ],
  },
  {
    is: 'names that are left alone are led to themselves, which no later line undoes',
    map: 'a.example=system, {x}.b.example=system, {x}.c.example:1=t.example, *=t.example',
    lines: [
      'rewrite stop name exact a.example. a.example.',
      'rewrite stop name regex ^(([0-9a-z_-]+)\\.b\\.example)\\.$ {1}.',
      'rewrite stop name regex ^(([0-9a-z_-]+)\\.c\\.example)\\.$ {1}.',
      `rewrite stop name regex ^${star}\\.$ t.example. answer auto`,
    ],
    omissions: ["rule '{x}.c.example:1': DNS has no ports"],
  },
  {
    is: 'addresses, and what does not exist, are answered by templates, each family with its own or with none',
    map: 'a.example=192.0.2.1|2001:db8::1, b.example=2001:db8::1, c.example=refuse, d-{n:int}.example=198.51.100.{n}',
    lines: [
      'rewrite stop name exact a.example. addresses-1.kafka-split-dns.invalid.',
      'rewrite stop name exact b.example. addresses-2.kafka-split-dns.invalid.',
      'rewrite stop name exact c.example. none.kafka-split-dns.invalid.',
      'rewrite stop name regex ^d-(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])\\.example\\.$ 198.51.100.{1}.ipv4.kafka-split-dns.invalid. answer auto',
      'rewrite stop name regex ^d-([0-9]+)\\.example\\.$ none.kafka-split-dns.invalid. answer auto',
      ...['template IN A addresses-1.kafka-split-dns.invalid {', 'answer "{{ .Name }} 60 IN A 192.0.2.1"', '}'],
      ...['template IN AAAA addresses-1.kafka-split-dns.invalid {', 'answer "{{ .Name }} 60 IN AAAA 2001:db8::1"', '}'],
      ...['template IN ANY addresses-1.kafka-split-dns.invalid {', soa, '}'],
      ...['template IN AAAA addresses-2.kafka-split-dns.invalid {', 'answer "{{ .Name }} 60 IN AAAA 2001:db8::1"', '}'],
      ...['template IN ANY addresses-2.kafka-split-dns.invalid {', soa, '}'],
      ...['template IN A ipv4.kafka-split-dns.invalid {', 'match ^([0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+)\\.ipv4\\.'],
      ...['answer "{{ .Name }} 60 IN A {{ index .Match 1 }}"', '}'],
      ...['template IN ANY ipv4.kafka-split-dns.invalid {', soa, '}'],
      ...['template IN ANY none.kafka-split-dns.invalid {', 'rcode NXDOMAIN', soa, '}'],
    ],
  },
]

/** The lines of the block that the map made, without those that are always there. */
function own(lines: readonly string[]): readonly string[] {
  const always = ['.:53 {', 'errors', 'cache 30', 'loop', 'forward . /etc/resolv.conf']
  const trimmed = lines.map(line => line.trim()).filter(line => !line.startsWith('#') && !always.includes(line))
  // The block's own end.
  return trimmed.slice(0, -1)
}

for (const { is, map, lines = [], omissions = [] } of rows) {
  t.test(is, async t => {
    const written = await write('coredns', map)
    t.strictSame(own(written.lines), lines)
    t.strictSame(written.omissions, omissions)
  })
}

t.test('nameservers of the settings are asked for the names of targets, and for nothing else', async t => {
  const env = { KAFKA_SPLIT_DNS_NAMESERVERS: '192.0.2.53, [2001:db8::53]:5353, tls://dns.example' }
  const map = 'a.example=one.t.example, b-{n:int}.example=b{n}.v.example, c.example=192.0.2.1, d.example=two.t.example'
  const { text } = await write('coredns', map, { env })
  const forwards = text.split('\n').filter(line => /^ *forward /.test(line))
  t.strictSame(
    forwards.map(line => line.trim()),
    [
      'forward one.t.example. 192.0.2.53:53 [2001:db8::53]:5353',
      'forward two.t.example. 192.0.2.53:53 [2001:db8::53]:5353',
      'forward v.example. 192.0.2.53:53 [2001:db8::53]:5353',
      'forward . /etc/resolv.conf',
    ],
  )
  t.match(text, "'tls://dns.example:853' is not asked for targets: forward is written for IP[:port] only")
})

t.test('settings that no server knows are told', async t => {
  const env = {
    KAFKA_SPLIT_DNS_UNMAPPED: 'refuse',
    KAFKA_SPLIT_DNS_ALLOW: '10.0.0.0/8',
    KAFKA_SPLIT_DNS_FALLBACK: 'original',
    KAFKA_SPLIT_DNS_FAMILY: '4',
  }
  const { comments } = await write('coredns', 'a.example=t.example', { env })
  for (const told of [
    'KAFKA_SPLIT_DNS_UNMAPPED: names that no rule matches are not refused',
    'KAFKA_SPLIT_DNS_ALLOW: addresses outside of 10.0.0.0/8 are not refused',
    "KAFKA_SPLIT_DNS_FALLBACK: there is no fallback to the broker's own name",
    'KAFKA_SPLIT_DNS_FAMILY: addresses of both families are answered, not only IPv4',
  ])
    t.ok(comments.includes(told), told)
})
