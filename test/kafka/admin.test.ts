import kafkajs from 'kafkajs'
import { client, connected, consume, consumerConfig, createTopic, everyBrokerKnows } from './clients.js'
import { shapes } from './shape.js'
import { kafkaTest } from './suite.js'
import { waitUntil } from './wait.js'

const { ConfigResourceTypes } = kafkajs

for (const shape of shapes) {
  kafkaTest(shape, 'the admin makes, extends, empties and deletes topics', async (t, kafka) => {
    const topic = 'admin-topics'
    const admin = await connected(t, client(kafka).admin())
    await createTopic(kafka, admin, topic)
    t.ok((await admin.listTopics()).includes(topic))
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
    await everyBrokerKnows(kafka, 'the fourth partition', topics => {
      return topics.find(({ name }) => name === topic)?.partitions[3]?.leader !== undefined
    })
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    t.equal(topics[0]?.partitions.length, 4)

    const producer = await connected(t, client(kafka).producer())
    await producer.send({
      topic,
      messages: [
        { partition: 0, value: 'a' },
        { partition: 0, value: 'b' },
      ],
    })
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '1' }] })
    const [first] = (await admin.fetchTopicOffsets(topic)).filter(({ partition }) => partition === 0)
    t.match(first, { low: '1', high: '2' })

    // By another client: kafkajs never forgets a topic that it has used, and would go on asking for its metadata.
    const other = await connected(t, client(kafka).admin())
    await other.deleteTopics({ topics: [topic] })
    await everyBrokerKnows(kafka, 'the end of the topic', topics => topics.every(({ name }) => name !== topic))
    t.notOk((await (await connected(t, client(kafka).admin())).listTopics()).includes(topic))
  })

  kafkaTest(shape, 'the admin reads and changes configuration, of a topic and of each broker', async (t, kafka) => {
    const topic = 'admin-configs'
    const admin = await connected(t, client(kafka).admin())
    await createTopic(kafka, admin, topic)
    const configEntries = [{ name: 'retention.ms', value: '7200000' }]
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
    await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] })
    const retention = async () => {
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] })
      return resources[0]?.configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue
    }
    await waitUntil('the change, at whichever broker is asked', async () => {
      const value = await retention()
      return value === '7200000' ? undefined : `retention.ms is ${value ?? 'not there'}`
    })
    t.pass('the configuration is changed')
    for (const { id } of kafka.brokers) {
      const broker = { type: ConfigResourceTypes.BROKER, name: String(id) }
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [broker] })
      t.ok(
        resources[0]?.configEntries.some(
          ({ configName, configValue }) => configName === 'node.id' && configValue === String(id),
        ),
      )
    }
  })

  kafkaTest(
    shape,
    'the admin reads and sets the offsets of topics and groups, and deletes groups',
    async (t, kafka) => {
      const topic = 'admin-offsets'
      const groupId = 'admin-group'
      const admin = await connected(t, client(kafka).admin())
      await createTopic(kafka, admin, topic, 1)
      const producer = await connected(t, client(kafka).producer())
      await producer.send({ topic, messages: ['a', 'b', 'c'].map(value => ({ value })) })
      t.same(await admin.fetchTopicOffsets(topic), [{ partition: 0, offset: '3', high: '3', low: '0' }])
      t.match(await admin.fetchTopicOffsetsByTimestamp(topic, 0), [{ partition: 0, offset: '0' }])

      const consumer = client(kafka).consumer(consumerConfig(groupId))
      await consumer.connect()
      await consumer.subscribe({ topics: [topic], fromBeginning: true })
      await consume(consumer, ({ message }) => message.offset === '2')
      await consumer.disconnect()
      const offsets = async () => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]?.offset
      t.equal(await offsets(), '3')
      await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1' }] })
      t.equal(await offsets(), '1')

      t.ok((await admin.listGroups()).groups.some(group => group.groupId === groupId))
      t.match((await admin.describeGroups([groupId])).groups, [{ groupId, state: 'Empty' }])
      t.match(await admin.deleteGroups([groupId]), [{ groupId, errorCode: 0 }])
    },
  )
}
