import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { runMain } from '../src/tools/cli/fixtures/run-main.js'
import type { ClusterView, Shape } from './shape.js'
import { kafkaTest } from './suite.js'

interface Case {
  readonly name: string
  readonly shape: Shape
  /** `CA`: the path of the authority's file. */
  readonly args: (kafka: ClusterView) => readonly string[]
  /** Alice's own, unless it is said. */
  readonly password?: string
  readonly code: number
  /** As it reads in one line. */
  readonly said: RegExp
}

const broker = (
  { zone, bootstrap }: ClusterView,
  n: number,
  listener: 'plaintext' | 'ssl' | 'sasl_ssl' = 'plaintext',
) => `b${n}.${zone}:${bootstrap[listener].split(':')[1] ?? ''}`

const each = ['bootstrap=127.0.0.1', '1=127.0.0.1', '2=127.0.0.2', '3=127.0.0.3']

const cases: readonly Case[] = [
  {
    name: 'an endpoint for each broker',
    shape: 'zones',
    args: kafka => ['--brokers', kafka.bootstrap.plaintext, broker(kafka, 1), '--endpoint', ...each],
    code: 0,
    said: /3 brokers advertised .* 2 b2\.kafka-a\.test:\d+ rule 'b\{n:int\}\.kafka-a\.test' -> 127\.0\.0\.2:\d+ .* ok the map covers 3 of 3 brokers $/,
  },
  {
    name: 'an endpoint for each broker, TLS and SASL',
    shape: 'zones',
    args: kafka => [
      ...['--brokers', kafka.bootstrap.sasl_ssl, broker(kafka, 1, 'sasl_ssl'), '--endpoint', ...each],
      ...['--ca', 'CA', '--sasl', 'scram-sha-512', '--username', 'alice'],
    ],
    code: 0,
    said: /SASL ok .* the map covers 3 of 3 brokers $/,
  },
  {
    name: 'a broker without an endpoint',
    shape: 'zones',
    args: kafka => ['--brokers', kafka.bootstrap.plaintext, broker(kafka, 1), '--endpoint', ...each.slice(0, -1)],
    code: 1,
    said: /3 b3\.\S+ not covered: .*table 'endpoint' has no key '3'.* init can't write a rule for b3\.\S+: broker 3 has no endpoint: .* not ok the map covers 2 of 3 brokers $/,
  },
  {
    name: 'only the bootstrap server',
    shape: 'zones',
    args: kafka => ['--brokers', kafka.bootstrap.plaintext, '--endpoint', '127.0.0.1'],
    code: 1,
    said: /1 b1\.\S+ not covered: no rule matches .* not ok the map covers 0 of 3 brokers; --yes writes rules for 3 more/,
  },
  {
    name: 'only the bootstrap server, and rules for the others are agreed to',
    shape: 'zones',
    args: kafka => ['--brokers', kafka.bootstrap.plaintext, '--endpoint', '127.0.0.1', '--yes'],
    code: 0,
    said: /added to the map: 1 b1\.\S+ rule 'b\{n:int\}\.kafka-a\.test' -> 127\.0\.0\.1:\d+ .* ok the map covers 3 of 3 brokers $/,
  },
  {
    name: 'one load balancer with a port for each broker',
    shape: 'ports',
    args: kafka => [
      ...['--brokers', kafka.bootstrap.plaintext, broker(kafka, 1), '--endpoint', '127.0.0.1'],
      ...['--base-port', String(kafka.basePorts.plaintext)],
    ],
    code: 0,
    said: /rule 'b\{n:int\}\.kafka-b\.test:9092' -> 127\.0\.0\.1:\d+ .* ok the map covers 3 of 3 brokers $/,
  },
  {
    name: 'a wrong password',
    shape: 'zones',
    args: kafka => [
      ...['--brokers', kafka.bootstrap.sasl_ssl, '--endpoint', '127.0.0.1'],
      ...['--ca', 'CA', '--sasl', 'scram-sha-512', '--username', 'alice'],
    ],
    password: 'mallory-secret',
    code: 1,
    said: /SASL fail .* fail Bootstrap server \S+ at \S+ the broker refused the credentials: .*check the user's name, password and mechanism.* not ok no bootstrap server listed its brokers $/,
  },
  {
    name: 'a plaintext connection to a TLS listener',
    shape: 'zones',
    args: kafka => ['--brokers', kafka.bootstrap.ssl, '--endpoint', '127.0.0.1'],
    code: 1,
    said: /Kafka fail .* fail .* a TLS listener's port\? Try --tls\./,
  },
  {
    name: 'TLS to a plaintext listener',
    shape: 'zones',
    args: kafka => ['--brokers', kafka.bootstrap.plaintext, '--endpoint', '127.0.0.1', '--tls'],
    code: 1,
    said: /TLS fail .* fail .* what answers does not speak TLS\. .* Leave out --tls/,
  },
  {
    name: 'an authority that is not known here',
    shape: 'zones',
    args: kafka => ['--brokers', kafka.bootstrap.ssl, '--endpoint', '127.0.0.1', '--tls'],
    code: 1,
    said: /TLS fail .* fail .*: the certificate \(.* is not trusted here .* --ca FILE/,
  },
]

const patience = ['--connect', '--timeout', '60000', '--connection-timeout', '60000']

function flags(t: Test, kafka: ClusterView, args: readonly string[]): readonly string[] {
  const folder = t.testdir({ 'ca.pem': kafka.ca })
  return args.map(arg => (arg === 'CA' ? join(folder, 'ca.pem') : arg))
}

for (const { name, shape, args, password = 'alice-secret', code, said } of cases) {
  kafkaTest(shape, `init --connect tells what its map covers: ${name}`, async (t, kafka) => {
    const env = { KAFKA_SPLIT_DNS_SASL_PASSWORD: password, KAFKA_SPLIT_DNS_MAP: '*=refuse' }
    const given = await runMain(['init', ...flags(t, kafka, args(kafka)), ...patience], { env })
    t.match(given.stderr.replace(/\s+/g, ' '), said)
    t.equal(given.code, code)
    t.match(given.stdout, /^# Kafka of an unknown provider\.\n/)
    t.notMatch(given.stdout + given.stderr, password)
  })
}

kafkaTest('ports', 'the doctor is content with the map that init wrote', async (t, kafka) => {
  const file = join(t.testdir({}), 'map.yaml')
  const brokers = ['--brokers', kafka.bootstrap.plaintext, broker(kafka, 1)]
  const nlb = ['--endpoint', '127.0.0.1', '--base-port', String(kafka.basePorts.plaintext)]
  t.match(await runMain(['init', ...brokers, ...nlb, ...patience, '--out', file]), { code: 0, stdout: '' })
  t.match(readFileSync(file, 'utf8'), /^rules:$/m)
  const doctor = ['doctor', '--brokers', kafka.bootstrap.plaintext, '--map-file', file, '--connection-timeout', '60000']
  t.match(await runMain(doctor), { code: 0, stdout: /3 of 3 brokers can be used/ })
})
