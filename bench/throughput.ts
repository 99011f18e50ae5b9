// What the factory costs a client that is connected: produce and consume through it against stock kafkajs, and against
// stock kafkajs through a plain TCP relay (the least that a proxy costs), on one broker, in one run, round by round.
//   npx tsx bench/throughput.ts [ROUNDS]
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import kafkajs, { type Consumer, type ISocketFactory, type Producer } from 'kafkajs'
import { startCluster, type Cluster } from '../test/kafka/cluster.js'
import { prepareKafka } from '../test/kafka/prepare.js'
import { mapFor, splitDnsFactory } from '../test/kafka/split-dns-factory.js'

process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1'

const rounds = Number(process.argv[2] ?? 31)
const partitions = 3
const batches = 30
const perBatch = 300
const total = batches * perBatch
const value = Buffer.alloc(1_000, 'x')

/** One way to the broker: a producer, a consumer and a topic of its own. */
class Way {
  readonly name: string
  readonly topic: string
  readonly #producer: Producer
  readonly #consumer: Consumer
  #received = 0
  #done: () => void = () => undefined

  constructor(name: string, broker: string, socketFactory?: ISocketFactory) {
    const kafka = new kafkajs.Kafka({
      brokers: [broker],
      logLevel: kafkajs.logLevel.NOTHING,
      ...(socketFactory === undefined ? {} : { socketFactory }),
    })
    this.name = name
    this.topic = `throughput-${name}`
    this.#producer = kafka.producer()
    // A short wait: the fetch under way ends soon after a seek.
    this.#consumer = kafka.consumer({ groupId: this.topic, maxWaitTimeInMs: 5 })
  }

  async open(): Promise<void> {
    await Promise.all([this.#producer.connect(), this.#consumer.connect()])
    await this.#consumer.subscribe({ topics: [this.topic], fromBeginning: true })
    await this.#consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch: async ({ batch }) => {
        this.#received += batch.messages.length
        if (this.#received >= total) this.#done()
      },
    })
  }

  async close(): Promise<void> {
    await Promise.all([this.#producer.disconnect(), this.#consumer.disconnect()])
  }

  /** The ms that the messages of a round take to be acknowledged. */
  async produce(): Promise<number> {
    const startMs = performance.now()
    for (let batch = 0; batch < batches; batch++) {
      const messages = Array.from({ length: perBatch }, () => ({ partition: batch % partitions, value }))
      await this.#producer.send({ topic: this.topic, acks: -1, messages })
    }
    return performance.now() - startMs
  }

  /** The ms until the messages of the round have been read. */
  async consume(round: number): Promise<number> {
    const done = new Promise<void>(resolve => (this.#done = resolve))
    this.#received = 0
    const startMs = performance.now()
    for (let partition = 0; partition < partitions; partition++) {
      this.#consumer.seek({ topic: this.topic, partition, offset: String((round * total) / partitions) })
    }
    await done
    return performance.now() - startMs
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

async function measure(ways: readonly Way[]): Promise<void> {
  const times = ways.map(() => ({ produce: [] as number[], consume: [] as number[] }))
  for (let round = 0; round <= rounds; round++) {
    // Who goes first changes each round, so that what else the machine does falls on all alike.
    const order = ways.map((_, at) => (at + round) % ways.length)
    for (const at of order) {
      const way = ways[at]
      if (way === undefined) continue
      const produce = await way.produce()
      const consume = await way.consume(round)
      // The first round warms up.
      if (round === 0) continue
      times[at]?.produce.push(produce)
      times[at]?.consume.push(consume)
    }
  }
  report(ways, times)
}

function report(ways: readonly Way[], times: readonly { produce: number[]; consume: number[] }[]): void {
  const stock = times[0]
  for (const kind of ['produce', 'consume'] as const) {
    process.stdout.write(`${kind}, ${rounds} rounds of ${total.toLocaleString('en')} messages of 1 kB\n`)
    ways.forEach(({ name }, at) => {
      const own = times[at]?.[kind] ?? []
      const rate = Math.round((total / median(own)) * 1000).toLocaleString('en')
      const ratio = median(own.map((ms, round) => (stock?.[kind][round] ?? NaN) / ms))
      const against = at === 0 ? '' : `, ${ratio.toFixed(3)} of stock kafkajs (median of the pairs)`
      process.stdout.write(`  ${name.padEnd(8)} ${rate.padStart(8)} messages/s${against}\n`)
    })
  }
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
    for (const way of ways) await way.open()
    await measure(ways)
    for (const way of ways) await way.close()
  } finally {
    relay.child.kill()
    await cluster.stop()
  }
}

await run()
