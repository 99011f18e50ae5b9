import t from 'tap'
import { BadInput } from '../../../../src/tools/init/bad-input.js'
import { made, type Asked } from './helpers.js'

const dom = 'domfake00001.us-east-1.aws.confluent.cloud'
const lkc = `lkc-abc123.${dom}:9092`
const azure = 'lkc-abc123.domfake00002.centralus.azure.confluent.cloud:9092'
const vpce = 'vpce-0abc-xyz.vpce-svc-1.us-east-1.vpce.amazonaws.com'
const msk = 'examplecluster.fak5ee.c2.kafka.us-east-1.amazonaws.com'
const b1 = `b-1.${msk}:9098`
const enterprise = 'lkc-def456.eastus.azure.private.confluent.cloud:9092'

interface Case extends Asked {
  readonly name: string
  readonly said: RegExp
}

const endpoints: readonly Case[] = [
  { name: 'no endpoint', brokers: lkc, said: /^expected --endpoint NAME$/ },
  { name: 'no endpoint for a load balancer', brokers: b1, said: /^expected --endpoint NAME$/ },
  { name: 'an endpoint that is the broker', brokers: b1, endpoint: `b-1.${msk}`, said: /is the broker itself/ },
  { name: 'the broker in capitals', brokers: b1, endpoint: `B-1.${msk}.`, said: /is the broker itself/ },
  {
    name: 'an endpoint that is another broker',
    brokers: b1,
    endpoint: `b-2.${msk}`,
    said: /is a broker's name itself, by the/,
  },
  {
    name: 'one of several that is a broker',
    brokers: b1,
    endpoint: `x.example b-2.${msk}`,
    said: /is a broker's name itself/,
  },
  {
    name: 'a zone’s endpoint that is a broker',
    brokers: azure,
    zone: 'az1=e-0011.az1.domfake00002.centralus.azure.confluent.cloud',
    said: /is a broker's name itself/,
  },
  {
    name: 'an endpoint that a guessed pattern matches',
    brokers: 'b1.kafka.example:9092',
    endpoint: 'b9.kafka.example',
    said: /b9\.kafka\.example is a broker's name itself, by the pattern 'b\{n:int\}\.kafka\.example'/,
  },
  { name: 'an endpoint with a port', brokers: b1, endpoint: 'nlb.example:9001', said: /has a port: expected a name/ },
  { name: 'an address with a port', brokers: b1, endpoint: '[2001:db8::1]:9001', said: /has a port: expected a name/ },
  { name: 'a URL', brokers: b1, endpoint: 'https://nlb.example', said: /found the URL 'https:\/\/nlb\.example'/ },
  {
    name: 'braces',
    brokers: b1,
    endpoint: 'svc.${NAMESPACE}.example',
    said: /add braces to the finished map/,
  },
  { name: 'no host name', brokers: b1, endpoint: 'nlb..example', said: /'nlb\.\.example' is no valid host name/ },
  { name: 'a short address', brokers: b1, endpoint: '10.1', said: /ends in a number/ },
  { name: 'a word of the map', brokers: b1, endpoint: 'refuse', said: /is a keyword of the map: write 'refuse\.'/ },
  { name: 'an interface', brokers: b1, endpoint: 'fe80::1%eth0', said: /names an interface of this machine/ },
  {
    name: 'nothing before =',
    brokers: b1,
    endpoint: '=nlb.example',
    said: /expected a broker's id or 'bootstrap' before/,
  },
  { name: 'nothing after =', brokers: b1, endpoint: '1=', said: /an endpoint is empty/ },
  { name: 'a name for an id', brokers: b1, endpoint: 'b-1=nlb.example', said: /expected a broker's id or 'bootstrap'/ },
  {
    name: 'an endpoint twice',
    brokers: b1,
    endpoint: 'a.example A.example',
    said: /endpoint a\.example is given twice/,
  },
  { name: 'an id twice', brokers: b1, endpoint: '1=a.example 1=b.example', said: /endpoint 1 is given twice/ },
  {
    name: 'ids for some',
    brokers: b1,
    endpoint: '1=a.example b.example',
    said: /b\.example has no broker's id, but a\.ex/,
  },
  {
    name: 'an id where one endpoint is for all',
    brokers: enterprise,
    endpoint: '1=a.example',
    said: /all brokers have one/,
  },
  {
    name: 'a zone for an id',
    brokers: azure,
    endpoint: 'az1=10.0.0.4',
    said: /expected a broker's id or 'bootstrap' before '='; a zone's endpoint is for --zone/,
  },
  {
    name: 'fewer endpoints than brokers',
    brokers: `b-3.${msk}:9098`,
    endpoint: 'a.example b.example',
    said: /broker 3 has no/,
  },
  { name: 'no endpoint for a broker', brokers: b1, endpoint: 'bootstrap=a.example', said: /no broker has an endpoint/ },
  {
    name: 'a bootstrap server’s endpoint where none has a name of its own',
    brokers: b1,
    endpoint: 'bootstrap=a.example 1=b.example',
    said: /no bootstrap server has a name of its own here/,
  },
  {
    name: 'ids where no broker’s name has a number',
    brokers: 'bootstrap.kafka.team.example:9092',
    endpoint: '1=a.example',
    said: /brokers can't be told apart: give a broker whose first label ends in a number/,
  },
]

const zones: readonly Case[] = [
  {
    name: 'a zone twice',
    brokers: lkc,
    endpoint: vpce,
    zone: 'use1-az1=us-east-1a USE1-AZ1=us-east-1b',
    said: /^zone use1-az1 is given twice$/,
  },
  {
    name: 'one zone’s name for two IDs',
    brokers: lkc,
    endpoint: vpce,
    zone: 'use1-az1=us-east-1a use1-az2=us-east-1a',
    said: /^zone us-east-1a is given twice, for use1-az1 and use1-az2$/,
  },
  {
    name: 'a zone of another region on Google Cloud',
    brokers: 'lkc-abc123.domfake00003.us-central1.gcp.confluent.cloud:9092',
    zone: 'us-east1-a=10.0.0.4',
    said: /^zone us-east1-a: no zone of us-central1 is called so$/,
  },
  { name: 'a zone for names without one', brokers: b1, endpoint: 'a.example', zone: 'az1=x', said: /carry no zone/ },
  {
    name: 'a zone for Enterprise',
    brokers: enterprise,
    endpoint: 'a.example',
    zone: 'az1=x.example',
    said: /carry no zone/,
  },
  {
    name: 'a zone’s name first',
    brokers: lkc,
    endpoint: vpce,
    zone: 'us-east-1a=use1-az1',
    said: /the wrong way round/,
  },
  {
    name: 'a name for an ID',
    brokers: lkc,
    endpoint: vpce,
    zone: 'us-east-1a=x.example',
    said: /carry the zone's ID, like/,
  },
  { name: 'a number for a zone of Azure', brokers: azure, zone: '1=pe.example', said: /carry az1, az2 or az3/ },
  {
    name: 'a zone of another region',
    brokers: lkc,
    endpoint: vpce,
    zone: 'use1-az1=us-west-2a',
    said: /no zone of us-east-1 is/,
  },
  {
    name: 'a region for a zone',
    brokers: lkc,
    endpoint: vpce,
    zone: 'use1-az1=us-east-1',
    said: /zone use1-az1=us-east-1: no zone of us-east-1 is called so/,
  },
  {
    name: 'zones and an endpoint in another region',
    brokers: lkc,
    endpoint: 'vpce-0abc-xyz.vpce-svc-1.us-west-2.vpce.amazonaws.com',
    zone: 'use1-az1=us-east-1a',
    said: /is in us-west-2 and has no name for a zone of us-east-1: give no --zone/,
  },
  {
    name: 'a zone’s name on Azure',
    brokers: azure,
    endpoint: 'a.example',
    zone: 'az1=one',
    said: /expected the zone's own endp/,
  },
  { name: 'no =', brokers: lkc, endpoint: vpce, zone: 'use1-az1', said: /expected ID=NAME, like use1-az1=us-east-1a/ },
  { name: 'no name', brokers: lkc, endpoint: vpce, zone: 'use1-az1=', said: /zone use1-az1 has no name/ },
  {
    name: 'odd characters',
    brokers: lkc,
    endpoint: vpce,
    zone: 'use1-az1=us_east',
    said: /'us_east' is no zone's name/,
  },
  {
    name: 'a zone with a URL',
    brokers: lkc,
    endpoint: vpce,
    zone: 'use1-az1=https://x.example',
    said: /found the URL/,
  },
  {
    name: 'zones by name and an endpoint that tells nothing of zones',
    brokers: lkc,
    endpoint: 'kafka.corp.example',
    zone: 'use1-az1=us-east-1a',
    said: /the zone's endpoint can't be told from kafka\.corp\.example: expected use1-az1= and a name with a dot/,
  },
  {
    name: 'zones by name and the endpoint of one',
    brokers: lkc,
    endpoint: 'vpce-0abc-xyz-us-east-1a.vpce-svc-1.us-east-1.vpce.amazonaws.com',
    zone: 'use1-az1=us-east-1a',
    said: /is that of us-east-1a alone: with zones, give the regional name/,
  },
  {
    name: 'zones by name and no endpoint',
    brokers: lkc,
    zone: 'use1-az1=us-east-1a',
    said: /^expected --endpoint NAME$/,
  },
  {
    name: 'an endpoint whose zonal name would be too long',
    brokers: lkc,
    endpoint: `vpce-${'a'.repeat(55)}.vpce-svc-1.us-east-1.vpce.amazonaws.com`,
    zone: 'use1-az1=us-east-1a',
    said: /is too long for a name with zone us-east-1a/,
  },
]

const ports: readonly Case[] = [
  {
    name: 'a base of ports where they stay',
    brokers: lkc,
    endpoint: vpce,
    basePort: 9000,
    said: /^--base-port: the endpoint serves/,
  },
  {
    name: 'a base of ports for several endpoints',
    brokers: b1,
    endpoint: 'a.example b.example',
    basePort: 1,
    said: /--base-port: an/,
  },
  {
    name: 'a base beyond all ports',
    brokers: b1,
    endpoint: 'a.example',
    basePort: 65535,
    said: /broker 1 would be at port 65536/,
  },
  {
    name: 'a base of ports for brokers that advertise the load balancer’s',
    brokers: `b-1.${msk}:9001`,
    endpoint: 'a.example',
    basePort: 9000,
    said: /brokers at port 9001 advertise the load balancer's ports themselves/,
  },
  {
    name: 'two listeners behind one load balancer',
    brokers: `b-1.${msk}:9098 b-2.${msk}:9096`,
    endpoint: 'a.example',
    said: /brokers at the ports 9098 and 9096: each listener needs ports of its own; give the brokers of one/,
  },
  {
    name: 'a listener and the load balancer’s ports',
    brokers: `b-1.${msk}:9098 b-2.${msk}:9002`,
    endpoint: 'a.example',
    said: /brokers at the ports 9098 and 9002: give those of one listener/,
  },
]

for (const { name, said, ...asked } of [...endpoints, ...zones, ...ports]) {
  t.test(`${name} is one line that says what to give`, async t => {
    try {
      const { text } = made(asked)
      t.fail(text)
    } catch (error) {
      t.ok(error instanceof BadInput, String(error))
      const { message } = error as Error
      t.match(message, said)
      t.notMatch(message, '\n')
    }
  })
}
