import { createSocketFactory, type SplitDnsSocketFactory } from '../../src/index.js'
import { type ClusterView, type Protocol, protocols } from './shape.js'

/** The factory under test, with the cluster's map: every test and the demo reach their Kafka through it alone. */
export const splitDnsFactory = (cluster: ClusterView): SplitDnsSocketFactory => factoryForMap(mapFor(cluster))

// Where the brokers are: an address that is computed out of a broker's name passes the guard by no other way.
const loopback = '127.0.0.0/8'

export const factoryForMap = (map: string): SplitDnsSocketFactory => createSocketFactory({ map, allow: loopback })

/**
 * The map of the cluster, as a tenant would write it: for the brokers one rule (in the shape `ports` one a listener)
 * that also holds for those that join later, and the bootstrap's name beside it.
 */
export const mapFor = (cluster: ClusterView, listeners = protocols): string =>
  [...brokerRules(cluster, listeners), ...bootstrapRules(cluster, listeners)].join(', ')

/** The variables of a service that is to reach the cluster. */
export const mapVariables = (cluster: ClusterView) => ({
  KAFKA_SPLIT_DNS_MAP: mapFor(cluster),
  KAFKA_SPLIT_DNS_ALLOW: loopback,
})

function brokerRules({ shape, zone, bootstrap, basePorts }: ClusterView, listeners: readonly Protocol[]): string[] {
  if (shape === 'zones') return [`b{n:int}.${zone}=127.0.0.{n}`]
  return listeners.map(protocol => {
    const [, advertisedPort] = bootstrap[protocol].split(':')
    return `b{n:int}.${zone}:${advertisedPort}=127.0.0.1:{${basePorts[protocol]} + n}`
  })
}

/** A name of its own that leads to the first brokers, as a provider's does. */
export function bootstrapRules(cluster: ClusterView, listeners = protocols): string[] {
  const { shape, bootstrapName, bootstrap, basePorts } = cluster
  if (shape === 'zones') return [`${bootstrapName}=127.0.0.1|127.0.0.2|127.0.0.3`]
  return listeners.map(protocol => {
    const targets = [1, 2, 3].map(n => `127.0.0.1:${basePorts[protocol] + n}`)
    return `${bootstrap[protocol]}=${targets.join('|')}`
  })
}
