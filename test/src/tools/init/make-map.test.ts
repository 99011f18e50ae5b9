import t from 'tap'
import { ask, made, type Asked } from './helpers.js'

interface Case extends Asked {
  readonly name: string
  /** `HOST:PORT -> TARGET:PORT`; `-`: no rule matches. */
  readonly leads: readonly string[]
  /** Parts of remarks. */
  readonly remarks?: readonly RegExp[]
}

const vpce = 'vpce-0abc-xyz.vpce-svc-1.us-east-1.vpce.amazonaws.com'
const zonal = (zone: string) => `vpce-0abc-xyz-${zone}.vpce-svc-1.us-east-1.vpce.amazonaws.com`
const dom = 'domfake00001.us-east-1.aws.confluent.cloud'
const glb = 'us-west-2.aws.glb.confluent.cloud'
const west = 'vpce-0abc-xyz.vpce-svc-1.us-west-2.vpce.amazonaws.com'
const azure = 'domfake00002.centralus.azure.confluent.cloud'
const enterprise = 'eastus.azure.private.confluent.cloud'
const msk = 'examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com'
const serverless = 'c3.kafka-serverless.us-east-1.amazonaws.com'
const redpanda = 'fakefakefakefake0001.fmc.prd.cloud.redpanda.com'
const rpServerless = 'any.us-east-1.aw.priv.prd.cloud.redpanda.com'
const google = 'fakecluster.us-central1.managedkafka.fake-project.cloud.goog'

const dedicated: readonly Case[] = [
  {
    name: 'Confluent Dedicated without zones: all to the regional endpoint',
    brokers: `lkc-abc123.${dom}:9092`,
    endpoint: vpce,
    remarks: [/no zones were given.*--zone use1-az1=us-east-1a/],
    leads: [
      `lkc-abc123.${dom}:9092 -> ${vpce}:9092`,
      `e-00ab.use1-az1.${dom}:9092 -> ${vpce}:9092`,
      `lkc-abc123-00ab.use1-az1.${dom}:9092 -> ${vpce}:9092`,
      `lkc-other.${dom}:9092 -> -`,
      `lsrc-abc.${dom}:443 -> -`,
      `flink.${dom}:443 -> -`,
      `flinkpls.${dom}:443 -> -`,
      `lkaclkc-abc123.${dom}:443 -> -`,
      `e-00ab.use1-az1.domfake00009.us-east-1.aws.confluent.cloud:9092 -> -`,
      `e-00ab.use1-az1.${dom}.evil.example:9092 -> -`,
      `e-00ab.x.use1-az1.${dom}:9092 -> -`,
    ],
  },
  {
    name: 'Confluent Dedicated with zones: by a table of IDs and names, others to the regional endpoint',
    brokers: `lkc-abc123.${dom}:9092`,
    endpoint: vpce,
    zone: 'use1-az1=us-east-1a use1-az4=us-east-1c',
    leads: [
      `lkc-abc123.${dom}:9092 -> ${vpce}:9092`,
      `e-00ab.use1-az1.${dom}:9092 -> ${zonal('us-east-1a')}:9092`,
      `e-00ab.use1-az4.${dom}:9092 -> ${zonal('us-east-1c')}:9092`,
      `lkc-abc123-00ab.use1-az4.${dom}:9092 -> ${zonal('us-east-1c')}:9092`,
      `e-00ab.use1-az9.${dom}:9092 -> ${vpce}:9092`,
      `lkc-abc123-00ab.use1-az9.${dom}:9092 -> ${vpce}:9092`,
      `lsrc-abc.${dom}:443 -> -`,
    ],
  },
  {
    name: 'Confluent Dedicated with one zone: the bootstrap server too at the zone’s endpoint first',
    brokers: `lkc-abc123.${dom}:9092`,
    endpoint: vpce,
    zone: 'use1-az1=us-east-1a',
    leads: [
      `lkc-abc123.${dom}:9092 -> ${zonal('us-east-1a')}:9092 ${vpce}:9092`,
      `e-00ab.use1-az1.${dom}:9092 -> ${zonal('us-east-1a')}:9092`,
      `e-00ab.use1-az4.${dom}:9092 -> ${vpce}:9092`,
    ],
  },
  {
    name: 'Confluent Dedicated with the endpoint of one zone: all there',
    brokers: `lkc-abc123.${dom}:9092`,
    endpoint: zonal('us-east-1a'),
    remarks: [/the endpoint is that of zone us-east-1a alone/],
    leads: [`e-00ab.use1-az1.${dom}:9092 -> ${zonal('us-east-1a')}:9092`],
  },
  {
    name: 'Confluent Dedicated with a zone’s own endpoint and one by name',
    brokers: `lkc-abc123.${dom}:9092`,
    endpoint: vpce,
    zone: 'use1-az1=us-east-1a use1-az4=other.vpce.example',
    leads: [
      `e-00ab.use1-az1.${dom}:9092 -> ${zonal('us-east-1a')}:9092`,
      `e-00ab.use1-az4.${dom}:9092 -> other.vpce.example:9092`,
      `e-00ab.use1-az9.${dom}:9092 -> ${vpce}:9092`,
    ],
  },
  {
    name: 'Confluent Dedicated, a broker of a zone that has no endpoint',
    brokers: `lkc-abc123.${dom}:9092 e-00ab.use1-az9.${dom}:9092`,
    endpoint: vpce,
    zone: 'use1-az1=us-east-1a use1-az4=us-east-1c',
    remarks: [/no --zone for use1-az9: such brokers are reached across zones/],
    leads: [`e-00ab.use1-az9.${dom}:9092 -> ${vpce}:9092`],
  },
  {
    name: 'Confluent Dedicated by a broker alone: any cluster of the network',
    brokers: `e-00ab.use1-az1.${dom}:9092`,
    endpoint: vpce,
    leads: [`lkc-abc123.${dom}:9092 -> ${vpce}:9092`, `lsrc-abc123.${dom}:9092 -> -`],
  },
  {
    name: 'Confluent Dedicated, two clusters of a network: all of its clusters',
    brokers: `lkc-abc123.${dom}:9092 lkc-abc124.${dom}:9092`,
    endpoint: vpce,
    leads: [
      `lkc-abc124.${dom}:9092 -> ${vpce}:9092`,
      `lkc-abc124-00ab.use1-az1.${dom}:9092 -> ${vpce}:9092`,
      `e-00ab.use1-az1.${dom}:9092 -> ${vpce}:9092`,
      `lsrc-abc.${dom}:443 -> -`,
      'lkc-abc124.domfake00009.us-east-1.aws.confluent.cloud:9092 -> -',
    ],
  },
  {
    name: 'Confluent Dedicated with all names of an AWS endpoint: no word of a single zone',
    brokers: `lkc-abc123.${dom}:9092`,
    endpoint: `${vpce} ${zonal('us-east-1a')} ${zonal('us-east-1b')}`,
    remarks: [/no zones were given/, /several endpoints: they are tried in the order/],
    leads: [`e-00ab.use1-az1.${dom}:9092 -> ${vpce}:9092 ${zonal('us-east-1a')}:9092 ${zonal('us-east-1b')}:9092`],
  },
  {
    name: 'Confluent Dedicated, several endpoints in order, each in its zone',
    brokers: `lkc-abc123.${dom}:9092`,
    endpoint: `${vpce} vpce-0def.vpce-svc-2.us-east-1.vpce.amazonaws.com`,
    zone: 'use1-az1=us-east-1a use1-az4=us-east-1c',
    remarks: [/several endpoints: they are tried in the order/],
    leads: [
      `e-00ab.use1-az1.${dom}:9092 -> ${zonal('us-east-1a')}:9092 vpce-0def-us-east-1a.vpce-svc-2.us-east-1.vpce.amazonaws.com:9092`,
      `lkc-abc123.${dom}:9092 -> ${vpce}:9092 vpce-0def.vpce-svc-2.us-east-1.vpce.amazonaws.com:9092`,
    ],
  },
  {
    name: 'Confluent Dedicated on Azure: an endpoint for each zone',
    brokers: `lkc-abc123.${azure}:9092`,
    endpoint: 'pe.example',
    zone: 'az1=10.0.0.4 az2=pe-az2.example az3=2001:db8::3',
    leads: [
      `lkc-abc123.${azure}:9092 -> pe.example:9092`,
      `e-0011.az1.${azure}:9092 -> 10.0.0.4:9092`,
      `e-0011.az2.${azure}:9092 -> pe-az2.example:9092`,
      `e-0011.az3.${azure}:9092 -> 2001:db8::3:9092`,
      `e-0011.az4.${azure}:9092 -> pe.example:9092`,
    ],
  },
  {
    name: 'Confluent Dedicated on Azure, one endpoint for one zone and no other',
    brokers: `lkc-abc123.${azure}:9092`,
    zone: 'az1=pe-az1.example',
    leads: [
      `lkc-abc123.${azure}:9092 -> pe-az1.example:9092`,
      `e-0011.az1.${azure}:9092 -> pe-az1.example:9092`,
      `e-0011.az2.${azure}:9092 -> pe-az1.example:9092`,
    ],
  },
  {
    name: 'Confluent Dedicated with glb names and zones',
    brokers: `lkc-abc123-fak1e.${glb}:9092`,
    endpoint: west,
    zone: 'usw2-az1=us-west-2a usw2-az2=us-west-2b',
    leads: [
      `lkc-abc123-fak1e.${glb}:9092 -> ${west}:9092`,
      `e-0cb9-usw2-az1-fak1e.${glb}:9092 -> vpce-0abc-xyz-us-west-2a.vpce-svc-1.us-west-2.vpce.amazonaws.com:9092`,
      `lkc-abc123-0cba-usw2-az2-fak1e.${glb}:9092 -> vpce-0abc-xyz-us-west-2b.vpce-svc-1.us-west-2.vpce.amazonaws.com:9092`,
      `e-0cb9-usw2-az3-fak1e.${glb}:9092 -> ${west}:9092`,
      `lkc-abc123-0cba-usw2-az3-fak1e.${glb}:9092 -> ${west}:9092`,
      // The region's domain holds the networks and clusters of everybody.
      `e-0cb9-usw2-az1-fak9e.${glb}:9092 -> -`,
      `e-0cb9-usw2-az1-xfak1e.${glb}:9092 -> -`,
      `lkc-abc124-fak1e.${glb}:9092 -> -`,
      `lkc-abc123-fak9e.${glb}:9092 -> -`,
      `lsrc-abc123-fak1e.${glb}:443 -> -`,
    ],
  },
  {
    name: 'Confluent Dedicated with glb names on Azure',
    brokers: 'lkc-abc123-fak2e.centralus.azure.glb.confluent.cloud:9092',
    zone: 'az1=pe-az1.example az2=pe-az2.example',
    leads: [
      'e-0013-az2-fak2e.centralus.azure.glb.confluent.cloud:9092 -> pe-az2.example:9092',
      'lkc-abc123-0013-az1-fak2e.centralus.azure.glb.confluent.cloud:9092 -> pe-az1.example:9092',
    ],
  },
]

const confluent: readonly Case[] = [
  {
    name: 'Confluent Enterprise: its own names alone in a domain that all customers share',
    brokers: `lkc-def456.${enterprise}:9092`,
    endpoint: '10.0.0.4',
    leads: [
      `lkc-def456.${enterprise}:9092 -> 10.0.0.4:9092`,
      `lkc-def456-000b.${enterprise}:9092 -> 10.0.0.4:9092`,
      `lkc-def456-g000.${enterprise}:9092 -> 10.0.0.4:9092`,
      `b2-lkc-def456.${enterprise}:9092 -> 10.0.0.4:9092`,
      `lkc-def457.${enterprise}:9092 -> -`,
      `lkc-def457-000b.${enterprise}:9092 -> -`,
      `b2-lkc-def457.${enterprise}:9092 -> -`,
      `lkc-def4560.${enterprise}:9092 -> -`,
      `lsrc-def456.${enterprise}:443 -> -`,
      `lkaclkc-def456.${enterprise}:443 -> -`,
      `flink.${enterprise}:443 -> -`,
      `lkc-def456.westus.azure.private.confluent.cloud:9092 -> -`,
    ],
  },
  {
    name: 'Confluent’s access point: no other one of the region',
    brokers: 'lkc-def456-ap12abc3.us-west-2.aws.accesspoint.glb.confluent.cloud:9092',
    endpoint: vpce,
    remarks: [/assumed: how brokers are called behind an access point/],
    leads: [
      `lkc-def456-ap12abc3.us-west-2.aws.accesspoint.glb.confluent.cloud:9092 -> ${vpce}:9092`,
      `lkc-def456-000b-ap12abc3.us-west-2.aws.accesspoint.glb.confluent.cloud:9092 -> ${vpce}:9092`,
      `lkc-def456-000b-usw2-az1-ap12abc3.us-west-2.aws.accesspoint.glb.confluent.cloud:9092 -> ${vpce}:9092`,
      'lkc-def456-ap12abc4.us-west-2.aws.accesspoint.glb.confluent.cloud:9092 -> -',
      'lkc-def457-000b-ap12abc3.us-west-2.aws.accesspoint.glb.confluent.cloud:9092 -> -',
      'lsrc-def456-ap12abc3.us-west-2.aws.accesspoint.glb.confluent.cloud:443 -> -',
    ],
  },
  {
    name: 'Confluent’s access point by the name that it is an alias of',
    brokers: 'lkc-def456.ap12abc3.us-west-2.aws.accesspoint.confluent.cloud:9092',
    endpoint: vpce,
    leads: [
      `lkc-def456.ap12abc3.us-west-2.aws.accesspoint.confluent.cloud:9092 -> ${vpce}:9092`,
      `lkc-def456-000b.ap12abc3.us-west-2.aws.accesspoint.confluent.cloud:9092 -> ${vpce}:9092`,
      'lkc-def456-000b.ap12abc4.us-west-2.aws.accesspoint.confluent.cloud:9092 -> -',
    ],
  },
]

const amazon: readonly Case[] = [
  {
    name: 'MSK behind one load balancer: a port for each broker',
    brokers: `b-1.${msk}:9098 b-2.${msk}:9098`,
    endpoint: 'nlb.vpce.example',
    remarks: [
      /assumed: the load balancer's listener for broker n is 9000 \+ n .*--base-port/,
      /must balance across zones/,
    ],
    leads: [
      `b-1.${msk}:9098 -> nlb.vpce.example:9001`,
      `b-3.${msk}:9098 -> nlb.vpce.example:9003`,
      `b-3.${msk}:9003 -> nlb.vpce.example:9003`,
      `boot-fak.${msk}:9098 -> -`,
      `b-1-internal.${msk}:9095 -> -`,
      `b-1-public.${msk}:9198 -> -`,
      'b-1.examplecluster.fak6ee.c2.kafka.us-east-1.amazonaws.com:9098 -> -',
      'b-1.othercluster.fak5ee.c2.kafka.us-east-1.amazonaws.com:9098 -> -',
      `b-1.${msk}.evil.example:9098 -> -`,
      `b-1.iam.${msk}:14001 -> -`,
    ],
  },
  {
    name: 'MSK behind one load balancer with another base, an address',
    brokers: `b-1.${msk}:9096`,
    endpoint: '2001:db8::1',
    basePort: 6000,
    leads: [`b-12.${msk}:9096 -> 2001:db8::1:6012`],
  },
  {
    name: 'MSK Express behind one load balancer: the bootstrap server at the first brokers',
    brokers: `boot-fak.${msk}:9098`,
    endpoint: 'nlb.vpce.example',
    remarks: [/brokers 1, 2, 3/],
    leads: [
      `boot-fak.${msk}:9098 -> nlb.vpce.example:9001 nlb.vpce.example:9002 nlb.vpce.example:9003`,
      `boot-abc.${msk}:9098 -> nlb.vpce.example:9001 nlb.vpce.example:9002 nlb.vpce.example:9003`,
      `b-2.${msk}:9098 -> nlb.vpce.example:9002`,
    ],
  },
  {
    name: 'MSK whose brokers advertise the load balancer’s ports',
    brokers: `b-1.${msk}:9001 b-2.${msk}:9002`,
    endpoint: 'nlb.vpce.example',
    remarks: [/assumed: port 9001 is the load balancer's own/, /must balance across zones/],
    leads: [`b-3.${msk}:9003 -> nlb.vpce.example:9003`],
  },
  {
    name: 'MSK with an endpoint for each broker, in order',
    brokers: `b-1.${msk}:9098`,
    endpoint: 'a.example b.example c.example',
    remarks: [/assumed: the endpoints are in the order of the brokers' ids: brokers 1, 2, 3;/],
    leads: [
      `b-1.${msk}:9098 -> a.example:9098`,
      `b-3.${msk}:9098 -> c.example:9098`,
      `b-4.${msk}:9098 -> ERR_SPLIT_DNS_TARGET`,
      `b-1-public.${msk}:9098 -> -`,
    ],
  },
  {
    name: 'MSK with an endpoint for each broker, by id',
    brokers: `boot-fak.${msk}:9098`,
    endpoint: '2=b.example 1=a.example',
    leads: [
      `boot-fak.${msk}:9098 -> b.example:9098 a.example:9098`,
      `b-1.${msk}:9098 -> a.example:9098`,
      `b-2.${msk}:9098 -> b.example:9098`,
    ],
  },
  {
    name: 'MSK with an IPv6 address for a broker',
    brokers: `b-1.${msk}:9098`,
    endpoint: '1=2001:db8::1 2=[2001:db8::2]',
    leads: [`b-1.${msk}:9098 -> 2001:db8::1:9098`, `b-2.${msk}:9098 -> 2001:db8::2:9098`, `b-3.${msk}:9098 -> refuse`],
  },
  {
    name: 'MSK in China',
    brokers: 'b-1.examplecluster.fak5ee.c2.kafka.cn-north-1.amazonaws.com.cn:9098',
    endpoint: 'nlb.example',
    leads: [
      'b-2.examplecluster.fak5ee.c2.kafka.cn-north-1.amazonaws.com.cn:9098 -> nlb.example:9002',
      'b-2.examplecluster.fak5ee.c2.kafka.cn-north-1.amazonaws.com:9098 -> -',
    ],
  },
  {
    name: 'MSK multi-VPC: the port stays',
    brokers: `b-3.iam.${msk}:14003`,
    endpoint: 'vpce.example',
    leads: [
      `b-1.iam.${msk}:14001 -> vpce.example:14001`,
      `b-1.scram.${msk}:14001 -> -`,
      `b-1.${msk}:9098 -> -`,
      'b-1.iam.examplecluster.fak6ee.c2.kafka.us-east-1.amazonaws.com:14001 -> -',
    ],
  },
  {
    name: 'MSK Serverless: no other cluster below the same name',
    brokers: `boot-fak6e7.${serverless}:9098`,
    endpoint: 'vpce.example',
    leads: [
      `boot-fak6e7.${serverless}:9098 -> vpce.example:9098`,
      `b520-fak6e7.${serverless}:9098 -> vpce.example:9098`,
      `b520-fak6e8.${serverless}:9098 -> -`,
      `boot-fak6e8.${serverless}:9098 -> -`,
      `bx-fak6e7.${serverless}:9098 -> -`,
    ],
  },
]

const others: readonly Case[] = [
  {
    name: 'Redpanda: the ports stay',
    brokers: `seed-0fa0fa0f.${redpanda}:30292`,
    endpoint: 'vpce.example',
    remarks: [/bootstrap at the port of the private listener \(30292\)/],
    leads: [
      `seed-0fa0fa0f.${redpanda}:30292 -> vpce.example:30292`,
      `2-0fa0fa0f-3606abc.${redpanda}:32094 -> vpce.example:32094`,
      `schema-registry-0fa0fa0f.${redpanda}:30081 -> -`,
      '2-0fa0fa0f-3606abc.fakefakefakefake0009.fmc.prd.cloud.redpanda.com:32094 -> -',
    ],
  },
  {
    name: 'Redpanda Serverless: no other cluster of the region',
    brokers: `fakefakefakefake0002.${rpServerless}:9092`,
    endpoint: 'vpce.example',
    leads: [
      `fakefakefakefake0002.${rpServerless}:9092 -> vpce.example:9092`,
      `fakefakefakefake0002-1.${rpServerless}:9094 -> vpce.example:9094`,
      `fakefakefakefake0003-1.${rpServerless}:9094 -> -`,
      `fakefakefakefake0003.${rpServerless}:9092 -> -`,
    ],
  },
  {
    name: 'Aiven: one name, no other project’s and no other connection’s',
    brokers: 'privatelink-2-kafka-fake-myproject.c.aivencloud.com:23232',
    endpoint: 'vpce.example',
    leads: [
      'privatelink-2-kafka-fake-myproject.c.aivencloud.com:23240 -> vpce.example:23240',
      'privatelink-1-kafka-fake-myproject.c.aivencloud.com:23232 -> -',
      'privatelink-2-kafka-fake-other.c.aivencloud.com:23232 -> -',
      'privatelink-2-kafka-fake-myproject.aivencloud.com:23232 -> -',
      'kafka-fake-myproject.c.aivencloud.com:14622 -> -',
    ],
  },
  {
    name: 'Google Managed Kafka with one endpoint',
    remarks: [/assumed: one endpoint serves all brokers, by their names/],
    brokers: `bootstrap.${google}:9092`,
    endpoint: 'psc.example',
    leads: [
      `bootstrap.${google}:9092 -> psc.example:9092`,
      `broker-5.${google}:9092 -> psc.example:9092`,
      `schema.${google}:443 -> -`,
      `broker-5.other.us-central1.managedkafka.fake-project.cloud.goog:9092 -> -`,
    ],
  },
  {
    name: 'Google Managed Kafka with endpoints in order: the bootstrap server’s first',
    brokers: `bootstrap.${google}:9092`,
    endpoint: '10.0.0.2 10.0.0.3 10.0.0.4',
    remarks: [/first the bootstrap server, then brokers 0, 1/],
    leads: [
      `bootstrap.${google}:9092 -> 10.0.0.2:9092`,
      `broker-0.${google}:9092 -> 10.0.0.3:9092`,
      `broker-1.${google}:9092 -> 10.0.0.4:9092`,
      `broker-2.${google}:9092 -> ERR_SPLIT_DNS_TARGET`,
    ],
  },
  {
    name: 'Google Managed Kafka with endpoints by id',
    brokers: `bootstrap.${google}:9092`,
    endpoint: '0=10.0.0.3 bootstrap=10.0.0.2',
    leads: [`bootstrap.${google}:9092 -> 10.0.0.2:9092`, `broker-0.${google}:9092 -> 10.0.0.3:9092`],
  },
  {
    name: 'Event Hubs: one name, no other namespace’s',
    brokers: 'fakens.servicebus.windows.net:9093',
    endpoint: 'fakens.privatelink.servicebus.windows.net',
    leads: [
      'fakens.servicebus.windows.net:9093 -> fakens.privatelink.servicebus.windows.net:9093',
      'fakens2.servicebus.windows.net:9093 -> -',
      'fakens.servicebus.windows.net.evil.example:9093 -> -',
    ],
  },
  {
    name: 'IBM Event Streams: one instance',
    brokers: 'broker-5-fakefakefakefake.kafka.svc08.us-south.eventstreams.cloud.ibm.com:9093',
    endpoint: 'vpe.example',
    leads: [
      'broker-0-fakefakefakefake.kafka.svc08.us-south.eventstreams.cloud.ibm.com:9093 -> vpe.example:9093',
      'broker-0-fakefakefakefakx.kafka.svc08.us-south.eventstreams.cloud.ibm.com:9093 -> -',
    ],
  },
]

const generic: readonly Case[] = [
  {
    name: 'an unknown provider’s brokers that count: alike but for the number',
    brokers: 'bootstrap.kafka.example:9092 b1.kafka.example:9092',
    endpoint: 'vpce.example',
    leads: [
      'bootstrap.kafka.example:9092 -> vpce.example:9092',
      'b27.kafka.example:9092 -> vpce.example:9092',
      'registry.kafka.example:443 -> -',
      'b27.x.kafka.example:9092 -> -',
      'bootstrap.kafka.example.evil.example:9092 -> -',
    ],
  },
  {
    name: 'an unknown provider’s bootstrap server alone: what is beside it',
    brokers: 'bootstrap.kafka.team.example:9092',
    endpoint: 'vpce.example second.example',
    remarks: [/assumed: every name beside the bootstrap server, at its port, is a broker's/],
    leads: [
      'b27.kafka.team.example:9092 -> vpce.example:9092 second.example:9092',
      'registry.kafka.team.example:443 -> -',
      'postgres.kafka.team.example:5432 -> -',
      'b27.x.kafka.team.example:9092 -> -',
      'kafka.team.example:9092 -> -',
      'b27.other.team.example:9092 -> -',
    ],
  },
  ...[
    ['a whole organisation’s domain', 'bootstrap.kafka.example:9092', 'b1.kafka.example:9092'],
    [
      'an id for a name, so a domain that others share',
      'pc-0fa0fa0f.kafka.team.example:9092',
      'b.kafka.team.example:1',
    ],
    ['names of two domains', 'boot.a.team.example:9092 boot.b.team.example:9092', 'x.a.team.example:9092'],
    ['a name without a domain', 'kafka:9092', 'kafka-1:9092'],
  ].map(([what, brokers = '', other = '']) => ({
    name: `an unknown provider with ${what ?? ''}: nothing but the name itself`,
    brokers,
    endpoint: 'vpce.example',
    remarks: [/only the names that were given are covered/],
    leads: [...brokers.split(' ').map(name => `${name} -> vpce.example:9092`), `${other} -> -`],
  })),
  {
    name: 'an unknown provider with an endpoint beside the bootstrap server: nothing but the name itself',
    brokers: 'bootstrap.kafka.team.example:9092',
    endpoint: 'nlb.kafka.team.example',
    leads: ['bootstrap.kafka.team.example:9092 -> nlb.kafka.team.example:9092', 'b1.kafka.team.example:9092 -> -'],
  },
  {
    name: 'an unknown provider behind one load balancer',
    brokers: 'bootstrap.kafka.example:9092 b0.kafka.example:9092 b1.kafka.example:9092',
    endpoint: 'nlb.example',
    basePort: 7000,
    leads: [
      'bootstrap.kafka.example:9092 -> nlb.example:7000 nlb.example:7001',
      'b5.kafka.example:9092 -> nlb.example:7005',
    ],
  },
  {
    name: 'an unknown provider with endpoints by id',
    brokers: 'bootstrap.kafka.example:9092 b0.kafka.example:9092',
    endpoint: 'bootstrap=x.example 0=a.example 1=b.example',
    leads: [
      'bootstrap.kafka.example:9092 -> x.example:9092',
      'b1.kafka.example:9092 -> b.example:9092',
      'b2.kafka.example:9092 -> ERR_SPLIT_DNS_TARGET',
    ],
  },
]

for (const { name, leads, remarks = [], ...asked } of [...dedicated, ...confluent, ...amazon, ...others, ...generic]) {
  t.test(name, async t => {
    const map = made(asked)
    for (const lead of leads) {
      const [from = '', to] = lead.split(' -> ')
      t.equal(ask(map, from), to, from)
    }
    for (const remark of remarks) {
      t.ok(
        map.remarks.some(each => remark.test(each)),
        `${String(remark)} in ${map.remarks.join('; ')}`,
      )
    }
    t.equal(made(asked).text, map.text, 'made twice it is the same')
    t.notMatch(map.text, /[^\n\x20-\x7e]/)
    const [, command = ''] = /^#   kafka-split-dns (.*)$/m.exec(map.text) ?? []
    t.match(command, /^init --brokers \S+( --endpoint( [^-]\S*)+)?( --zone( [^-]\S*)+)?( --base-port \d+)?$/)
  })
}
