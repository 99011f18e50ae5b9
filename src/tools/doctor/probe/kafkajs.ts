import { toError } from '../../../../lib/thrown.js'
import type { SocketFactory } from '../../../connect/socket-factory.js'
import { property } from '../../property.js'
import type { Connection } from '../connection.js'
import type { ClusterMetadata, Identity } from '../types.js'

/** Which broker, and how it is connected to. */
export interface BrokerOptions {
  readonly host: string
  readonly port: number
  readonly connection: Connection
  readonly socketFactory: SocketFactory
  /** Called for each request that was answered. */
  readonly onAnswer: (apiName: string) => void
}

/** kafkajs' own broker: one connection, no retries, nothing logged. */
export interface KafkaBroker {
  /** TCP, TLS, ApiVersions and SASL, in that order. */
  connect(): Promise<void>
  metadata(): Promise<ClusterMetadata>
  /** Whether it is the broker of this id. Never rejects. */
  identify(nodeId: number): Promise<Identity>
  disconnect(): Promise<void>
}

/** What is used of kafkajs 2.2's internals; its own describeCluster drops the racks. */
interface Internals {
  readonly version: string
  readonly ConnectionPool: new (options: object) => object
  readonly Broker: new (options: object) => InternalBroker
}

interface InternalBroker {
  connect(): Promise<void>
  metadata(topics: readonly string[]): Promise<InternalMetadata>
  describeConfigs(request: { readonly resources: readonly object[] }): Promise<unknown>
  disconnect(): Promise<void>
}

interface InternalMetadata {
  readonly clusterId?: string | null
  readonly controllerId: number
  readonly brokers: readonly {
    readonly nodeId: number
    readonly host: string
    readonly port: number
    readonly rack?: string | null
  }[]
}

/** The kafkajs that is installed beside this package. */
export interface Kafkajs {
  readonly version: string
  readonly makeBroker: (options: BrokerOptions) => KafkaBroker
}

/** Rejects with an error that says who needs it, and what to do. */
export async function loadKafkajs(who = 'doctor'): Promise<Kafkajs> {
  const { ConnectionPool, Broker, version } = await importInternals(who)
  const makeBroker = ({ host, port, connection, socketFactory, onAnswer }: BrokerOptions): KafkaBroker => {
    const { ssl, sasl, clientId, patienceMs } = connection
    const pool = new ConnectionPool({
      ...{ host, port, ssl, clientId, socketFactory },
      // kafkajs writes into it.
      sasl: sasl === undefined ? undefined : { ...sasl },
      connectionTimeout: patienceMs,
      requestTimeout: patienceMs,
      logger: silent,
      instrumentationEmitter: {
        emit: (event: string, payload: { readonly apiName?: string }) => {
          if (event === 'network.request' && payload.apiName !== undefined) onAnswer(payload.apiName)
        },
      },
    })
    const broker = new Broker({
      connectionPool: pool,
      logger: silent,
      authenticationTimeout: patienceMs,
      allowAutoTopicCreation: false,
    })
    return {
      connect: () => broker.connect(),
      metadata: async () => readMetadata(await broker.metadata([])),
      identify: nodeId => identify(broker, nodeId),
      disconnect: () => broker.disconnect(),
    }
  }
  return { version, makeBroker }
}

/** Kafka's number for a resource that is a broker. */
const brokerResource = 4

/** A broker gives no other broker's configuration: Kafka refuses that as an invalid request (42). */
async function identify(broker: InternalBroker, nodeId: number): Promise<Identity> {
  const resource = { type: brokerResource, name: String(nodeId), configNames: ['broker.id'] }
  try {
    await broker.describeConfigs({ resources: [resource] })
    return 'verified'
  } catch (error) {
    return property(error, 'type') === 'INVALID_REQUEST' ? 'wrong' : 'unknown'
  }
}

const silent = {
  namespace: () => silent,
  setLogLevel: ignore,
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
}

function ignore(): void {
  // The diagnosis reports it.
}

// Not literals: these files have no types, and a bundler must not look for an optional peer.
const poolFile: string = 'kafkajs/src/network/connectionPool.js'
const brokerFile: string = 'kafkajs/src/broker/index.js'
const packageFile: string = 'kafkajs/package.json'

async function importInternals(who: string): Promise<Internals> {
  try {
    const [pool, broker] = [(await import(poolFile)) as unknown, (await import(brokerFile)) as unknown]
    const [ConnectionPool, Broker] = [defaultOf(pool), defaultOf(broker)]
    if (typeof ConnectionPool !== 'function' || typeof Broker !== 'function') throw new Error('it has other internals')
    const description = defaultOf((await import(packageFile, { with: { type: 'json' } })) as unknown)
    return {
      version: String(property(description, 'version')),
      ConnectionPool: ConnectionPool as Internals['ConnectionPool'],
      Broker: Broker as Internals['Broker'],
    }
  } catch (error) {
    const [why = ''] = toError(error).message.split('\n')
    const message = `${who} needs kafkajs 2.2 beside kafka-split-dns: npm install kafkajs@2 (${why})`
    throw new Error(message, { cause: error })
  }
}

const defaultOf = (module: unknown): unknown => property(module, 'default')

function readMetadata({ clusterId, controllerId, brokers }: InternalMetadata): ClusterMetadata {
  const listed = brokers.map(({ nodeId, host, port, rack }) => ({
    nodeId,
    host,
    port,
    rack: rack === undefined || rack === '' ? null : rack,
  }))
  return { clusterId: clusterId ?? null, controllerId, brokers: listed.toSorted((a, b) => a.nodeId - b.nodeId) }
}
