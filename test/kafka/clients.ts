import kafkajs, {
  type Admin,
  type Consumer,
  type ConsumerConfig,
  type EachMessagePayload,
  type ISocketFactory,
  type KafkaConfig,
} from 'kafkajs'
import type { Test } from 'tap'
import { splitDnsFactory } from './split-dns-factory.js'
import { waitUntil } from './wait.js'
import { fetchMetadata, type Metadata } from './metadata.js'
import type { ClusterView, Protocol } from './shape.js'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

/** What kafkajs is given for the protocol, but for the factory. */
export function clientConfig(kafka: ClusterView, protocol: Protocol = 'plaintext'): KafkaConfig {
  return {
    clientId: 'kafka-split-dns-tests',
    brokers: [kafka.bootstrap[protocol]],
    logLevel: kafkajs.logLevel.NOTHING,
    // The suite shares a small machine with JVMs that start.
    connectionTimeout: 10_000,
    ...(protocol === 'plaintext' ? {} : { ssl: { ca: [kafka.ca] } }),
    // A new object each time: kafkajs writes into it, and would go on with old credentials.
    ...(protocol === 'sasl_ssl' ? { sasl: { mechanism: 'scram-sha-512', ...kafka.user } } : {}),
  }
}

/** kafkajs through the factory under test. */
export const client = (kafka: ClusterView, protocol?: Protocol, more: Partial<KafkaConfig> = {}) =>
  new kafkajs.Kafka({ ...clientConfig(kafka, protocol), socketFactory: splitDnsFactory(kafka), ...more })

/** kafkajs that gives up soon, for what has to fail. */
export const impatient = { retry: { retries: 1, initialRetryTime: 50 } } as const

/** kafkajs that rides out a broker's end and return. */
export const patient = { retry: { retries: 40, initialRetryTime: 50, maxRetryTime: 500 } } as const

/** The factory, and `seen`: each `host:port` that kafkajs asked it for. */
export function recording(factory: ISocketFactory): { socketFactory: ISocketFactory; seen: Set<string> } {
  const seen = new Set<string>()
  const socketFactory: ISocketFactory = args => {
    seen.add(`${args.host}:${args.port}`)
    return factory(args)
  }
  return { socketFactory, seen }
}

interface Client {
  connect(): Promise<void>
  disconnect(): Promise<void>
}

/** The admin, producer or consumer, connected until the test ends. */
export async function connected<T extends Client>(t: Test, client: T): Promise<T> {
  t.teardown(() => client.disconnect())
  await client.connect()
  return client
}

/**
 * Every broker's answer to a Metadata request passes the check. What one broker has done the others learn a moment
 * later, and kafkajs asks any of them.
 */
export async function everyBrokerKnows(
  kafka: ClusterView,
  what: string,
  check: (topics: Metadata['topics']) => boolean,
) {
  await waitUntil(what, async () => {
    const answers = await Promise.all(
      kafka.brokers.map(({ host, ports }) => fetchMetadata(host, ports.plaintext, { topics: true })),
    )
    return answers.every(({ topics }) => check(topics)) ? undefined : 'not every broker knows of it'
  })
}

/** The topic is there, with a leader for each of its partitions, and every broker knows. */
export async function createTopic(kafka: ClusterView, admin: Admin, topic: string, numPartitions = 3): Promise<void> {
  // kafkajs' own wait fails where it asks a broker that has not heard of the topic yet.
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions, replicationFactor: 3 }] })
  await everyBrokerKnows(kafka, `topic ${topic}`, topics => {
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? []
    return partitions.length === numPartitions && partitions.every(({ leader }) => leader >= 0)
  })
}

/** What a consumer of the tests is made with. `disconnect` waits for the fetch under way, so that is kept short. */
export const consumerConfig = (groupId: string): ConsumerConfig => ({ groupId, maxWaitTimeInMs: 200 })

/** Resolves when `isDone` says so after a message; a consumer that crashes for good ends the wait with its error. */
export function consume(consumer: Consumer, isDone: (payload: EachMessagePayload) => boolean): Promise<void> {
  return new Promise((done, fail) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) fail(payload.error)
    })
    consumer
      .run({
        eachMessage: async payload => {
          if (isDone(payload)) done()
        },
      })
      .catch(fail)
  })
}
