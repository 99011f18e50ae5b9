import type { Broker, ClusterView, Protocol } from './shape.js'
import { protocols } from './shape.js'

/** What the configuration of every node of a cluster is made of. */
export interface ClusterSettings {
  /** The node that is the controller: an id of its own, or the broker that is both. */
  readonly controllerId: number
  readonly controllerPort: number
  readonly keystore: string
  readonly user: ClusterView['user']
  /** At least this many brokers are always up at start: internal topics have that many replicas, 3 at most. */
  readonly brokerCount: number
  readonly sessionTimeoutMs: number
}

export type Properties = Readonly<Record<string, string | number | boolean>>

export const controllerHost = '127.0.0.1'

const listenerNames: Record<Protocol, string> = { plaintext: 'PLAINTEXT', ssl: 'SSL', sasl_ssl: 'SASL_SSL' }
const security = 'org.apache.kafka.common.security'

export function controllerProperties(settings: ClusterSettings, folder: string): Properties {
  return {
    ...common(settings),
    'process.roles': 'controller',
    'node.id': settings.controllerId,
    'log.dirs': folder,
    listeners: controllerListener(settings),
  }
}

export function brokerProperties(settings: ClusterSettings, broker: Broker, folder: string): Properties {
  const isController = broker.id === settings.controllerId
  const internal = `INTERNAL://${broker.host}:${broker.internalPort}`
  const listen = protocols.map(p => `${listenerNames[p]}://${broker.host}:${broker.ports[p]}`)
  const advertise = protocols.map(p => `${listenerNames[p]}://${broker.name}:${broker.advertisedPorts[p]}`)
  const { username, password } = settings.user
  return {
    ...common(settings),
    'process.roles': isController ? 'broker,controller' : 'broker',
    'node.id': broker.id,
    'broker.rack': `az${broker.id}`,
    'log.dirs': folder,
    'inter.broker.listener.name': 'INTERNAL',
    listeners: [internal, ...listen, ...(isController ? [controllerListener(settings)] : [])].join(','),
    'advertised.listeners': [internal, ...advertise].join(','),
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'listener.name.sasl_ssl.plain.sasl.jaas.config': `${security}.plain.PlainLoginModule required user_${username}="${password}";`,
    'listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
    'listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config': `${security}.scram.ScramLoginModule required;`,
  }
}

function controllerListener(settings: ClusterSettings): string {
  return `CONTROLLER://${controllerHost}:${settings.controllerPort}`
}

function common(settings: ClusterSettings): Properties {
  const replicas = Math.min(3, settings.brokerCount)
  return {
    'controller.quorum.voters': `${settings.controllerId}@${controllerHost}:${settings.controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': settings.keystore,
    'auto.create.topics.enable': false,
    'offsets.topic.num.partitions': 3,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.num.partitions': 3,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // Leadership goes back to a restarted broker within 1 s instead of 300 s.
    'leader.imbalance.check.interval.seconds': 1,
    'broker.session.timeout.ms': settings.sessionTimeoutMs,
    'broker.heartbeat.interval.ms': 500,
    ...sizes,
  }
}

/** Small: several clusters run on one machine. The cleaner's buffer alone is 128 MB of heap by default. */
const sizes: Properties = {
  'num.network.threads': 2,
  'num.io.threads': 2,
  'background.threads': 2,
  'num.recovery.threads.per.data.dir': 1,
  'log.cleaner.dedupe.buffer.size': 2_097_152,
  'log.index.size.max.bytes': 1_048_576,
}

export const propertiesText = (properties: Properties) =>
  Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
