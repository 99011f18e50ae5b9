import type { Test } from 'tap'
import { client, connected, consume, consumerConfig, createTopic } from './clients.js'
import { type ClusterView, type Protocol, protocols, shapes } from './shape.js'
import { kafkaTest } from './suite.js'

const count = 10_000
const partitionCount = 3
const batch = 1_000

for (const shape of shapes) {
  for (const protocol of protocols) {
    kafkaTest(shape, `${protocol}: ${count} messages over three brokers arrive once and in order`, async (t, kafka) => {
      const topic = `messages-${protocol}`
      const sent = await produce(t, kafka, protocol, topic)
      const received = await consumeAll(t, kafka, protocol, topic)
      for (const [partition, values] of sent.entries()) {
        // Not t.same on 3,333 lines each: a difference is told by its place.
        const at = values.findIndex((value, i) => received[partition]?.[i] !== value)
        t.equal(at, -1, `partition ${partition} holds what was sent, in order`)
        t.equal(received[partition]?.length, values.length, `partition ${partition} holds nothing twice`)
      }
    })
  }
}

/** What was sent, by partition; each partition is led by a broker of its own. */
async function produce(t: Test, kafka: ClusterView, protocol: Protocol, topic: string): Promise<string[][]> {
  const admin = await connected(t, client(kafka, protocol).admin())
  await createTopic(kafka, admin, topic, partitionCount)
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const leaders = new Set(topics.flatMap(({ partitions }) => partitions.map(({ leader }) => leader)))
  t.equal(leaders.size, 3, 'three brokers lead a partition each')

  const producer = await connected(t, client(kafka, protocol).producer())
  const sent: string[][] = Array.from({ length: partitionCount }, () => [])
  for (let first = 0; first < count; first += batch) {
    const messages = Array.from({ length: batch }, (_, i) => ({
      partition: (first + i) % partitionCount,
      value: `message ${first + i}`,
    }))
    for (const { partition, value } of messages) sent[partition]?.push(value)
    await producer.send({ topic, messages })
  }
  return sent
}

async function consumeAll(t: Test, kafka: ClusterView, protocol: Protocol, topic: string): Promise<string[][]> {
  const consumer = await connected(t, client(kafka, protocol).consumer(consumerConfig(`${topic}-readers`)))
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const received: string[][] = Array.from({ length: partitionCount }, () => [])
  let total = 0
  await consume(consumer, ({ partition, message }) => {
    received[partition]?.push(String(message.value))
    total += 1
    return total === count
  })
  return received
}
