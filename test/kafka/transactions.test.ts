import type { Test } from 'tap'
import { client, connected, consume, consumerConfig, createTopic } from './clients.js'
import { type ClusterView, shapes } from './shape.js'
import { kafkaTest } from './suite.js'

const topic = 'transactions'

for (const shape of shapes) {
  kafkaTest(
    shape,
    'a read_committed consumer sees what was committed, and nothing that was aborted',
    async (t, kafka) => {
      const admin = await connected(t, client(kafka).admin())
      await createTopic(kafka, admin, topic)
      const producer = await connected(
        t,
        client(kafka).producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 }),
      )
      const toEach = (value: string) => [0, 1, 2].map(partition => ({ partition, value: `${value} ${partition}` }))
      for (const [value, end] of [
        ['first', 'commit'],
        ['dropped', 'abort'],
        ['second', 'commit'],
      ] as const) {
        const transaction = await producer.transaction()
        await transaction.send({ topic, messages: toEach(value) })
        await transaction[end]()
      }
      const last = await producer.transaction()
      await last.send({ topic, messages: toEach('last') })
      const partitions = [{ partition: 0, offset: '2' }]
      await last.sendOffsets({ consumerGroupId: 'transactions-source', topics: [{ topic, partitions }] })
      await last.commit()

      t.same(
        await readCommitted(t, kafka),
        ['first', 'second', 'last']
          .flatMap(value => toEach(value))
          .map(m => m.value)
          .sort(),
      )
      const [committed] = await admin.fetchOffsets({ groupId: 'transactions-source', topics: [topic] })
      t.match(
        committed?.partitions.find(({ partition }) => partition === 0),
        { offset: '2' },
      )
    },
  )
}

/** All values up to the last one of each partition, sorted. */
async function readCommitted(t: Test, kafka: ClusterView): Promise<string[]> {
  const consumer = await connected(
    t,
    client(kafka).consumer({ ...consumerConfig(`${topic}-readers`), readUncommitted: false }),
  )
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const values: string[] = []
  await consume(consumer, ({ message }) => {
    values.push(String(message.value))
    return values.filter(value => value.startsWith('last')).length === 3
  })
  return values.sort()
}
