import type { Consumer } from 'kafkajs'
import { client, connected, consume, consumerConfig, createTopic } from './clients.js'
import { shapes } from './shape.js'
import { kafkaTest } from './suite.js'

const topic = 'groups'
const partitionCount = 4
const count = 400

for (const shape of shapes) {
  kafkaTest(shape, 'a group of two members shares the partitions and reads each message once', async (t, kafka) => {
    const kafkajs = client(kafka)
    const admin = await connected(t, kafkajs.admin())
    await createTopic(kafka, admin, topic, partitionCount)
    const members = [kafkajs.consumer(consumerConfig(topic)), kafkajs.consumer(consumerConfig(topic))]
    for (const member of members) {
      await connected(t, member)
      await member.subscribe({ topics: [topic], fromBeginning: true })
    }

    const received: { member: number; value: string }[] = []
    const shared = evenlyShared(members)
    const consumed = Promise.race(
      members.map((consumer, member) =>
        consume(consumer, ({ message }) => received.push({ member, value: String(message.value) }) === count),
      ),
    )
    // Sent only now that both members have their share: no rebalance can bring a message twice.
    const assigned = await Promise.race([shared, consumed])
    t.same(assigned?.flat().sort(), [0, 1, 2, 3], 'each partition has one reader')
    const { groups } = await admin.describeGroups([topic])
    t.match(groups[0], { state: 'Stable', members: { length: 2 } })

    const values = Array.from({ length: count }, (_, i) => `message ${i}`)
    const producer = await connected(t, kafkajs.producer())
    const messages = values.map((value, i) => ({ partition: i % partitionCount, value }))
    await producer.send({ topic, messages })
    await consumed
    t.same(received.map(({ value }) => value).sort(), values.sort(), 'each message once')
    t.equal(new Set(received.map(({ member }) => member)).size, 2, 'both members have read')
  })

  kafkaTest(shape, 'a group goes on where it has committed', async (t, kafka) => {
    const kafkajs = client(kafka)
    const committed = `${topic}-committed`
    await createTopic(kafka, await connected(t, kafkajs.admin()), committed, 1)
    const producer = await connected(t, kafkajs.producer())
    const read = async (count: number) => {
      const values: string[] = []
      const consumer = kafkajs.consumer(consumerConfig(committed))
      await consumer.connect()
      await consumer.subscribe({ topics: [committed], fromBeginning: true })
      await consume(consumer, ({ message }) => values.push(String(message.value)) === count)
      // Leaving the group commits what was read.
      await consumer.disconnect()
      return values
    }
    await producer.send({ topic: committed, messages: [{ value: 'a' }, { value: 'b' }] })
    t.same(await read(2), ['a', 'b'])
    await producer.send({ topic: committed, messages: [{ value: 'c' }] })
    t.same(await read(1), ['c'])
  })
}

/** Resolves with the members' partitions as soon as each of two has half of them. */
function evenlyShared(members: readonly Consumer[]): Promise<readonly (readonly number[])[]> {
  const assigned = new Map<Consumer, readonly number[]>()
  return new Promise(done => {
    for (const member of members) {
      member.on(member.events.GROUP_JOIN, ({ payload }) => {
        assigned.set(member, payload.memberAssignment[topic] ?? [])
        const shares = [...assigned.values()]
        if (shares.length === 2 && shares.every(({ length }) => length === partitionCount / 2)) done(shares)
      })
    }
  })
}
