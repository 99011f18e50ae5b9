import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { createSocketFactory, type SplitDnsSocketFactory } from '../../../src/index.js'
import { makeCertificate } from '../../servers/certificate.js'
import { createTopic } from '../clients.js'
import type { Cluster } from '../cluster.js'
import { freePorts } from '../ports.js'
import type { ClusterView } from '../shape.js'
import { waitUntil } from '../wait.js'
import { Endpoint, type Place } from './endpoint.js'
import { MapServer } from './map-server.js'
import { Nameserver } from './nameserver.js'
import { partitionCount, Traffic } from './traffic.js'

const zones = [1, 2, 3] as const

/**
 * Everything that a fault can be done to: a nameserver, endpoints in three zones with a spare one each, the map's file
 * and URL; and a client behind the factory, whose messages never stop. All on loopback.
 */
export class World {
  /** The cluster, where it may be harmed. */
  readonly cluster: Cluster | undefined
  readonly nameserver: Nameserver
  readonly mapServer: MapServer
  /** One a zone: `ep1.chaos.test` leads to the first. */
  readonly endpoints: readonly Endpoint[]
  /** Where they move to; `new1.chaos.test` leads to the first. */
  readonly spares: readonly Endpoint[]
  readonly factory: SplitDnsSocketFactory
  readonly traffic: Traffic
  readonly topic: string
  readonly kafka: kafkajs.Kafka
  readonly #parts: Parts
  #markedAtMs: number | undefined

  private constructor(parts: Parts, factory: SplitDnsSocketFactory, kafka: kafkajs.Kafka, traffic: Traffic) {
    this.#parts = parts
    this.cluster = parts.cluster
    this.nameserver = parts.nameserver
    this.mapServer = parts.mapServer
    this.endpoints = parts.endpoints
    this.spares = parts.spares
    this.topic = parts.topic
    this.factory = factory
    this.kafka = kafka
    this.traffic = traffic
  }

  /** Messages flow through the endpoints. `view` is asked each time: brokers come and go. */
  static async start(view: () => ClusterView, topic: string, cluster?: Cluster): Promise<World> {
    const parts = await makeParts(view, topic, cluster)
    try {
      const factory = createSocketFactory({
        mapFile: parts.mapFile,
        mapUrl: await parts.mapServer.open(urlMap(parts)),
        mapPollS: 1,
        nameservers: parts.nameserver.url,
        fallback: 'none',
        allow: '127.0.1.0/24, 127.0.2.0/24, 127.0.9.0/24',
        zone: 'az1',
        onMove: 'reconnect',
        logger: { warn: () => undefined, error: () => undefined },
      })
      parts.closers.push(() => factory.splitDns.close())
      await factory.splitDns.ready()
      const kafka = createClient(view(), factory, parts.wrong.cert)
      const admin = kafka.admin()
      await admin.connect()
      await createTopic(view(), admin, topic, partitionCount)
      await admin.disconnect()
      const traffic = await Traffic.start(kafka, topic)
      parts.closers.push(() => traffic.end())
      return new World(parts, factory, kafka, traffic)
    } catch (error) {
      await closeAll(parts)
      throw error
    }
  }

  get view(): ClusterView {
    return this.#parts.view()
  }

  /** What happens, happens now, though more is done before the fault has begun altogether. */
  mark(): void {
    this.#markedAtMs = performance.now()
  }

  /** When it was marked, once. */
  takeMark(): number | undefined {
    const at = this.#markedAtMs
    this.#markedAtMs = undefined
    return at
  }

  /** All live connections are reset, so that every client connects anew. */
  cut(): void {
    for (const endpoint of [...this.endpoints, ...this.spares]) endpoint.cut()
  }

  /** The name of the endpoint in the zone leads there from now on. */
  point(zone: number, endpoint: Endpoint): void {
    this.#parts.addresses.set(`ep${zone}.chaos.test`, endpoint.address)
  }

  /** The map's file is this now: `base`, one rule per broker; `zoned`, all brokers by any zone; `spare`, elsewhere; text. */
  async writeMap(map: 'base' | 'zoned' | 'spare' | { readonly text: string }): Promise<void> {
    const { mapFile } = this.#parts
    await writeFile(`${mapFile}.new`, typeof map === 'object' ? map.text : fileMap(this.#parts, map))
    await rename(`${mapFile}.new`, mapFile)
  }

  /** Waits until that many more reloads (or failed ones) have happened than `before`. */
  async reloaded(kind: 'reloads' | 'failedReloads', change: () => unknown): Promise<void> {
    const count = () => this.factory.splitDns.stats().map[kind]
    const before = count()
    await change()
    await waitUntil(kind, () => (count() > before ? undefined : 'not yet'), 30_000)
  }

  async close(): Promise<void> {
    await closeAll(this.#parts)
  }
}

interface Parts {
  readonly cluster: Cluster | undefined
  readonly view: () => ClusterView
  readonly topic: string
  readonly port: number
  readonly nameserver: Nameserver
  readonly mapServer: MapServer
  readonly mapFile: string
  readonly endpoints: readonly Endpoint[]
  readonly spares: readonly Endpoint[]
  readonly wrong: ReturnType<typeof makeCertificate>
  /** What the nameserver says. */
  readonly addresses: Map<string, string>
  readonly closers: (() => unknown)[]
}

async function makeParts(view: () => ClusterView, topic: string, cluster: Cluster | undefined): Promise<Parts> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-'))
  const hosts = zones.flatMap(zone => [`127.0.1.${zone}`, `127.0.2.${zone}`])
  const port = await freePorts(hosts, 1)
  const wrong = makeCertificate(['DNS:other.test'])
  const brokerAt = (name: string) => placeOf(view(), name)
  const at = (host: string) => new Endpoint({ host, port, brokerAt, wrong })
  const endpoints = zones.map(zone => at(`127.0.1.${zone}`))
  const spares = zones.map(zone => at(`127.0.2.${zone}`))
  const addresses = new Map(zones.map(zone => [`ep${zone}.chaos.test`, `127.0.1.${zone}`]))
  for (const zone of zones) addresses.set(`new${zone}.chaos.test`, `127.0.2.${zone}`)
  const nameserver = new Nameserver(name => [addresses.get(inAZone(name)) ?? []].flat())
  const mapServer = new MapServer()
  const parts = { cluster, view, topic, port, nameserver, mapServer, mapFile: join(folder, 'map.yaml') }
  const closers = [
    () => rm(folder, { recursive: true, force: true }),
    () => Promise.all([...endpoints, ...spares].map(endpoint => endpoint.close())),
    () => nameserver.close(),
    () => mapServer.close(),
  ]
  const all: Parts = { ...parts, endpoints, spares, wrong, addresses, closers }
  await nameserver.open()
  await Promise.all(endpoints.map(endpoint => endpoint.become('relay')))
  await writeFile(all.mapFile, fileMap(all, 'base'))
  return all
}

/** A broker that joins later stands in one of the zones: `ep4` is where `ep1` is. */
const inAZone = (name: string) =>
  name.replace(/^(ep|new)(\d+)\./, (_, kind: string, n: string) => `${kind}${((Number(n) - 1) % 3) + 1}.`)

async function closeAll({ closers }: Parts): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

function placeOf({ brokers, bootstrapName }: ClusterView, name: string): Place | undefined {
  const broker =
    name === bootstrapName
      ? brokers[Math.floor(Math.random() * brokers.length)]
      : brokers.find(broker => broker.name === name)
  return broker === undefined ? undefined : { host: broker.host, port: broker.ports.ssl }
}

function fileMap({ view, port }: Parts, kind: 'base' | 'zoned' | 'spare'): string {
  const { zone, bootstrapName } = view()
  const name = kind === 'spare' ? 'new' : 'ep'
  const target = (n: number | string) => `${name}${n}.chaos.test:${port}`
  const byZone = `{ ${zones.map(n => `az${n}: "${target(n)}"`).join(', ')} }`
  return [
    'version: 1',
    'rules:',
    `  - match: "b{n:int}.${zone}"`,
    `    to: ${kind === 'zoned' ? byZone : `"${target('{n}')}"`}`,
    // Of the same pattern as the URL's rule: the file wins where it has one.
    ...(kind === 'base' ? [] : [`  - match: b2.${zone}`, `    to: ${kind === 'zoned' ? byZone : `"${target(2)}"`}`]),
    `  - match: ${bootstrapName}`,
    `    to: [${zones.map(n => `"${target(n)}"`).join(', ')}]`,
    '',
  ].join('\n')
}

/** The second broker's rule alone comes from the URL. */
const urlMap = ({ view, port }: Parts) =>
  ['version: 1', 'rules:', `  - match: b2.${view().zone}`, `    to: "ep2.chaos.test:${port}"`, ''].join('\n')

function createClient(view: ClusterView, socketFactory: SplitDnsSocketFactory, wrong: string): kafkajs.Kafka {
  return new kafkajs.Kafka({
    clientId: 'chaos',
    brokers: [view.bootstrap.ssl],
    // The impostor's certificate is trusted, so that its name alone is wrong.
    ssl: { ca: [view.ca, wrong] },
    socketFactory,
    logLevel: kafkajs.logLevel.NOTHING,
    requestTimeout: 3_000,
    retry: { retries: 10_000, initialRetryTime: 50, maxRetryTime: 500 },
  })
}
