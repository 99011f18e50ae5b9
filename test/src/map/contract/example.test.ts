import t from 'tap'
import { ask, table, yamlTable } from '../helpers.js'
import type { CompileSettings } from '../../../../src/map/compile.js'

// The map by which the contract explains itself.
const map = `
version: 1
tables:
  az: { use1-az1: us-east-1a, use1-az2: us-east-1b }
rules:
  - match: "*.eu-west-1.kafka.example"
    to: kafka-managed-service.\${NAMESPACE}.svc.cluster.local
  - match: "e-{id:word}.{zone}.dom1.us-east-1.aws.confluent.example"
    to: vpce-0abc-{az[zone]}.vpce-svc-1.us-east-1.vpce.example
  - match: "b-{n:int}.cluster.kafka.example:9098"
    to: "nlb.vpce.example:{9000 + n}"
  - match: "10.20.{a:int}.{b:int}"
    to: vpce.example
  - match: [registry.example, b0.example]
    to: { use1-az1: vpce-1a.example, use1-az2: vpce-1b.example }
  - match: "*.dev.example"
    to: [primary.example, secondary.example]
    nameservers: [10.0.0.53]
    allow: [10.20.0.0/16]
  - match: "*.public.example"
    to: system
  - match: "*.forbidden.example"
    to: refuse
profiles:
  kafka-1:
    - match: "*.kafka-1.example"
      to: vpce-k1.example
`
const here: Partial<CompileSettings> = { env: { NAMESPACE: 'team' }, zone: 'use1-az2', profiles: ['kafka-1'] }

const rows: readonly [host: string, port: number, leads: string][] = [
  ['b0.eu-west-1.kafka.example', 9092, 'kafka-managed-service.team.svc.cluster.local:9092'],
  ['eu-west-1.kafka.example', 9092, 'unmapped system'],
  [
    'e-0cb9.use1-az1.dom1.us-east-1.aws.confluent.example',
    9092,
    'vpce-0abc-us-east-1a.vpce-svc-1.us-east-1.vpce.example:9092',
  ],
  [
    'E-0CB9.USE1-AZ2.dom1.us-east-1.aws.confluent.example.',
    9092,
    'vpce-0abc-us-east-1b.vpce-svc-1.us-east-1.vpce.example:9092',
  ],
  ['e-0cb9.use1-az3.dom1.us-east-1.aws.confluent.example', 9092, 'ERR_SPLIT_DNS_TARGET'],
  ['b-3.cluster.kafka.example', 9098, 'nlb.vpce.example:9003'],
  ['b-3.cluster.kafka.example', 9092, 'unmapped system'],
  ['b-x.cluster.kafka.example', 9098, 'unmapped system'],
  ['10.20.3.4', 9092, 'vpce.example:9092'],
  ['10.21.3.4', 9092, 'unmapped system'],
  ['registry.example', 443, 'vpce-1b.example:443 vpce-1a.example:443'],
  ['b0.example', 9092, 'vpce-1b.example:9092 vpce-1a.example:9092'],
  ['a.b.dev.example', 9092, 'primary.example:9092 secondary.example:9092'],
  ['b0.public.example', 9092, 'system'],
  ['b0.forbidden.example', 9092, 'refuse'],
  ['b0.kafka-1.example', 9092, 'vpce-k1.example:9092'],
]
for (const [host, port, leads] of rows) {
  t.test(`${host}:${port} is ${leads}`, async t => t.equal(ask(yamlTable(map, here), host, port), leads))
}

t.test('the profile is opt-in', async t => {
  t.equal(ask(yamlTable(map, { ...here, profiles: [] }), 'b0.kafka-1.example', 9092), 'unmapped system')
})

t.test("a rule's own nameservers and allow list are its own", async t => {
  const { nameservers, allow } = yamlTable(map, here).decide('b0.dev.example').settings
  t.equal(nameservers?.length, 1)
  t.equal(allow?.text, '10.20.0.0/16')
  t.equal(yamlTable(map, here).decide('b0.example').settings.nameservers, null)
})

t.test('the same in one line', async t => {
  const line = '*.kafka.example=svc.${NAMESPACE}.svc.cluster.local, b-{n:int}.c.example:9098=nlb.example:{9000+n}'
  const lines = table(line, { env: { NAMESPACE: 'team' } })
  t.equal(ask(lines, 'b0.kafka.example', 9092), 'svc.team.svc.cluster.local:9092')
  t.equal(ask(lines, 'b-3.c.example', 9098), 'nlb.example:9003')
})
