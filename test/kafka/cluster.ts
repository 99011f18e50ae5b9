import { mkdir } from 'node:fs/promises'
import { serverCertificate, type ServerCertificate } from './certificates.js'
import { fetchMetadata } from './metadata.js'
import { KafkaNode } from './node.js'
import { freePorts } from './ports.js'
import { brokerProperties, type ClusterSettings, controllerHost, controllerProperties } from './properties.js'
import { newRunFolder, removeRun } from './run-folder.js'
import { type Broker, type ClusterView, Layout, type Shape } from './shape.js'
import { controllerTemplate, formatFolder, newUuid } from './storage.js'
import { waitUntil } from './wait.js'

export interface ClusterOptions {
  readonly shape: Shape
  /** The domain of all names; one that no DNS knows. */
  readonly zone?: string
  readonly brokers?: number
  /**
   * Whether the controller is a JVM of its own. Without, it is part of broker 1, which must then live, and the cluster
   * starts with a JVM less.
   */
  readonly ownController?: boolean
  /**
   * How long a broker that says nothing stays in the metadata, and its id refused to a successor. Kafka's own default
   * by default: a machine that is busy must not make a broker look dead.
   */
  readonly sessionTimeoutMs?: number
  readonly folder?: string
  /** Records the class-data archive there when broker 1 ends. */
  readonly archiveTo?: string
}

const ownControllerId = 100
/** Long: a JVM that records a class-data archive writes it when it ends. */
const stopTimeoutMs = 120_000
const user = { username: 'alice', password: 'alice-secret' }

/**
 * A Kafka that runs: every broker lists every other. Throws with the end of the logs where one does not come up; nothing
 * of it is left then.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  for (let attempt = 1; ; attempt++) {
    const cluster = await Cluster.prepare(options)
    try {
      await cluster.start()
      return cluster
    } catch (error) {
      await cluster.stop()
      // Another process took one of the ports between our check and the JVM's bind.
      if (attempt === 3 || !(error instanceof Error && error.message.includes('Address already in use'))) throw error
    }
  }
}

interface Member {
  readonly broker: Broker
  readonly node: KafkaNode
}

/** An Apache Kafka of several JVMs (KRaft) on loopback addresses, known to clients by names that do not resolve. */
export class Cluster {
  readonly folder: string
  readonly #options: ClusterOptions
  readonly #layout: Layout
  readonly #certificate: ServerCertificate
  readonly #settings: ClusterSettings
  readonly #clusterId = newUuid()
  readonly #controller: KafkaNode | undefined
  readonly #members = new Map<number, Member>()

  private constructor(
    options: ClusterOptions,
    folder: string,
    layout: Layout,
    certificate: ServerCertificate,
    controllerPort: number,
  ) {
    this.#options = options
    this.folder = folder
    this.#layout = layout
    this.#certificate = certificate
    const own = options.ownController ?? false
    this.#controller = own ? new KafkaNode(folder, 'controller') : undefined
    this.#settings = {
      controllerId: own ? ownControllerId : 1,
      controllerPort,
      keystore: certificate.keystore,
      user,
      brokerCount: options.brokers ?? 3,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 9000,
    }
  }

  static async prepare(options: ClusterOptions): Promise<Cluster> {
    const zone = options.zone ?? (options.shape === 'zones' ? 'kafka-a.test' : 'kafka-b.test')
    const folder = options.folder ?? (await newRunFolder(zone))
    await mkdir(folder, { recursive: true })
    const layout = await Layout.allocate(options.shape, zone)
    const certificate = await serverCertificate([`*.${zone}`, zone])
    return new Cluster(options, folder, layout, certificate, await freePorts([controllerHost], 1))
  }

  async start(): Promise<void> {
    if (this.#controller !== undefined) {
      const template = await controllerTemplate(user)
      await formatFolder(this.#controller.dataFolder, this.#clusterId, ownControllerId, template)
      await this.#controller.start(controllerProperties(this.#settings, this.#controller.dataFolder))
    }
    const ids = Array.from({ length: this.#settings.brokerCount }, (_, i) => i + 1)
    await Promise.all(ids.map(id => this.#launch(this.#layout.broker(id))))
    await this.waitForBrokers()
  }

  get view(): ClusterView {
    const { shape, zone, bootstrapName, bootstrap, basePorts } = this.#layout
    const brokers = [...this.#members.values()].map(member => member.broker)
    return {
      shape,
      zone,
      bootstrapName,
      bootstrap,
      basePorts,
      brokers,
      ca: this.#certificate.ca,
      user,
      folder: this.folder,
    }
  }

  get pids(): number[] {
    return this.#nodes().flatMap(node => node.pid ?? [])
  }

  broker(id: number): Broker {
    return this.#member(id).broker
  }

  /** The next broker has joined; every broker lists it. */
  async addBroker(): Promise<Broker> {
    const broker = this.#layout.broker(Math.max(...this.#members.keys()) + 1)
    await this.#launch(broker)
    await this.waitForBrokers()
    return broker
  }

  /** The broker has handed its leaderships over, ended (SIGTERM) and left the metadata. It can be restarted. */
  async stopBroker(id: number): Promise<void> {
    await this.#member(id).node.end('SIGTERM')
    await this.waitForBrokers()
  }

  /** As `stopBroker`, for good. */
  async removeBroker(id: number): Promise<void> {
    const { node } = this.#member(id)
    await node.end('SIGTERM')
    this.#members.delete(id)
    await this.waitForBrokers()
  }

  /** The broker's process is gone (SIGKILL). The metadata lists it until its session ends: see `waitForBrokers`. */
  async killBroker(id: number): Promise<void> {
    await this.#member(id).node.end('SIGKILL')
  }

  /**
   * The broker is back with its data, and listed; with `place`, under the name, address and ports of that place (say a
   * fifth's). It ends first where it runs. However it ended, the controller refuses its id until its session is over.
   */
  async restartBroker(id: number, place?: number): Promise<Broker> {
    const { broker, node } = this.#member(id)
    await node.end('SIGKILL')
    const next = place === undefined ? broker : this.#layout.broker(id, place)
    await this.#launch(next, node)
    await this.waitForBrokers()
    return next
  }

  /** Every broker that runs lists exactly those that run. */
  async waitForBrokers(): Promise<void> {
    const check = async () => {
      const members = [...this.#members.values()]
      const running = members.filter(({ node }) => node.isRunning)
      if (running.length === 0 || this.#controller?.isRunning === false) throw new Error('a JVM has ended')
      const wanted = running.map(({ broker }) => broker.id).sort((a, b) => a - b)
      const seen = await Promise.all(running.map(({ broker }) => listedBy(broker)))
      return seen.every(ids => ids === wanted.join())
        ? undefined
        : `brokers ${wanted.join()} run, they list ${seen.join(' | ')}`
    }
    // Those that are to be up when this begins: one that ends meanwhile did not come up.
    const expected = this.#nodes().filter(node => node.isRunning)
    try {
      await waitUntil(`the brokers of ${this.#layout.zone}`, async () => {
        const ended = expected.find(node => !node.isRunning)
        if (ended !== undefined) throw new Error(`${ended.name} ended`)
        return check()
      })
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}${await this.logTail()}`, {
        cause: error,
      })
    }
  }

  /** Every replica of every partition is in sync: only then does the loss of one more broker lose nothing. */
  async waitForInSync(): Promise<void> {
    await waitUntil(`the replicas of ${this.#layout.zone}`, async () => {
      const up = [...this.#members.values()].find(({ node }) => node.isRunning)
      if (up === undefined) throw new Error('no broker runs')
      const { topics } = await fetchMetadata(up.broker.host, up.broker.ports.plaintext, { topics: true })
      const partitions = topics.flatMap(topic =>
        topic.partitions.map(p => ({ ...p, name: `${topic.name}-${p.partition}` })),
      )
      const behind = partitions.filter(p => p.inSync.length < p.replicas.length)
      return behind.length === 0 ? undefined : behind.map(p => p.name).join(' ')
    })
  }

  async logTail(): Promise<string> {
    return (await Promise.all(this.#nodes().map(node => node.logTail()))).join('')
  }

  /** No JVM is left, and no data; the logs stay in `folder` where `keepLogs` says so. `graceful`: by SIGTERM. */
  async stop(options: { keepLogs?: boolean; graceful?: boolean } = {}): Promise<void> {
    const signal = options.graceful === true ? 'SIGTERM' : 'SIGKILL'
    const others = [...this.#members].filter(([id]) => id !== this.#settings.controllerId).map(([, { node }]) => node)
    // A broker that ends in peace needs the controller: that one last.
    await Promise.all(others.map(node => node.end(signal, stopTimeoutMs)))
    await Promise.all(this.#nodes().map(node => node.end(signal, stopTimeoutMs)))
    if (options.keepLogs === true) await Promise.all(this.#nodes().map(node => node.removeData()))
    else await removeRun(this.folder)
  }

  async #launch(broker: Broker, node = new KafkaNode(this.folder, `broker-${broker.id}`)): Promise<void> {
    const isController = broker.id === this.#settings.controllerId
    const template = isController ? await controllerTemplate(user) : undefined
    await formatFolder(node.dataFolder, this.#clusterId, broker.id, template)
    this.#members.set(broker.id, { broker, node })
    await node.start(
      brokerProperties(this.#settings, broker, node.dataFolder),
      isController ? this.#options.archiveTo : undefined,
    )
  }

  #member(id: number): Member {
    const member = this.#members.get(id)
    if (member === undefined) throw new Error(`no broker ${id}`)
    return member
  }

  #nodes(): KafkaNode[] {
    const nodes = [...this.#members.values()].map(member => member.node)
    return this.#controller === undefined ? nodes : [this.#controller, ...nodes]
  }
}

async function listedBy(broker: Broker): Promise<string> {
  try {
    const { brokers } = await fetchMetadata(broker.host, broker.ports.plaintext)
    return brokers.map(({ id }) => id).join()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
