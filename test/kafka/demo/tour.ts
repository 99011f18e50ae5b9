import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import kafkajs, { type Kafka } from 'kafkajs'
import type { SplitDnsSocketFactory } from '../../../src/index.js'

process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1'

const messageCount = 30

export interface Tour {
  /** The bootstrap server, `name:port`. */
  readonly bootstrap: string
  readonly socketFactory: SplitDnsSocketFactory
  readonly print: (line: string) => void
}

interface Address {
  readonly host: string
  readonly port: number
}

/** Shows what the names of a Kafka are without the map, where the map leads them, and that kafkajs works through it. */
export async function takeTour({ bootstrap, socketFactory, print }: Tour): Promise<void> {
  const kafka = new kafkajs.Kafka({
    clientId: 'kafka-split-dns-demo',
    brokers: [bootstrap],
    socketFactory,
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 5000,
    // Of an address that answers nothing one wants to hear soon.
    retry: { retries: 3 },
  })
  const admin = kafka.admin()
  await admin.connect()
  try {
    const { brokers } = await admin.describeCluster()
    const names = [parseAddress(bootstrap), ...[...brokers].sort((a, b) => a.nodeId - b.nodeId)]
    const width = Math.max(...names.map(({ host, port }) => `${host}:${port}`.length))
    print('What the system makes of the names that this Kafka advertises:')
    for (const { host, port } of names) print(`  ${`${host}:${port}`.padEnd(width)}  ${await resolved(host)}`)
    print('Where the map leads them:')
    for (const { host, port } of names)
      print(`  ${`${host}:${port}`.padEnd(width)}  -> ${endpoint(socketFactory, host, port)}`)

    const topic = `kafka-split-dns-demo-${randomBytes(4).toString('hex')}`
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: 3, replicationFactor: Math.min(3, brokers.length) }],
    })
    try {
      print('kafkajs through the map:')
      await produce(kafka, topic)
      print(`  produced ${messageCount} messages to 3 partitions`)
      print(`  consumed ${await consume(kafka, topic)} of them again, each partition in order`)
    } finally {
      // A client of its own: kafkajs goes on asking for the metadata of a topic that it has once used.
      await deleteTopic(kafka, topic)
    }
  } finally {
    await admin.disconnect()
  }
}

async function resolved(host: string): Promise<string> {
  try {
    const addresses = await lookup(host, { all: true })
    return addresses.map(({ address }) => address).join(' ')
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function endpoint({ splitDns }: SplitDnsSocketFactory, host: string, port: number): string {
  const { action, targets } = splitDns.route(host, port)
  if (action !== 'map') return `${action}: no rule maps it`
  return targets.map(target => `${target.host}:${target.port ?? port}`).join(', ')
}

async function produce(kafka: Kafka, topic: string): Promise<void> {
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: messageCount }, (_, i) => ({ partition: i % 3, value: String(i) }))
  await producer.send({ topic, messages })
  await producer.disconnect()
}

/** How many messages came; rejects where one is missing after a while, comes twice or out of order. */
async function consume(kafka: Kafka, topic: string): Promise<number> {
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 200 })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  const next = [0, 1, 2]
  let total = 0
  await new Promise<void>((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`only ${total} of ${messageCount} messages came in 30 s`)), 30_000)
    const eachMessage = async ({ partition, message }: { partition: number; message: { value: Buffer | null } }) => {
      const expected = next[partition]
      if (String(message.value) !== String(expected))
        fail(new Error(`expected message ${expected}, got ${String(message.value)}`))
      next[partition] = (expected ?? 0) + 3
      total += 1
      if (total < messageCount) return
      clearTimeout(timer)
      done()
    }
    consumer.run({ eachMessage }).catch(fail)
  })
  await consumer.disconnect()
  return total
}

async function deleteTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  await admin.deleteTopics({ topics: [topic] })
  await admin.deleteGroups([topic])
  await admin.disconnect()
}

function parseAddress(text: string): Address {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at), port: Number(text.slice(at + 1)) }
}
