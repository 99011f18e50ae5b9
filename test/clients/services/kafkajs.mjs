// A service on kafkajs that knows nothing of kafka-split-dns, unless FACTORY asks for its socket factory. See the tests.
import { Kafka, logLevel } from 'kafkajs'
import { config, done } from './service.mjs'

const { brokers, topic, ca, count, retries } = config
const { createSocketFactory } = process.env.FACTORY === '1' ? await import('kafka-split-dns') : {}
const kafka = new Kafka({
  brokers,
  ...(ca === undefined ? {} : { ssl: { ca: [ca] } }),
  ...(createSocketFactory === undefined ? {} : { socketFactory: createSocketFactory() }),
  logLevel: logLevel.NOTHING,
  connectionTimeout: 10_000,
  retry: { retries, initialRetryTime: 50 },
})

const producer = kafka.producer()
await producer.connect()
const messages = Array.from({ length: count }, (_, i) => ({ partition: i % 3, value: `message ${i}` }))
await producer.send({ topic, messages })
await producer.disconnect()

const consumer = kafka.consumer({ groupId: `${topic}-readers`, maxWaitTimeInMs: 200 })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
const received = []
await consumer.run({
  eachMessage: async ({ message }) => {
    received.push(String(message.value))
    // Not awaited: the consumer waits for this very function before it disconnects.
    if (received.length === count) void consumer.disconnect().then(() => done(received))
  },
})
