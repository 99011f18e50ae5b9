import { createSocketFactory, type SplitDnsFactory } from './interim-factory.js'
import { type ClusterView, protocols } from './shape.js'

/** The factory under test, with the cluster's map: every test and the demo reach their Kafka through it alone. */
export const splitDnsFactory = (cluster: ClusterView): SplitDnsFactory => factoryForMap(mapFor(cluster))

export const factoryForMap = (map: string): SplitDnsFactory => createSocketFactory({ map })

/**
 * The map of the cluster, as a tenant would write it: for the brokers one rule (in the shape `ports` one a listener)
 * that also holds for those that join later, and the bootstrap's name beside it.
 */
export const mapFor = (cluster: ClusterView): string => [...brokerRules(cluster), ...bootstrapRules(cluster)].join(', ')

function brokerRules({ shape, zone, bootstrap, basePorts }: ClusterView): string[] {
  if (shape === 'zones') return [`b{n:int}.${zone}=127.0.0.{n}`]
  return protocols.map(
    protocol => `b{n:int}.${zone}:${portOf(bootstrap[protocol])}=127.0.0.1:{${basePorts[protocol]} + n}`,
  )
}

/** A name of its own that leads to the first brokers, as a provider's does. */
export function bootstrapRules({ shape, bootstrapName, bootstrap, basePorts }: ClusterView): string[] {
  if (shape === 'zones') return [`${bootstrapName}=127.0.0.1|127.0.0.2|127.0.0.3`]
  return protocols.map(protocol => {
    const base = basePorts[protocol]
    return `${bootstrap[protocol]}=${[1, 2, 3].map(n => `127.0.0.1:${base + n}`).join('|')}`
  })
}

const portOf = (address: string) => address.slice(address.lastIndexOf(':') + 1)
