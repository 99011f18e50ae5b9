import { oneOrPerBroker } from '../layouts/endpoint-per-broker.js'
import { oneEndpoint } from '../layouts/one-endpoint.js'
import { portPerBroker } from '../layouts/port-per-broker.js'
import { bootstrap, broker, type ProviderFamily, type Provider } from '../provider.js'

/** Plain, TLS, SCRAM, IAM; the same over IPv6. */
const listeners = [9092, 9094, 9096, 9098, 20092, 20094, 20096, 20098]

const pins = ['cluster', 'id', 'cell', 'region']

/** Every name of MSK ends so: China's regions have a domain of their own. */
function providersBelow(domain: string): readonly Provider[] {
  const cluster = `{cluster}.{id:word}.c{cell:int}.kafka.{region}.${domain}`
  const serverless = `{id:word}.c{cell:int}.kafka-serverless.{region}.${domain}`
  return [
    {
      title: 'Amazon MSK, cluster {cluster} in {region}',
      pins,
      // One endpoint is a load balancer in front of all brokers.
      layout: oneOrPerBroker(portPerBroker),
      listeners,
      order: { bootstrapFirst: false, firstId: 1 },
      shapes: [
        { ...bootstrap(`boot-{boot:word}.${cluster}`, 'the bootstrap servers'), onlyWhenGiven: true },
        broker(`b-{n:int}.${cluster}`),
      ],
    },
    {
      title: 'Amazon MSK multi-VPC, cluster {cluster} in {region}, {auth}',
      pins: [...pins, 'auth'],
      layout: oneEndpoint,
      remarks: ['each broker advertises a port of its own, which stays'],
      shapes: [broker(`b-{n:int}.{auth:word}.${cluster}`)],
    },
    {
      title: 'Amazon MSK Serverless, cluster {id} in {region}',
      pins: ['id', 'cell', 'region'],
      layout: oneEndpoint,
      shapes: [bootstrap(`boot-${serverless}`), broker(`b{n:int}-${serverless}`)],
    },
  ]
}

const domains = ['amazonaws.com', 'amazonaws.com.cn']

export const amazonMsk: ProviderFamily = {
  name: 'Amazon MSK',
  domains: domains.flatMap(domain => [`*.kafka.{region}.${domain}`, `*.kafka-serverless.{region}.${domain}`]),
  providers: domains.flatMap(providersBelow),
  nonBrokerNames: [
    { mark: '-internal', what: 'the listener by which brokers copy from each other, never for clients' },
    { mark: '-public', what: 'a broker by its public name, not behind a private link' },
  ],
}
