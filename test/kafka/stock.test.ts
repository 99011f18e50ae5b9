import kafkajs from 'kafkajs'
import { client, clientConfig, connected, createTopic, impatient, recording } from './clients.js'
import { protocols, shapes } from './shape.js'
import { bootstrapRules, factoryForMap, splitDnsFactory } from './split-dns-factory.js'
import { kafkaTest } from './suite.js'

for (const shape of shapes) {
  kafkaTest(shape, 'stock kafkajs finds no broker by these names', async (t, kafka) => {
    const admin = new kafkajs.Kafka({ ...clientConfig(kafka), ...impatient }).admin()
    t.teardown(() => admin.disconnect())
    await t.rejects(admin.connect(), { message: /ENOTFOUND|EAI_AGAIN/ })
  })

  kafkaTest(shape, 'a map of the bootstrap name alone fails at the brokers that metadata brings', async (t, kafka) => {
    const socketFactory = factoryForMap(bootstrapRules(kafka).join(','))
    const admin = await connected(t, client(kafka, 'plaintext', { ...impatient, socketFactory }).admin())
    await t.rejects(admin.createTopics({ topics: [{ topic: 'never' }] }), { message: /ENOTFOUND|EAI_AGAIN/ })
  })

  for (const protocol of protocols) {
    kafkaTest(shape, `${protocol}: every broker is reached by its own name`, async (t, kafka) => {
      const { socketFactory, seen } = recording(splitDnsFactory(kafka))
      const admin = await connected(t, client(kafka, protocol, { socketFactory }).admin())
      const topic = `names-${protocol}`
      await createTopic(kafka, admin, topic)
      const producer = await connected(t, client(kafka, protocol, { socketFactory }).producer())
      await producer.send({ topic, messages: [0, 1, 2].map(partition => ({ partition, value: 'x' })) })

      const { brokers } = await admin.describeCluster()
      const advertised = kafka.brokers.map(broker => `${broker.name}:${broker.advertisedPorts[protocol]}`)
      t.same(brokers.map(({ host, port }) => `${host}:${port}`).sort(), advertised.sort())
      t.same([...seen].sort(), [...advertised, kafka.bootstrap[protocol]].sort())
    })
  }

  kafkaTest(shape, 'a certificate of other names is refused', async (t, kafka) => {
    const factory = splitDnsFactory(kafka)
    const ssl = { ca: [kafka.ca], servername: 'broker.example' }
    const admin = client(kafka, 'ssl', { ...impatient, ssl, socketFactory: factory }).admin()
    t.teardown(() => admin.disconnect())
    await t.rejects(admin.connect(), { message: /altnames|Hostname/ })
  })

  kafkaTest(shape, 'a wrong SCRAM password is refused', async (t, kafka) => {
    const sasl = { mechanism: 'scram-sha-512', username: kafka.user.username, password: 'wrong' } as const
    const admin = client(kafka, 'sasl_ssl', { ...impatient, sasl }).admin()
    t.teardown(() => admin.disconnect())
    await t.rejects(admin.connect(), { name: 'KafkaJSSASLAuthenticationError' })
  })
}
