import t from 'tap'
import { ask, yamlTable } from './helpers.js'

// How managed providers name their brokers, under example domains, and one map for them all.
const map = yamlTable(
  `
tables:
  az: { use1-az1: us-east-1a, use1-az4: us-east-1c, usw2-az1: us-west-2a, usw2-az2: us-west-2b }
rules:
  - match: "{unit}.{zone}.{net:word}.us-east-1.aws.confluent.example"
    to: "vpce-{net}-{az[zone]}.vpce.example"
  - match: "lkc-{id:word}.{net:word}.us-east-1.aws.confluent.example"
    to: "vpce-{net}.vpce.example"
  - match: "e-{id:word}.{zone}.{net:word}.centralus.azure.confluent.example"
    to: "pe-{zone}.example"
  - match: "e-{id:word}-{zone}-{net:word}.us-west-2.aws.glb.confluent.example"
    to: "vpce-{net}-{az[zone]}.vpce.example"
  - match: "lkc-{id:word}-{oct:word}-{zone}-{net:word}.us-west-2.aws.glb.confluent.example"
    to: "vpce-{net}-{az[zone]}.vpce.example"
  - match: "lkc-{id:word}-{net:word}.us-west-2.aws.glb.confluent.example"
    to: "vpce-{net}.vpce.example"
  - match: ["lkc-{id:word}-{oct:word}.eastus.azure.private.confluent.example", "b{n:int}-lkc-{id:word}.eastus.azure.private.confluent.example"]
    to: "pe-{id}.example"
  - match: "b-{n:int}.{cluster}.{id:word}.c{cell:int}.kafka.us-east-1.msk.example:9098"
    to: "nlb-{cluster}.example:{9000 + n}"
  - match: "b-{n:int}-public.{cluster}.{id:word}.c{cell:int}.kafka.us-east-1.msk.example"
    to: system
  - match: "b-{n:int}.{auth:word}.{cluster}.{id:word}.c{cell:int}.kafka.us-east-1.msk.example"
    to: "vpce-{cluster}-{auth}.example"
  - match: "boot-{id:word}.{cluster}.{fak:word}.c{cell:int}.kafka.us-east-1.msk.example:9098"
    to: "nlb-{cluster}.example:9000"
  - match: ["boot-{id:word}.c{cell:int}.serverless.us-east-1.msk.example", "b{n:int}-{id:word}.c{cell:int}.serverless.us-east-1.msk.example"]
    to: "serverless-{id}.example"
  - match: ["seed-{id:word}.{cluster:word}.fmc.prd.redpanda.example", "{n:int}-{id:word}-{rnd:word}.{cluster:word}.fmc.prd.redpanda.example"]
    to: "{cluster}.rp.example"
  - match: "{cluster:word}-{n:int}.any.us-east-1.aw.priv.prd.redpanda.example"
    to: "{cluster}.rp.example"
  - match: "privatelink-{conn:int}-{service}.c.aiven.example"
    to: "aiven-{conn}.example"
  - match: "broker-{n:int}-{id:word}.kafka.svc{cell:int}.us-south.eventstreams.example"
    to: "broker-{n}.es.example"
  - match: "10.0.3.{n:int}"
    to: "agent-{n}.example"
  - match: "api-{uuid}.kafka.discoveryv2.prod-s.eastus.azure.warpstream.example"
    to: "ws.example"
  - match: "b-{n:int}-internal.{cluster}.{id:word}.c{cell:int}.kafka.us-east-1.msk.example"
    to: refuse
`,
  { unmapped: 'refuse' },
)

for (const [host, port, expected] of [
  ['lkc-abc123.domfake00001.us-east-1.aws.confluent.example', 9092, 'vpce-domfake00001.vpce.example:9092'],
  [
    'e-00ac.use1-az4.domfake00001.us-east-1.aws.confluent.example',
    9092,
    'vpce-domfake00001-us-east-1c.vpce.example:9092',
  ],
  ['e-00ac.use1-az9.domfake00001.us-east-1.aws.confluent.example', 9092, 'ERR_SPLIT_DNS_TARGET'],
  ['e-0011.az1.domfake00002.centralus.azure.confluent.example', 9092, 'pe-az1.example:9092'],
  ['lkc-abc123-fak1e.us-west-2.aws.glb.confluent.example', 9092, 'vpce-fak1e.vpce.example:9092'],
  ['e-0cb9-usw2-az1-fak1e.us-west-2.aws.glb.confluent.example', 9092, 'vpce-fak1e-us-west-2a.vpce.example:9092'],
  [
    'lkc-abc123-0cba-usw2-az2-fak1e.us-west-2.aws.glb.confluent.example',
    9092,
    'vpce-fak1e-us-west-2b.vpce.example:9092',
  ],
  ['lkc-def456-000b.eastus.azure.private.confluent.example', 9092, 'pe-def456.example:9092'],
  ['b2-lkc-def456.eastus.azure.private.confluent.example', 9092, 'pe-def456.example:9092'],
  ['b-1.examplecluster.fak5ee.c2.kafka.us-east-1.msk.example', 9098, 'nlb-examplecluster.example:9001'],
  ['b-1-public.examplecluster.fak5ee.c4.kafka.us-east-1.msk.example', 9198, 'system'],
  ['b-3.iam.examplecluster.fak5ee.c3.kafka.us-east-1.msk.example', 14003, 'vpce-examplecluster-iam.example:14003'],
  ['boot-fak.examplecluster.fak5ee.c2.kafka.us-east-1.msk.example', 9098, 'nlb-examplecluster.example:9000'],
  ['boot-fak6e7.c3.serverless.us-east-1.msk.example', 9098, 'serverless-fak6e7.example:9098'],
  ['b520-fak6e7.c3.serverless.us-east-1.msk.example', 9098, 'serverless-fak6e7.example:9098'],
  ['seed-0fa0fa0f.fakefakefakefake0001.fmc.prd.redpanda.example', 9092, 'fakefakefakefake0001.rp.example:9092'],
  ['2-0fa0fa0f-3606abc.fakefakefakefake0001.fmc.prd.redpanda.example', 32094, 'fakefakefakefake0001.rp.example:32094'],
  ['fakefakefakefake0002-1.any.us-east-1.aw.priv.prd.redpanda.example', 9094, 'fakefakefakefake0002.rp.example:9094'],
  ['privatelink-2-kafka-fake-myproject.c.aiven.example', 23232, 'aiven-2.example:23232'],
  ['broker-5-fakefakefakefake.kafka.svc08.us-south.eventstreams.example', 9093, 'broker-5.es.example:9093'],
  ['10.0.3.17', 9092, 'agent-17.example:9092'],
  [
    'api-00000000-0000-4000-8000-000000000000.kafka.discoveryv2.prod-s.eastus.azure.warpstream.example',
    9092,
    'ws.example:9092',
  ],
  ['b-1-internal.examplecluster.fak5ee.c2.kafka.us-east-1.msk.example', 9095, 'refuse'],
  ['localhost', 9092, 'unmapped refuse'],
] as const) {
  t.test(`${host}:${port} is ${expected}`, async t => t.equal(ask(map, host, port), expected))
}
