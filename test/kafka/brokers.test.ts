import type { Admin, Producer } from 'kafkajs'
import type { Test } from 'tap'
import { setTimeout as delay } from 'node:timers/promises'
import { client, connected, consume, consumerConfig, createTopic, patient, recording } from './clients.js'
import type { Cluster } from './cluster.js'
import { shapes } from './shape.js'
import { splitDnsFactory } from './split-dns-factory.js'
import { ownKafkaTest } from './suite.js'
import { sleep, waitUntil } from './wait.js'

const topic = 'brokers'
const partitionCount = 3

for (const shape of shapes) {
  // Zones of their own, so that nothing is left of the clusters that the other files share.
  const zone = shape === 'zones' ? 'kafka-c.test' : 'kafka-d.test'
  ownKafkaTest(
    { shape, zone, sessionTimeoutMs: 3000 },
    'brokers come, go and move under a client that runs, and nothing is lost',
    async (t, cluster) => {
      const { socketFactory, seen } = recording(splitDnsFactory(cluster.view))
      const kafka = client(cluster.view, 'plaintext', { socketFactory, ...patient })
      const admin = await connected(t, kafka.admin())
      await createTopic(cluster.view, admin, topic, partitionCount)
      const producer = await connected(t, kafka.producer({ metadataMaxAge: 500 }))
      const stream = startStream(t, producer)

      const four = await cluster.addBroker()
      await leadBy(t, admin, four.id, kafka.producer())
      t.ok(seen.has(`${four.name}:${four.advertisedPorts.plaintext}`), 'a broker that joined is reached by its name')
      await cluster.removeBroker(four.id)

      await cluster.killBroker(2)
      await cluster.waitForBrokers()
      await stream.progress()
      await cluster.restartBroker(2)
      await cluster.waitForInSync()

      const moved = await cluster.restartBroker(3, 5)
      await waitUntil('a connection to the broker that moved', () =>
        seen.has(`${moved.name}:${moved.advertisedPorts.plaintext}`) ? undefined : [...seen].join(' '),
      )
      t.not(moved.name, 'b3', 'a broker that moved is reached by its new name')
      await stream.progress()
      const acknowledged = await stream.end()
      await cluster.waitForInSync()
      await nothingLost(t, cluster, acknowledged)
    },
  )
}

interface Stream {
  /** Resolves when a message that was sent after the call has been acknowledged, in each partition. */
  progress(): Promise<void>
  /** Ends it; what was acknowledged. */
  end(): Promise<string[]>
}

/**
 * Sends without a pause, one partition a send: where a partition moves in the middle of a send to several, kafkajs 2.2.4
 * can drop its messages and acknowledge them.
 */
function startStream(t: Test, producer: Producer): Stream {
  const acknowledged: string[] = []
  let isEnding = false
  const run = async () => {
    for (let n = 0; !isEnding; n++) {
      await producer.send({ topic, acks: -1, messages: [{ partition: n % partitionCount, value: String(n) }] })
      acknowledged.push(String(n))
      await sleep(5)
    }
  }
  let failure: Error | undefined
  const running = run().catch((error: unknown) => {
    failure = error instanceof Error ? error : new Error(String(error))
  })
  t.teardown(() => {
    isEnding = true
  })
  return {
    progress: async () => {
      // The send under way may be an earlier one: one more than a round.
      const goal = acknowledged.length + partitionCount + 1
      await waitUntil('the producer', () => {
        if (failure !== undefined) throw failure
        return acknowledged.length >= goal ? undefined : `${acknowledged.length} messages are acknowledged`
      })
    },
    end: async () => {
      isEnding = true
      await running
      if (failure !== undefined) throw failure
      return acknowledged
    },
  }
}

/** A topic that this broker alone leads is written to; by a client of its own, since kafkajs never forgets a topic. */
async function leadBy(t: Test, admin: Admin, broker: number, producer: Producer): Promise<void> {
  const own = `led-by-${broker}`
  await admin.createTopics({ topics: [{ topic: own, replicaAssignment: [{ partition: 0, replicas: [broker] }] }] })
  await producer.connect()
  await producer.send({ topic: own, messages: [{ value: 'x' }] })
  await producer.disconnect()
  await admin.deleteTopics({ topics: [own] })
  t.pass(`broker ${broker} leads a partition and is written to`)
}

/** Every acknowledged message is in the log. A message may be there twice: a retry after a lost answer. */
async function nothingLost(t: Test, cluster: Cluster, acknowledged: readonly string[]): Promise<void> {
  const consumer = await connected(
    t,
    client(cluster.view, 'plaintext', patient).consumer(consumerConfig('brokers-readers')),
  )
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const missing = new Set(acknowledged)
  const readAll = consume(consumer, ({ message }) => {
    missing.delete(String(message.value))
    return missing.size === 0
  })
  const deadline = new AbortController()
  t.teardown(() => deadline.abort())
  await Promise.race([readAll, delay(20_000, undefined, { signal: deadline.signal }).catch(() => undefined)])
  t.same([...missing], [], `none of ${acknowledged.length} acknowledged messages is lost`)
}
