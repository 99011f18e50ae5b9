import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Pod } from 'kubernetes-models/v1'
import t from 'tap'
import { parse } from 'yaml'
import { respond, type Query } from '../../../servers/dns-message.js'
import { startDnsServer } from '../../../servers/dns-server.js'
import { runMain, type MainOptions } from '../cli/fixtures/run-main.js'

const zone: Readonly<Record<string, readonly string[]>> = {
  'two.vpce.example': ['A 192.0.2.22', 'A 192.0.2.3'],
  'both.vpce.example': ['AAAA 2001:db8::1', 'A 192.0.2.4'],
  'outside.vpce.example': ['A 203.0.113.9'],
  'svc.team-a.svc.cluster.local': ['A 192.0.2.5'],
}
const answer = (query: Query) => {
  const records = zone[query.name]
  const own = (records ?? []).filter(text => text.startsWith(`${query.type} `))
  return respond(query, {
    ...(records === undefined ? { rcode: 'NXDOMAIN' as const } : {}),
    answers: own.map(text => `${query.name}. 30 IN ${text}`),
  })
}
const server = await startDnsServer({ udp: true, tcp: true }, answer)
t.teardown(() => server.close())
const env = {
  KAFKA_SPLIT_DNS_NAMESERVERS: server.upstream('udp').label,
  KAFKA_SPLIT_DNS_FALLBACK: 'none',
  NAMESPACE: 'team-a',
}

const path = join(t.testdir({}), 'map.yaml')

/** The command's outcome: what is written without comments, and what is told. */
async function exported(format: string, map: string, names: readonly string[] = [], options: MainOptions = {}) {
  const isYaml = map.startsWith('rules:')
  if (isYaml) writeFileSync(path, map)
  const from = isYaml ? ['--map-file', path] : ['--map', map]
  const args = ['export', '--to', format, '--partial', ...from, ...names]
  const { code, stdout, stderr } = await runMain(args, { ...options, env: { ...env, ...options.env } })
  const lines = stdout.split('\n').filter(line => line !== '' && !/^\s*#/.test(line))
  const told = stderr
    .split('\n')
    .filter(line => line !== '' && !line.includes('go stale'))
    .map(line => line.replace(/^not expressed: /, ''))
  return { code, stdout, lines, told }
}

interface Case {
  readonly name: string
  readonly map: string
  readonly names?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly lines: readonly string[]
  /** Of each line that is told, a part. */
  readonly told?: readonly string[]
}

const cases: readonly Case[] = [
  {
    name: 'names are sorted, whatever their order in the map',
    map: 'b.example=192.0.2.1, a.example=192.0.2.2',
    lines: ['192.0.2.2 a.example', '192.0.2.1 b.example'],
  },
  {
    name: "a target's addresses are sorted, IPv4 first",
    map: 'a.example=two.vpce.example, b.example=both.vpce.example',
    lines: ['192.0.2.22 a.example', '192.0.2.3 a.example', '192.0.2.4 b.example', '2001:db8::1 b.example'],
  },
  {
    name: "several targets' addresses are in the targets' order",
    map: 'a.example=192.0.2.9|two.vpce.example|192.0.2.1',
    lines: ['192.0.2.9 a.example', '192.0.2.22 a.example', '192.0.2.3 a.example', '192.0.2.1 a.example'],
    told: ['warning: the addresses of several targets are written in order, but not every client keeps that order'],
  },
  {
    name: 'an address that two targets have stands once',
    map: 'a.example=192.0.2.3|two.vpce.example',
    lines: ['192.0.2.3 a.example', '192.0.2.22 a.example'],
    told: ['warning: the addresses of several targets'],
  },
  {
    name: 'a target that does not resolve is told, the others are written',
    map: 'a.example=gone.vpce.example|192.0.2.1',
    lines: ['192.0.2.1 a.example'],
    told: [
      'warning: the addresses of several targets',
      "option map:1:1: rule 'a.example': its target 'gone.vpce.example' has no current address",
    ],
  },
  {
    name: 'a name that does not resolve is told at its rule, and nothing of ${} is shown',
    map: 'a.example=192.0.2.1, b.example=gone.${NAMESPACE}.example',
    lines: ['192.0.2.1 a.example'],
    told: ["option map:1:22: rule 'b.example': 'b.example' can't be resolved (ENOTFOUND): explain says why"],
  },
  {
    name: 'addresses outside of allow are not written',
    map: 'a.example=outside.vpce.example',
    env: { KAFKA_SPLIT_DNS_ALLOW: '192.0.2.0/24' },
    lines: [],
    told: ["'a.example' can't be resolved (ERR_SPLIT_DNS_ADDRESS_REFUSED)"],
  },
  {
    name: "a target of several rules is resolved by each rule's own settings",
    map: `rules:
- { match: a.example, to: two.vpce.example }
- { match: b.example, to: two.vpce.example }
- { match: c.example, to: two.vpce.example, allow: [203.0.113.0/24] }
- { match: d.example, to: two.vpce.example, allow: [192.0.2.0/24] }
`,
    lines: ['a', 'b', 'd'].flatMap(name => [`192.0.2.22 ${name}.example`, `192.0.2.3 ${name}.example`]),
    told: ["'c.example' can't be resolved (ERR_SPLIT_DNS_ADDRESS_REFUSED)"],
  },
  {
    name: 'a rule for more names is told, and so is each that names a port',
    map: '*.k.example=192.0.2.1, b{n:int}.k.example=192.0.2.{n}, a.example:9092=192.0.2.1, c.example=192.0.2.2:443',
    lines: [],
    told: [
      "option map:1:1: rule '*.k.example': it matches more names than a list can hold",
      "option map:1:24: rule 'b{n:int}.k.example': it matches more names",
      "option map:1:56: rule 'a.example:9092': a list of names has no ports",
      "option map:1:82: rule 'c.example': its target sets a port",
    ],
  },
  {
    name: 'of two rules for a name the one without a port is written',
    map: 'a.example:9092=192.0.2.1, a.example=192.0.2.2',
    lines: ['192.0.2.2 a.example'],
    told: ["rule 'a.example:9092': a list of names has no ports"],
  },
  {
    name: 'what is left to the system needs no line, and what is refused can have none',
    map: 'a.example=system, *.b.example=system, c.example=refuse, 10.0.{a:int}.1=system',
    lines: [],
    told: ["rule 'c.example': a list of names cannot refuse a name"],
  },
  {
    name: 'an address is not in a list of names',
    map: '10.0.0.1=192.0.2.1, [2001:db8::7]=192.0.2.1, 10.1.{a:int}.1=192.0.2.1',
    lines: [],
    told: [
      "rule '10.0.0.1': a client connects to an address",
      "rule '[2001:db8::7]': a client",
      "rule '10.1.{a:int}.1': a client",
    ],
  },
  {
    name: 'a name that is given is written by the rule that decides for it, and the rule is told all the same',
    map: '*.k.example=192.0.2.1, b{n:int}.k.example=svc.${NAMESPACE}.svc.cluster.local.',
    names: ['b7.k.example', 'Other.K.Example.', 'b7.k.example:9092'],
    lines: ['192.0.2.5 b7.k.example', '192.0.2.1 other.k.example'],
    told: ["rule '*.k.example' (option map rule", "rule 'b{n:int}.k.example' (option map rule"],
  },
  {
    name: 'a name that is given stands once beside its exact rule',
    map: 'a.example=192.0.2.1',
    names: ['a.example', 'A.example.'],
    lines: ['192.0.2.1 a.example'],
  },
  {
    name: 'of a name that is given and leads nowhere it is told why',
    map: 'a.example=192.0.2.1, *.s.example=system, *.r.example=refuse, *.p.example=192.0.2.1:443',
    names: ['b.example', 'x.s.example', 'x.r.example', 'x.p.example', '192.0.2.1'],
    lines: ['192.0.2.1 a.example'],
    told: [
      'warning: nothing is written for 192.0.2.1: no rule matches it',
      'warning: nothing is written for b.example: no rule matches it',
      "warning: nothing is written for x.p.example: see its rule '*.p.example'",
      "warning: nothing is written for x.r.example: rule '*.r.example' says refuse",
      "warning: nothing is written for x.s.example: rule '*.s.example' says system",
      "rule '*.r.example': a list of names cannot refuse a name",
      "rule '*.p.example': its target sets a port",
    ],
  },
  {
    name: 'a name of another alphabet is written by its A-labels',
    map: 'bücher.example=192.0.2.1, *.k.example=192.0.2.2',
    names: ['bücher.k.example'],
    lines: ['192.0.2.1 xn--bcher-kva.example', '192.0.2.2 xn--bcher-kva.k.example'],
    told: ["rule '*.k.example' (option map rule"],
  },
  {
    name: 'names that are to be refused where no rule matches are told',
    map: 'a.example=192.0.2.1',
    env: { KAFKA_SPLIT_DNS_UNMAPPED: 'refuse' },
    lines: ['192.0.2.1 a.example'],
    told: ['KAFKA_SPLIT_DNS_UNMAPPED: names that no rule matches are not refused'],
  },
  {
    name: 'a name for which a table lacks the key goes to the next rule, or is told',
    map: 'rules: [{ match: a.example, to: "{t[host]}.x" }, { match: b.b.example, to: "{t[host]}.x" }, { match: "*.b.example", to: 192.0.2.1 }]\ntables: { t: { z: z } }',
    lines: ['192.0.2.1 b.b.example'],
    told: [
      "rule 'b.b.example' (",
      "rule '*.b.example': it matches more",
      "map.yaml:1:9: a.example: rule 'a.example' (",
    ],
  },
]

for (const { name, map, names, lines, told = [], env = {} } of cases) {
  t.test(`hosts: ${name}`, async t => {
    const found = await exported('hosts', map, names, { env })
    t.equal(found.code, 0)
    t.strictSame(found.lines, lines)
    t.equal(found.told.length, told.length, found.told.join('\n'))
    for (const part of told)
      t.ok(
        found.told.some(line => line.includes(part)),
        `${part} in\n${found.told.join('\n')}`,
      )
  })
}

t.test('the list says where it is from, that it goes stale, and of which rule each name is', async t => {
  const { stdout } = await exported('hosts', 'b0.example=192.0.2.1, b1.example=192.0.2.1, *.x.example=192.0.2.1')
  t.match(stdout, /^# Written by kafka-split-dns export --to hosts from option map: change the map, not this file\.\n/)
  t.match(stdout, "# Not expressed here:\n#   option map:1:45: rule '*.x.example'")
  t.match(stdout, /\n# The addresses are those of the time of writing/)
  t.match(stdout, "\n# 'b0.example' (option map rule 1)\n192.0.2.1 b0.example\n")
  const { stderr } = await runMain(['export', '--to', 'hosts', '--map', 'b0.example=192.0.2.1'])
  t.match(stderr, /^kafka-split-dns export: warning: the addresses are the current ones: they go stale .*\n$/)
})

t.test('more names than are asked for at once are all written, in order', async t => {
  const names = Array.from({ length: 30 }, (_, index) => `b${String(index).padStart(2, '0')}.example`)
  const { lines } = await exported('hosts', names.map(name => `${name}=both.vpce.example`).join(), [])
  t.strictSame(
    lines,
    names.flatMap(name => [`192.0.2.4 ${name}`, `2001:db8::1 ${name}`]),
  )
})

interface Spec {
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[]
}

/** The `hostAliases` of a pod that Kubernetes' schema takes. */
function aliasesOf(text: string): Spec['hostAliases'] {
  const spec = { containers: [{ name: 'orders', image: 'orders:1' }], ...(parse(text) as Spec) }
  new Pod({ metadata: { name: 'orders' }, spec: { ...spec, hostAliases: mutable(spec.hostAliases) } }).validate()
  return spec.hostAliases
}
const mutable = (aliases: Spec['hostAliases']) =>
  aliases.map(({ ip, hostnames }) => ({ ip, hostnames: [...hostnames] }))

t.test('hostaliases: names stand by address, once each, in the order of the names', async t => {
  const map = 'b.example=192.0.2.1, a.example=both.vpce.example|192.0.2.1, null=192.0.2.1'
  const { stdout } = await exported('hostaliases', map)
  t.strictSame(aliasesOf(stdout), [
    { ip: '192.0.2.4', hostnames: ['a.example'] },
    { ip: '2001:db8::1', hostnames: ['a.example'] },
    { ip: '192.0.2.1', hostnames: ['a.example', 'b.example', 'null'] },
  ])
  t.match(stdout, /\n {2}# 'b\.example' \(option map rule 1\)\n/)
})

t.test('hostaliases: without a name it is an empty list', async t => {
  t.strictSame(aliasesOf((await exported('hostaliases', '*.k.example=192.0.2.1')).stdout), [])
})

t.test('hostaliases: a name that Kubernetes takes for none is told', async t => {
  const { stdout, told } = await exported('hostaliases', 'b_0.example=192.0.2.1, -a.example=192.0.2.1, a.x=192.0.2.1')
  t.strictSame(aliasesOf(stdout), [{ ip: '192.0.2.1', hostnames: ['a.x'] }])
  t.equal(told.filter(line => line.includes('Kubernetes accepts only letters, digits and hyphens')).length, 2)
})

t.test('hostaliases: an address that ends in colons is a text', async t => {
  const { stdout } = await exported('hostaliases', 'a.example=2001:db8::')
  t.strictSame(aliasesOf(stdout), [{ ip: '2001:db8::', hostnames: ['a.example'] }])
})
