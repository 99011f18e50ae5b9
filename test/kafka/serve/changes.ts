// Clients run on while what they depend on changes: no message is lost, doubled or out of order.
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { makeCertificate } from '../../servers/certificate.js'
import { Endpoint } from '../chaos/endpoint.js'
import { client, connected, createTopic, everyBrokerKnows } from '../clients.js'
import type { Cluster } from '../cluster.js'
import { waitUntil } from '../wait.js'
import { otherName, type Pod } from './pod.js'
import { type Language, shortName } from './programs.js'
import { SteadyClient } from './steady-client.js'
import { clientVariables, partitionCount } from './task.js'

const protocol = 'sasl_ssl'
const endpointAddresses = ['127.0.77.1', '127.0.77.2', '127.0.77.3'] as const

/** The clients of these languages, all at once, while serve goes and returns, a broker joins and the endpoint moves. */
export async function proveChanges(t: Test, pod: Pod, cluster: Cluster, languages: readonly Language[]): Promise<void> {
  const world = new World(pod, cluster)
  t.teardown(() => world.close())
  const [first, second, third] = world.endpoints
  await first.become('relay')
  await world.writeMap(first)
  await pod.serve(world.variables)
  const admin = await connected(t, client(cluster.view).admin())
  const topics = languages.map(language => `serve-steady-${shortName(language)}`)
  for (const topic of topics) await createTopic(cluster.view, admin, topic, partitionCount)
  const clients = await Promise.all(
    languages.map(async (language, index) =>
      SteadyClient.start(pod, language, await clientVariables(pod, cluster.view, topics[index] ?? '', protocol)),
    ),
  )
  /** Waits for each client, and prints how long it took. */
  const progress = async (t: Test, since: string) => {
    const took = await Promise.all(clients.map(async each => `${each.name} ${Math.round(await each.progress())} ms`))
    t.pass('messages go on')
    t.comment(`messages after ${since}: ${took.join('; ')}`)
  }
  await progress(t, 'the start')

  await t.test('serve is killed and comes back', async t => {
    const askOther = async (when: string) => {
      const { stdout } = await pod.run('getent', ['ahostsv4', otherName.name])
      t.match(stdout, otherName.address, `another name resolves ${when}`)
    }
    await askOther('through serve')
    await pod.kill()
    await askOther('while serve is gone')
    await pod.serve(world.variables)
    await progress(t, "serve's return")
  })

  await t.test('a broker joins, and its rule comes later', async t => {
    const four = await cluster.addBroker()
    const partitionAssignment = [{ partition: 0, replicas: [four.id] }]
    await admin.alterPartitionReassignments({ topics: topics.map(topic => ({ topic, partitionAssignment })) })
    await everyBrokerKnows(cluster.view, 'the new leader', known =>
      known
        .filter(({ name }) => topics.includes(name))
        .every(({ partitions }) => partitions.some(({ partition, leader }) => partition === 0 && leader === four.id)),
    )
    await waitUntil('a question for the broker', () => (pod.asked.has(four.name) ? undefined : 'none came'))
    await world.writeMap(first)
    await progress(t, "the broker's rule")
  })

  await t.test('the endpoint moves, and the old one is gone at once', async t => {
    await second.become('relay')
    await world.writeMap(second)
    await first.close()
    await progress(t, 'the move')
  })

  if (cluster.view.shape === 'ports') {
    await t.test(
      'the endpoint moves again, and relayed connections leave the old one, which still answers',
      async t => {
        await third.become('relay')
        t.ok(second.connections > 0, `${second.connections} connections to the old one`)
        await world.writeMap(third)
        await waitUntil('the end of connections to the old endpoint', () =>
          second.connections === 0 ? undefined : `${second.connections} are left`,
        )
        await progress(t, 'the second move')
      },
    )
  }

  for (const each of clients) {
    const { sent, isComplete } = await each.end()
    t.ok(sent > 0 && isComplete, `${each.name}: ${sent} messages, each once and in order`)
  }
}

/** Endpoints in front of the brokers, each with one address and port, and the map's file that names one of them. */
class World {
  readonly endpoints: readonly [Endpoint, Endpoint, Endpoint]
  /** What serve is started with. */
  readonly variables: NodeJS.ProcessEnv
  readonly #cluster: Cluster
  readonly #mapFile: string

  constructor(pod: Pod, cluster: Cluster) {
    this.#cluster = cluster
    this.#mapFile = join(pod.folder, 'map.yaml')
    this.variables = {
      KAFKA_SPLIT_DNS_MAP_FILE: this.#mapFile,
      KAFKA_SPLIT_DNS_ALLOW: '127.0.0.0/8',
      KAFKA_SPLIT_DNS_ON_MOVE: 'reconnect',
    }
    const wrong = makeCertificate()
    const port = cluster.view.basePorts[protocol]
    const endpointAt = (host: string) => new Endpoint({ host, port, wrong, brokerAt: name => placeOf(cluster, name) })
    const [first, second, third] = endpointAddresses
    this.endpoints = [endpointAt(first), endpointAt(second), endpointAt(third)]
  }

  /** The map has a rule for each broker that runs now, and for the bootstrap server: all lead to the endpoint. */
  async writeMap(endpoint: Endpoint): Promise<void> {
    const { shape, brokers, bootstrapName, bootstrap, basePorts } = this.#cluster.view
    const port = bootstrap[protocol].split(':')[1] ?? ''
    const rules = [bootstrapName, ...brokers.map(({ name }) => name)].map(name =>
      shape === 'zones'
        ? { match: name, to: endpoint.address }
        : { match: `${name}:${port}`, to: `${endpoint.address}:${basePorts[protocol]}` },
    )
    await writeFile(`${this.#mapFile}.new`, JSON.stringify({ rules }))
    await rename(`${this.#mapFile}.new`, this.#mapFile)
  }

  async close(): Promise<void> {
    for (const endpoint of this.endpoints) await endpoint.close()
  }
}

function placeOf(cluster: Cluster, name: string) {
  const { brokers, bootstrapName } = cluster.view
  const broker = name === bootstrapName ? brokers[0] : brokers.find(broker => broker.name === name)
  return broker === undefined ? undefined : { host: broker.host, port: broker.ports[protocol] }
}
