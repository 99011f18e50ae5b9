import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { AdviceKind, Diagnosis } from '../../src/tools/doctor/types.js'
import { runBin } from '../src/tools/cli/fixtures/run-bin.js'
import { runMain } from '../src/tools/cli/fixtures/run-main.js'
import { blackHole, deadPort } from '../src/connect/fixtures/servers.js'
import type { ClusterView } from './shape.js'
import { bootstrapRules, mapFor } from './split-dns-factory.js'
import { kafkaTest } from './suite.js'

const password = { KAFKA_SPLIT_DNS_SASL_PASSWORD: 'alice-secret' }
// The brokers' rules compute loopback addresses.
const allow = { KAFKA_SPLIT_DNS_ALLOW: '127.0.0.0/8' }
const scram = ['--sasl', 'scram-sha-512', '--username', 'alice']

interface Case {
  readonly name: string
  /** The listener that is bootstrapped at; left out: plaintext. */
  readonly listener?: 'ssl' | 'sasl_ssl'
  readonly map: (kafka: ClusterView, t: Test) => string | Promise<string>
  /** `CA`: the path of the authority's file. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly code: number
  readonly kinds: readonly AdviceKind[]
  readonly said: RegExp
}

const brokerRule = ({ zone }: ClusterView) => `b{n:int}.${zone}=127.0.0.{n}`
const withBootstrap = (rules: (kafka: ClusterView, t: Test) => string | Promise<string>) => {
  return async (kafka: ClusterView, t: Test) => [await rules(kafka, t), ...bootstrapRules(kafka)].join(', ')
}

const cases: readonly Case[] = [
  {
    name: 'a cluster in order, plaintext',
    map: k => mapFor(k),
    code: 0,
    kinds: [],
    said: /3 of 3 brokers can be used/,
  },
  {
    name: 'a cluster in order, TLS',
    listener: 'ssl',
    map: k => mapFor(k),
    args: ['--tls', '--ca', 'CA'],
    code: 0,
    kinds: [],
    said: /TLS ok TLSv1\.[23], \*\.kafka-a\.test/,
  },
  {
    name: 'a cluster in order, SASL',
    listener: 'sasl_ssl',
    map: k => mapFor(k),
    args: ['--ca', 'CA', ...scram],
    env: password,
    code: 0,
    kinds: [],
    said: /SASL ok/,
  },
  {
    name: 'no rule for the brokers',
    map: k => bootstrapRules(k).join(),
    code: 1,
    kinds: ['no-rule', 'bootstrap-only'],
    said: /Brokers 1, 2 and 3: no rule matches, and DNS .* KAFKA_SPLIT_DNS_MAP='\*\.kafka-a\.test=127\.0\.0\.1'/,
  },
  {
    name: 'a rule that refuses the brokers',
    map: withBootstrap(k => `*.${k.zone}=refuse`),
    code: 1,
    kinds: ['rule-refuses', 'bootstrap-only'],
    said: /Brokers 1, 2 and 3: refused: rule '\*\.kafka-a\.test' says so/,
  },
  {
    name: 'a target that does not exist',
    map: withBootstrap(k => `b{n:int}.${k.zone}=vpce-{n}-use1-az1.invalid`),
    code: 1,
    kinds: ['target-not-found', 'zone-mismatch', 'bootstrap-only'],
    said: /Brokers 1 at vpce-1-\S+, 2 at vpce-2-\S+ and 3 at vpce-3-\S+: the rule's target does not exist in DNS\..* not its ID \(use1-az1\)/s,
  },
  {
    name: 'two brokers whose names are led to each other',
    map: withBootstrap(k => `b{n:int}.${k.zone}=127.0.0.{n}, b1.${k.zone}=127.0.0.2, b2.${k.zone}=127.0.0.1`),
    code: 1,
    kinds: ['wrong-broker', 'bootstrap-only'],
    said: /1 of 3 brokers can be used|broker 2 answers in place of broker 1\. .*not the leader for that topic-partition/,
  },
  {
    name: 'brokers that are all one off, over TLS',
    listener: 'ssl',
    map: withBootstrap(
      k => `b{n:int}.${k.zone}=127.0.0.{n}, b1.${k.zone}=127.0.0.2, b2.${k.zone}=127.0.0.3, b3.${k.zone}=127.0.0.1`,
    ),
    args: ['--ca', 'CA'],
    code: 1,
    kinds: ['wrong-broker', 'bootstrap-only'],
    said: /broker 1 answers in place of broker 3\..*0 of 3 brokers can be used/,
  },
  {
    name: 'one address and port for all brokers, without TLS',
    map: withBootstrap(k => `*.${k.zone}=127.0.0.1`),
    code: 1,
    kinds: ['shared-endpoint', 'bootstrap-only'],
    said: /Brokers 1, 2 and 3 at 127\.0\.0\.1:\d+: the map routes brokers 1, 2 and 3 to one address and port/,
  },
  {
    name: 'a port that nobody serves, for one broker',
    map: withBootstrap(async k => `${brokerRule(k)}, b2.${k.zone}=127.0.0.1:${await deadPort()}`),
    code: 1,
    kinds: ['connect-refused', 'bootstrap-only'],
    said: /Broker 2 \(b2\.kafka-a\.test:\d+\) at 127\.0\.0\.1:\d+: the connection was refused: .*nothing listens at port.*leader is broker 2\./,
  },
  {
    name: 'an endpoint that says nothing, for one broker',
    map: withBootstrap(async (k, t) => `${brokerRule(k)}, b3.${k.zone}=127.0.0.1:${await blackHole(t)}`),
    args: ['--timeout', '1500'],
    code: 1,
    kinds: ['connect-silent', 'bootstrap-only'],
    said: /Broker 3 \(b3\.kafka-a\.test:\d+\) at 127\.0\.0\.1:\d+: no answer in 1500 ms\. Usual causes: a security group/,
  },
  {
    name: 'a name that is on no certificate',
    listener: 'ssl',
    map: k => mapFor(k),
    args: ['--ca', 'CA', '--servername', 'other.test'],
    code: 1,
    kinds: ['certificate-name'],
    said: /the certificate is for \*\.kafka-a\.test, kafka-a\.test, not for other\.test, the servername that is set/,
  },
  {
    name: 'a certificate of an authority that nobody knows here',
    listener: 'ssl',
    map: k => mapFor(k),
    args: ['--tls'],
    code: 1,
    kinds: ['certificate-untrusted'],
    said: /issued by kafka test CA\) is not trusted here.*--ca FILE.* ssl: \{ ca: /,
  },
  {
    name: 'TLS at the port of a plaintext listener',
    map: k => mapFor(k),
    args: ['--tls'],
    code: 1,
    kinds: ['tls-at-plaintext-port'],
    said: /what answers does not speak TLS/,
  },
  {
    name: 'plaintext at the port of a TLS listener',
    listener: 'ssl',
    map: k => mapFor(k),
    code: 1,
    kinds: ['plaintext-at-tls-port'],
    said: /connected, but then .* Is it a TLS listener's port\? Try --tls/,
  },
  {
    name: 'a wrong password',
    listener: 'sasl_ssl',
    map: k => mapFor(k),
    args: ['--ca', 'CA', ...scram],
    env: { KAFKA_SPLIT_DNS_SASL_PASSWORD: 'not-her-password' },
    code: 1,
    kinds: ['sasl-refused'],
    said: /refused the credentials/,
  },
  {
    name: 'no credentials where some are wanted',
    listener: 'sasl_ssl',
    map: k => mapFor(k),
    args: ['--ca', 'CA'],
    code: 1,
    kinds: ['sasl-needed'],
    said: /this listener wants credentials/,
  },
  {
    name: 'credentials where none are taken',
    listener: 'ssl',
    map: k => mapFor(k),
    args: ['--ca', 'CA', ...scram],
    env: password,
    code: 1,
    kinds: ['sasl-refused'],
    said: /this listener takes no credentials|does not offer this mechanism/,
  },
  {
    name: 'a broker whose endpoint stands in another zone',
    map: withBootstrap(k => brokerRule(k)),
    args: ['--map-file', 'ZONES'],
    code: 0,
    kinds: ['zone-mismatch'],
    said: /Broker 1 .*: the broker is in zone az1, but its endpoint is in zone az2/,
  },
  {
    name: 'a rule that gave way to one that looks at less',
    map: withBootstrap(k => `*.${k.zone}=127.0.0.2`),
    args: ['--map-file', 'TABLE'],
    code: 0,
    kinds: ['zone-less-rule'],
    said: /Broker 2 .*: it fell to rule '\*\.kafka-a\.test', because rule .* gave way: table 'places' has no key/s,
  },
  {
    name: 'a connectionTimeout that is too short',
    // A handshake takes longer than that, also where a plain connect may not.
    listener: 'ssl',
    map: k => mapFor(k),
    args: ['--tls', '--ca', 'CA', '--connection-timeout', '1'],
    code: 1,
    kinds: ['timeout-short'],
    said: /connectionTimeout is 1 ms/,
  },
]

for (const { name, listener = 'plaintext', map, args = [], env = {}, code, kinds, said } of cases) {
  kafkaTest('zones', `the doctor tells of ${name}`, async (t, kafka) => {
    const folder = t.testdir({ 'ca.pem': kafka.ca })
    const files: Record<string, string> = { CA: join(folder, 'ca.pem'), ZONES: 'zones.yaml', TABLE: 'table.yaml' }
    for (const each of ['ZONES', 'TABLE']) files[each] = join(folder, files[each] ?? '')
    writeFileSync(
      files.ZONES ?? '',
      `rules: [{match: "b1.${kafka.zone}", to: {az2: 127.0.0.1}}, {match: "b3.${kafka.zone}", to: {az3: 127.0.0.3}}]`,
    )
    writeFileSync(
      files.TABLE ?? '',
      `tables: {places: {"1": 127.0.0.1, "3": 127.0.0.3}}\nrules: [{match: "b{n:int}.${kafka.zone}", to: "127.0.0.{n}"}]`.replace(
        '"127.0.0.{n}"',
        '"{places[n]}"',
      ),
    )
    const flags = args.map(arg => files[arg] ?? arg)
    const common = ['doctor', '--brokers', kafka.bootstrap[listener], '--map', await map(kafka, t), ...flags]
    const patient = common.includes('--connection-timeout') ? common : [...common, '--connection-timeout', '60000']
    const text = await runMain(patient, { env: { ...allow, ...env } })
    t.match(text.stderr, /^(kafka-split-dns: warning: .* (gives way: .*|did not answer until the client gave up)\n)?$/)
    // As it reads before it is wrapped.
    t.match(text.stdout.replace(/\s+/g, ' '), said)
    t.equal(text.code, code)
    const json = await runMain([...patient, '--json'], { env: { ...allow, ...env } })
    const diagnosis = JSON.parse(json.stdout) as Diagnosis
    const found = [...diagnosis.bootstrap, ...diagnosis.brokers].flatMap(({ advice }) => advice)
    t.same([...new Set([...found, ...diagnosis.advice].map(({ kind }) => kind))].sort(), [...kinds].sort())
    for (const secret of ['alice-secret', 'not-her-password']) t.notMatch(text.stdout + json.stdout, secret)
  })
}

kafkaTest(
  'ports',
  'the doctor tells that other listeners’ brokers came back than were bootstrapped at',
  async (t, kafka) => {
    const rules = [mapFor(kafka), `private.${kafka.zone}:30292=127.0.0.1:${kafka.basePorts.plaintext + 1}`].join(', ')
    const args = ['doctor', '--brokers', `private.${kafka.zone}:30292`, '--map', rules, '--connection-timeout', '60000']
    const { code, stdout } = await runMain(args, { env: allow })
    t.equal(code, 0)
    t.match(
      stdout.replace(/\s+/g, ' '),
      /note The bootstrap server private\.kafka-b\.test:30292 lists brokers at port 9092/,
    )
  },
)

kafkaTest('zones', 'the doctor’s table fits 80 columns, and a wide one has more', async (t, kafka) => {
  const args = [
    'doctor',
    '--brokers',
    kafka.bootstrap.plaintext,
    '--map',
    mapFor(kafka),
    '--connection-timeout',
    '60000',
  ]
  const narrow = await runMain(args, { columns: 80, env: { ...allow, NO_COLOR: '1' } })
  const wide = await runMain([...args, '--wide'], { env: allow })
  const small = await runMain(args, { columns: 40, env: allow })
  const tableOf = (text: string) => text.split('\n').filter(line => /^(id| *\d) {2}b/.test(line))
  for (const line of tableOf(narrow.stdout)) t.ok(line.length <= 80, line)
  t.equal(tableOf(narrow.stdout).length, 4)
  t.match(narrow.stdout, /id {2}broker .* rack {2}endpoint .* tcp ms {2}verdict/)
  t.match(wide.stdout, /rule .* endpoint .* address/)
  t.match(small.stdout, /\u001b\[32mok/)
  t.match(small.stderr, /^\r\u001b\[Kasking bootstrap\.kafka-a\.test \.\.\..*\r\u001b\[K$/s)
})

kafkaTest(
  'zones',
  'the doctor as a process: exit codes, a page for the ticket, and no word on standard error',
  async (t, kafka) => {
    const folder = t.testdir({ 'ca.pem': kafka.ca })
    const page = join(folder, 'page.html')
    const args = ['doctor', '--brokers', kafka.bootstrap.sasl_ssl, '--ca', join(folder, 'ca.pem'), ...scram]
    const map = { ...allow, KAFKA_SPLIT_DNS_MAP: mapFor(kafka) }
    const patience = ['--connection-timeout', '60000']
    const good = await runBin([...args, ...patience, '--html', page], { env: { ...map, ...password } })
    t.same([good.code, good.stderr], [0, ''])
    t.match(readFileSync(page, 'utf8'), /3 of 3 brokers can be used.*b3\.kafka-a\.test/s)
    const bad = await runBin([...args, ...patience, '--html', page], {
      env: { ...map, KAFKA_SPLIT_DNS_SASL_PASSWORD: 'not-her-password' },
    })
    t.same([bad.code, bad.stderr], [1, ''])
    const written = readFileSync(page, 'utf8')
    t.match(written, /refused the credentials/)
    t.notMatch(bad.stdout + written, /not-her-password|\u001b/)
  },
)

kafkaTest('ports', 'check and explain against a running cluster’s map', async (t, kafka) => {
  const env = { ...allow, KAFKA_SPLIT_DNS_MAP: mapFor(kafka) }
  t.match(await runMain(['check'], { env }), { code: 0, stdout: /^ok KAFKA_SPLIT_DNS_MAP: 6 rules in force\n$/ })
  const broker = kafka.brokers.find(({ id }) => id === 1)
  const name = `${broker?.name ?? ''}:${broker?.advertisedPorts.ssl ?? 0}`
  const { code, stdout } = await runMain(['explain', name, '--json'], { env })
  t.equal(code, 0)
  t.match(JSON.parse(stdout), { captures: { n: '1' }, addresses: [{ address: '127.0.0.1', port: broker?.ports.ssl }] })
})
