import t from 'tap'
import { write, type WriteRow } from '../write.js'

const star = '([0-9a-z_-]+(?:\\.[0-9a-z_-]+)*)'
const suffix = '\\.([a-z0-9-]+)\\.svc\\.cluster\\.local\\.$'

const template = (type: string, match: string, ...lines: readonly string[]) => [
  `template IN ${type} cluster.local {`,
  `match ^${match}${suffix}`,
  ...lines,
  'fallthrough',
  '}',
]
const answer = (type: string, data: string) => `answer "{{ .Name }} 30 IN ${type} ${data}"`

const rows: readonly WriteRow[] = [
  {
    is: "a name with a pod's suffix is a CNAME to the Service of the standard name in the pod's own namespace",
    map: '*.kafka.example=kafka.${NAMESPACE}.svc.cluster.local',
    lines: template(
      'ANY',
      `${star}\\.kafka\\.example`,
      answer('CNAME', 'kafka.{{ index .Match 2 }}.svc.cluster.local.'),
    ),
  },
  {
    is: 'captures are read, and a target that is no Service is the same for all namespaces',
    map: 'b-{n:int}.x.example=c{n}.t.example, a.x.example=192.0.2.1|2001:db8::1',
    lines: [
      ...template('A', 'a\\.x\\.example', answer('A', '192.0.2.1')),
      ...template('AAAA', 'a\\.x\\.example', answer('AAAA', '2001:db8::1')),
      ...template('ANY', 'a\\.x\\.example'),
      ...template('ANY', 'b-([0-9]+)\\.x\\.example', answer('CNAME', 'c{{ index .Match 1 }}.t.example.')),
    ],
  },
  {
    is: 'what is left alone does not exist with a suffix, so that the client goes on to the name as it is',
    map: '*.x.example=t.example, a.x.example=system',
    lines: [
      ...template('ANY', 'a\\.x\\.example', 'rcode NXDOMAIN'),
      ...template('ANY', `${star}\\.x\\.example`, answer('CNAME', 't.example.')),
    ],
  },
  {
    is: "what can't be refused, and what would take names of Services, is left out",
    map: 'a.x.example=refuse, *=t.example, {a}.{b}=t.example, kafka=t.example',
    lines: template('ANY', 'a\\.x\\.example', 'rcode NXDOMAIN'),
    omissions: [
      "rule 'kafka': it would match names of the cluster's own Services",
      "rule 'a.x.example': names cannot be refused (the map refuses it): a client goes on to the name as it is",
      "rule '{a}.{b}': it would match names of the cluster's own Services",
      "rule '*': it would match names of the cluster's own Services",
    ],
  },
  {
    is: 'a pattern with the namespace is left out, and so are names with more dots than ndots can be',
    map: `*.\${NAMESPACE}.example=t.example, ${'a.'.repeat(15)}example=t.example, ${'b.'.repeat(14)}example=t.example`,
    lines: [
      ...template('ANY', `${'a\\.'.repeat(15)}example`, 'rcode NXDOMAIN'),
      ...template('ANY', `${'b\\.'.repeat(14)}example`, answer('CNAME', 't.example.')),
      ...template('ANY', `${star}\\.kafka-split-dns-any-namespace\\.example`, 'rcode NXDOMAIN'),
    ],
    omissions: [
      `rule '${'a.'.repeat(15)}example': its names have more than 14 dots: ndots cannot be raised so far`,
      "rule '*.${NAMESPACE}.example': its pattern holds ${NAMESPACE}, which is unknown before a pod asks",
    ],
  },
]

/** The templates alone. */
const templates = (lines: readonly string[]) => {
  const trimmed = lines.map(line => line.trim()).filter(line => !line.startsWith('#'))
  const first = trimmed.findIndex(line => line.startsWith('template'))
  return first < 0
    ? []
    : trimmed.slice(
        first,
        trimmed.findIndex(line => line.startsWith('forward')),
      )
}

for (const { is, map, lines = [], omissions = [] } of rows) {
  t.test(is, async t => {
    const written = await write('nodelocal', map)
    t.strictSame(templates(written.lines), lines)
    t.strictSame([...written.omissions].sort(), [...omissions].sort())
  })
}

const ndots = [
  ['b0.kafka.example=t.example', 'ndots: 3', 'b0.kafka.example'],
  ['b0.kafka.example=t.example, *.a.b.c.example=t.example', 'ndots: 5', '*.a.b.c.example'],
  [`${'a.'.repeat(14)}example=t.example`, 'ndots: 15', `${'a.'.repeat(14)}example`],
] as const

for (const [map, told, longest] of ndots) {
  t.test(`${longest} needs ${told}, which a comment says`, async t => {
    const { comments } = await write('nodelocal', map)
    t.ok(comments.includes(told))
    t.ok(comments.includes(longest))
  })
}

t.test("the cluster's domain may be another", async t => {
  const { text } = await write('nodelocal', 'b0.kafka.example=kafka.${NAMESPACE}.svc.k8s.test', {
    flags: ['--cluster-domain', 'K8S.test.'],
  })
  t.match(text, 'k8s.test:53 {')
  t.match(text, 'template IN ANY k8s.test {')
  t.match(text, 'match ^b0\\.kafka\\.example\\.([a-z0-9-]+)\\.svc\\.k8s\\.test\\.$')
})

// kubernetes/dns, cmd/node-cache/main.go: these are all that NodeLocal DNS is built with.
const plugins = `bind cache debug errors forward health hosts loadbalance log loop metrics pprof reload rewrite template
  trace whoami prometheus`.split(/\s+/)

t.test('no plugin is used that NodeLocal DNS does not have', async t => {
  const { lines } = await write('nodelocal', 'a.example=t.example, b.example=192.0.2.1, *.c.example=system')
  const used = lines.flatMap(line => /^ {4}([a-z]+)/.exec(line)?.[1] ?? [])
  t.ok(used.length > 5)
  t.strictSame(
    used.filter(plugin => !plugins.includes(plugin)),
    [],
  )
})
