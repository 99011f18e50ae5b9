// What the factory costs a client that is connected: produce and consume through it against stock kafkajs, and against
// stock kafkajs through a plain TCP relay (the least that a proxy costs), on one broker, in one run, round by round.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { ISocketFactory } from 'kafkajs'
import { startCluster } from '../test/kafka/cluster.js'
import { prepareKafka } from '../test/kafka/prepare.js'
import { mapFor, splitDnsFactory } from '../test/kafka/split-dns-factory.js'
import { loaderFlags, moduleFile } from '../test/project.js'
import { compareWays, literal, Way } from './way.js'

const sends = 300
const reads = 151

async function relayTo(port: number): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [...loaderFlags, moduleFile('bench/tcp-relay'), '127.0.0.1', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, port: Number(line.toString()) }
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
    await compareWays(cluster, ways, sends, reads)
  } finally {
    relay.child.kill()
    await cluster.stop()
  }
}

await run()
