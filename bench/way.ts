// One way to a broker and its throughput: what throughput.ts and serve.ts measure.
import kafkajs, { type Consumer, type ISocketFactory, type Producer } from 'kafkajs'
import type { Cluster } from '../test/kafka/cluster.js'
import { median } from './measure.js'

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'

const partitions = 3
const perSend = 100
const value = Buffer.alloc(1_000, 'x')

/** One way to the broker: a producer, a consumer and a topic of its own. */
export class Way {
  readonly name: string
  readonly topic: string
  #sent = 0
  readonly #producer: Producer
  readonly #consumer: Consumer
  #received = 0
  #firstAtMs = 0
  #uncounted = 0
  #done: (messagesPerSecond: number) => void = () => undefined

  constructor(name: string, broker: string, socketFactory?: ISocketFactory) {
    const kafka = new kafkajs.Kafka({
      brokers: [broker],
      logLevel: kafkajs.logLevel.NOTHING,
      ...(socketFactory === undefined ? {} : { socketFactory }),
    })
    this.name = name
    this.topic = `throughput-${name}`
    this.#producer = kafka.producer()
    this.#consumer = kafka.consumer({ groupId: this.topic, maxWaitTimeInMs: 100 })
  }

  openProducer(): Promise<void> {
    return this.#producer.connect()
  }

  async openConsumer(): Promise<void> {
    await this.#producer.disconnect()
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [this.topic] })
    await this.#consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch: async ({ batch }) => this.#take(batch.messages.length),
    })
  }

  closeConsumer(): Promise<void> {
    return this.#consumer.disconnect()
  }

  /** Messages a second of one send. */
  async produce(partition: number): Promise<number> {
    const messages = Array.from({ length: perSend }, () => ({ partition, value }))
    const startMs = performance.now()
    await this.#producer.send({ topic: this.topic, acks: -1, messages })
    this.#sent += perSend
    return (perSend / (performance.now() - startMs)) * 1000
  }

  /** Messages a second of reading the whole topic, from the first batch on: before it there is a poll to end. */
  consume(): Promise<number> {
    const rate = new Promise<number>(resolve => (this.#done = resolve))
    this.#received = 0
    for (let partition = 0; partition < partitions; partition++) {
      this.#consumer.seek({ topic: this.topic, partition, offset: '0' })
    }
    return rate
  }

  #take(count: number): void {
    if (this.#received === 0) {
      this.#firstAtMs = performance.now()
      this.#uncounted = count
    }
    this.#received += count
    if (this.#received < this.#sent) return
    this.#done(((this.#received - this.#uncounted) / (performance.now() - this.#firstAtMs)) * 1000)
  }
}

/** Produces by each way, `sends` times, then consumes what was produced, `reads` times, and prints the rates. */
export async function compareWays(cluster: Cluster, ways: readonly Way[], sends: number, reads: number): Promise<void> {
  await createTopics(cluster, ways)
  for (const way of ways) await way.openProducer()
  const produced = await measure(ways, sends, (way, turn) => way.produce(turn % partitions))
  report(`produce, ${perSend} messages of 1 kB a send, acks=all`, ways, produced)
  for (const way of ways) await way.openConsumer()
  const consumed = await measure(ways, reads, way => way.consume())
  report(`consume, ${(sends * perSend).toLocaleString('en')} messages of 1 kB`, ways, consumed)
  for (const way of ways) await way.closeConsumer()
}

/** The listener that the broker advertises by its address: stock kafkajs needs no name for it. */
export const literal = (cluster: Cluster) => `${cluster.broker(1).host}:${cluster.broker(1).internalPort}`

async function createTopics(cluster: Cluster, ways: readonly Way[]): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [literal(cluster)], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const topics = ways.map(({ topic }) => ({ topic, numPartitions: partitions, replicationFactor: 1 }))
  await admin.createTopics({ waitForLeaders: true, topics })
  await admin.disconnect()
}

/** The rates of each way; who goes first changes each time, so that what else the machine does falls on all alike. */
async function measure(ways: readonly Way[], times: number, one: (way: Way, turn: number) => Promise<number>) {
  const rates = ways.map((): number[] => [])
  const warmUp = 3
  for (let turn = 0; turn < times; turn++) {
    for (let n = 0; n < ways.length; n++) {
      const at = (n + turn) % ways.length
      const way = ways[at]
      if (way === undefined) continue
      const rate = await one(way, turn)
      if (turn >= warmUp) rates[at]?.push(rate)
    }
  }
  return rates
}

function report(what: string, ways: readonly Way[], rates: readonly (readonly number[])[]): void {
  console.log(`\n${what}`)
  const [base] = ways
  ways.forEach(({ name }, at) => {
    const own = rates[at] ?? []
    const ratios = own.map((one, turn) => one / (rates[0]?.[turn] ?? NaN))
    const [low, middle, high] = [0.25, 0.5, 0.75].map(part => quantile(ratios, part).toFixed(3))
    const against = `, ${middle} of ${base?.name ?? ''} (median of ${own.length} pairs, quartiles ${low} to ${high})`
    const rate = Math.round(median(own)).toLocaleString('en')
    console.log(`  ${name.padEnd(8)} ${rate.padStart(8)} messages/s${at === 0 ? '' : against}`)
  })
}

const quantile = (values: readonly number[], part: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * part)] ?? NaN
