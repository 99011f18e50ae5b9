// What the factory costs a client that is connected: produce and consume through it against stock kafkajs, and against
// stock kafkajs through a plain TCP relay (the least that a proxy costs), on one broker, in one run, round by round.
//   npx tsx bench/throughput.ts [READS]
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import kafkajs, { type Consumer, type ISocketFactory, type Producer } from 'kafkajs'
import { startCluster, type Cluster } from '../test/kafka/cluster.js'
import { prepareKafka } from '../test/kafka/prepare.js'
import { mapFor, splitDnsFactory } from '../test/kafka/split-dns-factory.js'

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'

const partitions = 3
const sends = 300
const perSend = 100
const total = sends * perSend
const reads = Number(process.argv[2] ?? 151)
const value = Buffer.alloc(1_000, 'x')

/** One way to the broker: a producer, a consumer and a topic of its own. */
class Way {
  readonly name: string
  readonly topic: string
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
    if (this.#received < total) return
    this.#done(((this.#received - this.#uncounted) / (performance.now() - this.#firstAtMs)) * 1000)
  }
}

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN

async function relayTo(port: number): Promise<{ child: ChildProcess; port: number }> {
  const script = join(import.meta.dirname, 'tcp-relay.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', script, '127.0.0.1', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, port: Number(line.toString()) }
}

async function createTopics(cluster: Cluster, ways: readonly Way[]): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [literal(cluster)], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  const topics = ways.map(({ topic }) => ({ topic, numPartitions: partitions, replicationFactor: 1 }))
  await admin.createTopics({ waitForLeaders: true, topics })
  await admin.disconnect()
}

/** The listener that the broker advertises by its address: stock kafkajs needs no name for it. */
const literal = (cluster: Cluster) => `${cluster.broker(1).host}:${cluster.broker(1).internalPort}`

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
  process.stdout.write(`${what}\n`)
  ways.forEach(({ name }, at) => {
    const own = rates[at] ?? []
    const rate = Math.round(median(own)).toLocaleString('en')
    const ratio = median(own.map((one, turn) => one / (rates[0]?.[turn] ?? NaN)))
    const against = at === 0 ? '' : `, ${ratio.toFixed(3)} of stock kafkajs (median of ${own.length} pairs)`
    process.stdout.write(`  ${name.padEnd(8)} ${rate.padStart(8)} messages/s${against}\n`)
  })
}

async function run(): Promise<void> {
  await prepareKafka()
  const cluster = await startCluster({ shape: 'ports', zone: 'bench.test', brokers: 1 })
  const relay = await relayTo(cluster.broker(1).internalPort)
  try {
    const throughRelay: ISocketFactory = ({ onConnect }) =>
      connect({ host: '127.0.0.1', port: relay.port }, onConnect).setKeepAlive(true, 60_000)
    const { view } = cluster
    process.stdout.write(`the factory's map: ${mapFor(view, ['plaintext'])}\n`)
    const ways = [
      new Way('stock', literal(cluster)),
      new Way('factory', view.bootstrap.plaintext, splitDnsFactory(view)),
      new Way('relay', literal(cluster), throughRelay),
    ]
    await createTopics(cluster, ways)
    for (const way of ways) await way.openProducer()
    const produced = await measure(ways, sends, (way, turn) => way.produce(turn % partitions))
    report(`produce, ${perSend} messages of 1 kB a send, acks=all`, ways, produced)
    for (const way of ways) await way.openConsumer()
    report(
      `consume, ${total.toLocaleString('en')} messages of 1 kB`,
      ways,
      await measure(ways, reads, way => way.consume()),
    )
    for (const way of ways) await way.closeConsumer()
  } finally {
    relay.child.kill()
    await cluster.stop()
  }
}

await run()
