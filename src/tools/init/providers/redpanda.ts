import { oneEndpoint } from '../layouts/one-endpoint.js'
import { bootstrap, broker, type ProviderFamily } from '../provider.js'

const domain = '{cluster:word}.{kind:word}.{env:word}.cloud.redpanda.com'
const serverless = 'any.{region}.{plane:word}.priv.{env:word}.cloud.redpanda.com'

export const redpanda: ProviderFamily = {
  name: 'Redpanda Cloud',
  domains: ['*.cloud.redpanda.com'],
  providers: [
    {
      title: 'Redpanda Cloud ({kind}), cluster {cluster}',
      pins: ['cluster', 'kind', 'env'],
      layout: oneEndpoint,
      remarks: [
        'bootstrap at the port of the private listener (30292): at another port the brokers of another listener are listed',
        'each broker advertises a port of its own, which stays',
      ],
      shapes: [bootstrap(`seed-{seed:word}.${domain}`), broker(`{n:int}-{seed:word}-{broker:word}.${domain}`)],
    },
    {
      title: 'Redpanda Cloud Serverless, cluster {cluster} in {region}',
      pins: ['cluster', 'region', 'plane', 'env'],
      layout: oneEndpoint,
      remarks: ['each broker advertises a port of its own, which stays'],
      shapes: [bootstrap(`{cluster:word}.${serverless}`), broker(`{cluster:word}-{n:int}.${serverless}`)],
    },
  ],
  nonBrokerNames: [{ mark: 'schema-registry', what: 'the schema registry, no broker' }],
}
