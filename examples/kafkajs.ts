// Sends a message to a topic and reads it again:
//   KAFKA_BROKERS=HOST:PORT,... KAFKA_TOPIC=NAME KAFKA_SPLIT_DNS_MAP='PATTERN=TARGET' npx tsx kafkajs.ts
import { Kafka } from 'kafkajs'
import { createSocketFactory } from 'kafka-split-dns'

const { KAFKA_BROKERS: brokers = 'localhost:9092', KAFKA_TOPIC: topic = 'example' } = process.env
const kafka = new Kafka({ brokers: brokers.split(','), socketFactory: createSocketFactory() })

const producer = kafka.producer()
await producer.connect()
await producer.send({ topic, messages: [{ value: 'hello' }] })
await producer.disconnect()

const consumer = kafka.consumer({ groupId: `${topic}-readers` })
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  eachMessage: async ({ message }) => {
    console.log(`${topic}: ${String(message.value)}`)
    // Not awaited: the consumer waits for this very function before it disconnects.
    void consumer.disconnect()
  },
})
