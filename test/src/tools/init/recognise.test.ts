import t from 'tap'
import { BadInput } from '../../../../src/tools/init/bad-input.js'
import { recognise } from '../../../../src/tools/init/recognise.js'
import { servers } from './helpers.js'

interface Case {
  readonly name: string
  /** What the title begins with. */
  readonly title: string
  readonly captures: Readonly<Record<string, string>>
  readonly role: 'bootstrap' | 'broker'
}

const unknown = 'Kafka of an unknown provider'

// Names of the shapes that providers use, with made-up ids. They are data: nothing here is ever looked up.
const cases: readonly Case[] = [
  {
    name: 'lkc-abc123.domfake00001.us-east-1.aws.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated, network domfake00001 in us-east-1 (aws)',
    captures: { cluster: 'abc123', net: 'domfake00001', region: 'us-east-1', cloud: 'aws' },
    role: 'bootstrap',
  },
  {
    name: 'e-00ac.use1-az4.domfake00001.us-east-1.aws.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated, network domfake00001',
    captures: { broker: '00ac', zone: 'use1-az4', net: 'domfake00001' },
    role: 'broker',
  },
  {
    name: 'lkc-abc123-00ac.use1-az4.domfake00001.us-east-1.aws.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated, network domfake00001',
    captures: { cluster: 'abc123', broker: '00ac', zone: 'use1-az4' },
    role: 'broker',
  },
  {
    name: 'e-0011.az1.domfake00002.centralus.azure.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated, network domfake00002 in centralus (azure)',
    captures: { zone: 'az1', cloud: 'azure' },
    role: 'broker',
  },
  {
    name: 'e-0012.us-central1-a.domfake00003.us-central1.gcp.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated, network domfake00003 in us-central1 (gcp)',
    captures: { zone: 'us-central1-a', cloud: 'gcp' },
    role: 'broker',
  },
  {
    name: 'lkc-abc123-fak1e.us-west-2.aws.glb.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated (glb names), network fak1e in us-west-2',
    captures: { cluster: 'abc123', net: 'fak1e' },
    role: 'bootstrap',
  },
  {
    name: 'e-0013-az3-fak2e.centralus.azure.glb.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated (glb names), network fak2e',
    captures: { broker: '0013', zone: 'az3', net: 'fak2e' },
    role: 'broker',
  },
  {
    name: 'e-0014-us-central1-c-fak3e.us-central1.gcp.glb.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated (glb names), network fak3e',
    captures: { broker: '0014', zone: 'us-central1-c', net: 'fak3e' },
    role: 'broker',
  },
  {
    name: 'lkc-abc123-0cba-usw2-az2-fak1e.us-west-2.aws.glb.confluent.cloud:9092',
    title: 'Confluent Cloud Dedicated (glb names), network fak1e',
    captures: { cluster: 'abc123', broker: '0cba', zone: 'usw2-az2', net: 'fak1e' },
    role: 'broker',
  },
  {
    name: 'lkc-def456.us-east-2.aws.private.confluent.cloud:9092',
    title: 'Confluent Cloud Enterprise, cluster lkc-def456 in us-east-2 (aws)',
    captures: { cluster: 'def456' },
    role: 'bootstrap',
  },
  {
    name: 'lkc-def456-000b.eastus.azure.private.confluent.cloud:9092',
    title: 'Confluent Cloud Enterprise, cluster lkc-def456 in eastus (azure)',
    captures: { cluster: 'def456', broker: '000b' },
    role: 'broker',
  },
  {
    name: 'lkc-def456-g000.eastus.azure.private.confluent.cloud:9092',
    title: 'Confluent Cloud Enterprise, cluster lkc-def456',
    captures: { broker: 'g000' },
    role: 'broker',
  },
  {
    name: 'b2-lkc-def456.eastus.azure.private.confluent.cloud:9092',
    title: 'Confluent Cloud Enterprise, cluster lkc-def456',
    captures: { n: '2', cluster: 'def456' },
    role: 'broker',
  },
  {
    name: 'lkc-def456-ap12abc3.us-west-2.aws.accesspoint.glb.confluent.cloud:9092',
    title: 'Confluent Cloud, access point ap12abc3 of cluster lkc-def456',
    captures: { cluster: 'def456', point: '12abc3' },
    role: 'bootstrap',
  },
  {
    name: 'lkc-def456.ap12abc3.us-west-2.aws.accesspoint.confluent.cloud:9092',
    title: 'Confluent Cloud, access point ap12abc3 of cluster lkc-def456',
    captures: { cluster: 'def456', point: '12abc3' },
    role: 'bootstrap',
  },
  {
    name: 'b-1.examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com:9098',
    title: 'Amazon MSK, cluster examplecluster in us-east-1',
    captures: { n: '1', cluster: 'examplecluster', id: 'fak5ee', cell: '2' },
    role: 'broker',
  },
  {
    name: 'b-1.examplecluster.fak5ee.c2.kafka.cn-north-1.amazonaws.com.cn:9098',
    title: 'Amazon MSK, cluster examplecluster in cn-north-1',
    captures: { n: '1' },
    role: 'broker',
  },
  {
    name: 'boot-fak.examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com:9098',
    title: 'Amazon MSK, cluster examplecluster',
    captures: { boot: 'fak' },
    role: 'bootstrap',
  },
  {
    name: 'b-3.iam.examplecluster.fak5ee.c3.kafka.us-east-1.amazonaws.com:14003',
    title: 'Amazon MSK multi-VPC, cluster examplecluster in us-east-1, iam',
    captures: { n: '3', auth: 'iam' },
    role: 'broker',
  },
  {
    name: 'boot-fak6e7.c3.kafka-serverless.us-east-1.amazonaws.com:9098',
    title: 'Amazon MSK Serverless, cluster fak6e7',
    captures: { id: 'fak6e7' },
    role: 'bootstrap',
  },
  {
    name: 'b520-fak6e7.c3.kafka-serverless.us-east-1.amazonaws.com:9098',
    title: 'Amazon MSK Serverless, cluster fak6e7',
    captures: { n: '520' },
    role: 'broker',
  },
  {
    name: 'seed-0fa0fa0f.fakefakefakefake0001.byoc.prd.cloud.redpanda.com:9092',
    title: 'Redpanda Cloud (byoc), cluster fakefakefakefake0001',
    captures: { seed: '0fa0fa0f' },
    role: 'bootstrap',
  },
  {
    name: '2-0fa0fa0f-3606abc.fakefakefakefake0001.fmc.prd.cloud.redpanda.com:32094',
    title: 'Redpanda Cloud (fmc), cluster fakefakefakefake0001',
    captures: { n: '2', seed: '0fa0fa0f' },
    role: 'broker',
  },
  {
    name: 'fakefakefakefake0002.any.us-east-1.aw.priv.prd.cloud.redpanda.com:9092',
    title: 'Redpanda Cloud Serverless, cluster fakefakefakefake0002 in us-east-1',
    captures: { cluster: 'fakefakefakefake0002' },
    role: 'bootstrap',
  },
  {
    name: 'fakefakefakefake0002-1.any.us-east-1.aw.priv.prd.cloud.redpanda.com:9094',
    title: 'Redpanda Cloud Serverless, cluster fakefakefakefake0002',
    captures: { n: '1' },
    role: 'broker',
  },
  {
    name: 'privatelink-2-kafka-fake-myproject.c.aivencloud.com:23232',
    title: 'Aiven for Apache Kafka, connection 2 of kafka-fake-myproject',
    captures: { connection: '2', shard: 'c' },
    role: 'bootstrap',
  },
  {
    name: 'privatelink-1-kafka-fake-myproject.aivencloud.com:23220',
    title: 'Aiven for Apache Kafka, connection 1 of kafka-fake-myproject',
    captures: { connection: '1' },
    role: 'bootstrap',
  },
  {
    name: 'fakens.servicebus.windows.net:9093',
    title: 'Azure Event Hubs, namespace fakens',
    captures: { namespace: 'fakens' },
    role: 'bootstrap',
  },
  {
    name: 'fakens.servicebus.chinacloudapi.cn:9093',
    title: 'Azure Event Hubs, namespace fakens',
    captures: { namespace: 'fakens' },
    role: 'bootstrap',
  },
  {
    name: 'bootstrap.fakecluster.us-central1.managedkafka.fake-project.cloud.goog:9092',
    title: 'Google Managed Service for Apache Kafka, cluster fakecluster in us-central1, project fake-project',
    captures: { cluster: 'fakecluster', project: 'fake-project' },
    role: 'bootstrap',
  },
  {
    name: 'broker-0.fakecluster.us-central1.managedkafka.fake-project.cloud.goog:9092',
    title: 'Google Managed Service for Apache Kafka, cluster fakecluster',
    captures: { n: '0' },
    role: 'broker',
  },
  {
    name: 'broker-5-fakefakefakefake.kafka.svc08.us-south.eventstreams.cloud.ibm.com:9093',
    title: 'IBM Event Streams, instance fakefakefakefake in us-south',
    captures: { n: '5', cell: '08' },
    role: 'broker',
  },
  {
    name: 'api-00000000-0000-4000-8000-000000000000.kafka.discoveryv2.prod-s.eastus.azure.warpstream.com:9092',
    title: unknown,
    captures: {},
    role: 'bootstrap',
  },
  { name: 'b7.kafka.example:9092', title: unknown, captures: { n: '7' }, role: 'broker' },
  { name: 'kafka-0:9092', title: unknown, captures: { n: '0' }, role: 'broker' },
  { name: 'kafka:9092', title: unknown, captures: {}, role: 'bootstrap' },
  { name: 'B7.Kafka.Example.:9092', title: unknown, captures: { n: '7' }, role: 'broker' },
  // A longer suffix, or another domain before a known one's last labels.
  {
    name: 'b-1.examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com.evil.example:9098',
    title: unknown,
    captures: { n: '1' },
    role: 'broker',
  },
  {
    name: 'lkc-abc123.us-east-2.aws.private.notconfluent.cloud:9092',
    title: unknown,
    captures: { n: '123' },
    role: 'broker',
  },
  { name: 'fakens.servicebus.windows.net.example:9093', title: unknown, captures: {}, role: 'bootstrap' },
  { name: 'b-1.kafka.us-east-1.elb.amazonaws.com:9098', title: unknown, captures: { n: '1' }, role: 'broker' },
]

for (const { name, title, captures, role } of cases) {
  t.test(`${name} is ${title}`, async t => {
    const recognised = recognise(servers(name))
    t.ok(recognised.title.startsWith(title), recognised.title)
    t.match(recognised.names, [{ shape: { role }, captures }])
  })
}

const nonBrokerNames: readonly [name: string, said: RegExp][] = [
  ['b-1-internal.examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com:9095', /is the listener by which brokers copy/],
  [
    'b-1-public.examplecluster.fak5ee.c4.kafka.eu-central-1.amazonaws.com:9198',
    /by its public name, not behind a priv/,
  ],
  ['pkc-abc12.us-east-1.aws.confluent.cloud:9092', /is a public cluster, not behind a private link/],
  ['b0-pkc-abc12.us-east-1.aws.confluent.cloud:9092', /is a public cluster/],
  ['lsrc-abc12.domfake00001.us-east-1.aws.confluent.cloud:443', /is the schema registry, no broker/],
  ['lsrc-abc12.us-east-2.aws.private.confluent.cloud:443', /is the schema registry, no broker/],
  ['flink.domfake00001.us-east-1.aws.confluent.cloud:443', /is Flink's API, no broker/],
  ['flinkpls.domfake00001.us-east-1.aws.confluent.cloud:443', /is Flink's API, no broker/],
  ['lkaclkc-abc123.domfake00001.us-east-1.aws.confluent.cloud:443', /is the cluster's REST API, no broker/],
  [
    'lkc-abc123.domfake00001.us-east-1.ibm.confluent.cloud:9092',
    /in a domain of Confluent Cloud, but init does not know/,
  ],
  [
    'b-1.kafka.examplecluster.fak5ee.c3.kafka.us-east-1.amazonaws.com:1',
    /in a domain of Amazon MSK, but init does not know/,
  ],
  ['kafka-fake-myproject.aivencloud.com:14611', /is no name of a private link: those begin with privatelink-/],
  ['fakens.privatelink.servicebus.windows.net:9093', /what the namespace's name is an alias of/],
  [
    'fakefakefakefake0001.fmc.prd.cloud.redpanda.com:9092',
    /in a domain of Redpanda Cloud, but init does not know such names/,
  ],
  ['localhost:9092', /is this machine itself/],
  ['a.localhost:9092', /is this machine itself/],
  ['10.0.3.17:9092', /broker '10\.0\.3\.17' is an address: expected a name/],
  ['127.1:9092', /is not a valid host name/],
  ['b_1!.example:9092', /is not a valid host name/],
  ['b1..example:9092', /is not a valid host name/],
  [`${'b'.repeat(64)}.example:9092`, /is not a valid host name/],
  ['b1.kafka.example', /broker 'b1\.kafka\.example' has no port: expected HOST:PORT/],
  ['', /expected --brokers HOST:PORT/],
]

for (const [name, said] of nonBrokerNames) {
  t.test(`${name === '' ? 'no name' : name} is told of as what it is`, async t => {
    t.throws(() => recognise(servers(name)), said)
    t.throws(() => recognise(servers(name)), BadInput)
  })
}

t.test('an IPv6 address is told of as an address', async t => {
  t.throws(() => recognise([{ host: '2001:db8::1', port: 9092 }]), /is an address/)
})

const msk = 'b-1.examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com:9098'
const dedicated = 'lkc-abc123.domfake00001.us-east-1.aws.confluent.cloud:9092'
const pairs: readonly [name: string, brokers: string][] = [
  ['two providers', `${msk} ${dedicated}`],
  ['a known provider and an unknown one', `${dedicated} b1.kafka.example:9092`],
  ['an unknown provider and a known one', `b1.kafka.example:9092 ${dedicated}`],
  ['two clusters of MSK', `${msk} b-1.examplecluster.fak6ee.c2.kafka.us-east-1.amazonaws.com:9098`],
  ['MSK in two ways', `${msk} b-1.iam.examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com:14001`],
  ['MSK in two regions', `${msk} b-1.examplecluster.fak5ee.c2.kafka.us-east-2.amazonaws.com:9098`],
  ['two networks', `${dedicated} e-00ac.use1-az4.domfake00002.us-east-1.aws.confluent.cloud:9092`],
  [
    'two clusters of a shared domain',
    'lkc-a1.eastus.azure.private.confluent.cloud:9092 lkc-a2.eastus.azure.private.confluent.cloud:9092',
  ],
  [
    'MSK multi-VPC with two authentications',
    'b-1.iam.c.fak5ee.c2.kafka.us-east-1.amazonaws.com:14001 b-1.scram.c.fak5ee.c2.kafka.us-east-1.amazonaws.com:14001',
  ],
]

for (const [name, brokers] of pairs) {
  t.test(`${name} are not one cluster`, async t => {
    t.throws(
      () => recognise(servers(brokers)),
      /^brokers \S+ and \S+ belong to two clusters or listeners: make a map for each$/,
    )
  })
}

t.test('brokers of one network beside the bootstrap server are one cluster', async t => {
  const brokers = `${dedicated} e-00ac.use1-az4.domfake00001.us-east-1.aws.confluent.cloud:9092`
  const { pinned, names } = recognise(servers(brokers))
  t.match(pinned, { cluster: 'abc123', net: 'domfake00001' })
  t.equal(names.length, 2)
})

t.test('two clusters of one network are taken together: one private link serves both', async t => {
  const brokers = `${dedicated} lkc-abc124.domfake00001.us-east-1.aws.confluent.cloud:9092`
  const { pinned } = recognise(servers(brokers))
  t.same(pinned, { net: 'domfake00001', region: 'us-east-1', cloud: 'aws' })
})

t.test('a server that is given twice is one', async t => {
  t.equal(recognise(servers(`${msk} ${msk.toUpperCase().replace(/:/, '.:')}`)).names.length, 1)
})

t.test('a name of many hyphens is read like any other', async t => {
  const long = `e-0cb9-${'a-'.repeat(24)}b-fak1e.us-west-2.aws.glb.confluent.cloud`
  t.match(recognise([{ host: long, port: 9092 }]).pinned, { net: 'fak1e' })
})
