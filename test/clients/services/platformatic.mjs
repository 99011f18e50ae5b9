// A service on @platformatic/kafka, which takes no socket factory. See the test beside.
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { config, done } from './service.mjs'

const { brokers, topic, ca, count, retries } = config
const client = {
  clientId: 'service',
  bootstrapBrokers: brokers,
  connectTimeout: 10_000,
  retries,
  ...(ca === undefined ? {} : { tls: { ca }, tlsServerName: true }),
}

const producer = new Producer({ ...client, serializers: stringSerializers })
const messages = Array.from({ length: count }, (_, i) => ({ topic, partition: i % 3, value: `message ${i}` }))
await producer.send({ messages })
await producer.close()

const consumer = new Consumer({ ...client, groupId: `${topic}-readers`, deserializers: stringDeserializers })
const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: true, maxWaitTime: 200 })
const received = []
for await (const { value } of stream) {
  received.push(value)
  if (received.length === count) break
}
await consumer.close(true)
done(received)
