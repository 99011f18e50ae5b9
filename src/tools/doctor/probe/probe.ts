import type { KafkaConfig } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Milliseconds } from '../../../../lib/units.js'
import type { Tried } from '../../../connect/report/events.js'
import type { Explanation, HostAndPort } from '../../explain/explanation.js'
import type { SocketFactory } from '../../../connect/socket-factory.js'
import type { ConnectionOptions, KafkaBroker } from './kafkajs.js'
import type { ClusterMetadata, Identity, Probe, Step } from '../types.js'
import { describeFailure } from './describe-failure.js'
import { watchSockets, type SocketStory } from './watched-socket.js'

/** How brokers are reached. */
export interface ReachOptions {
  readonly ssl: KafkaConfig['ssl']
  readonly sasl: KafkaConfig['sasl']
  readonly clientId: string
  /** How long TCP and TLS together, and each request, are waited for. */
  readonly timeoutMs: Milliseconds
  /** What no error may show. */
  readonly secrets: readonly string[]
}

/** Who is to be reached. */
export interface Subject {
  readonly role: Probe['role']
  readonly nodeId: number | null
  readonly rack: string | null
  readonly host: string
  readonly port: number
}

/** What leads to the brokers: a `SplitDns`, of this package or of another copy of it. */
export interface Connector {
  readonly socketFactory: SocketFactory
  on(
    event: 'connect',
    listener: (payload: { host: string; port: number | undefined; tried: readonly Tried[] }) => void,
  ): unknown
}

/** What a probe found, and for a bootstrap server what it said of the cluster. */
interface Outcome {
  readonly metadata: ClusterMetadata | null
  readonly identity: Identity | null
  readonly answeredBy: number | null
  readonly error: unknown
}

type Stage = 'ApiVersions' | 'connected' | 'metadata'

/** Reaches brokers as a service with this map would, one connection each, and reports how far each came. */
export class Prober {
  readonly #connector: Connector
  readonly #explain: (at: HostAndPort) => Promise<Explanation>
  readonly #makeBroker: (options: ConnectionOptions) => KafkaBroker
  readonly #options: ReachOptions
  readonly #now: () => Milliseconds
  readonly #tried = new Map<string, readonly Tried[]>()

  constructor(
    connector: Connector,
    explain: (at: HostAndPort) => Promise<Explanation>,
    makeBroker: (options: ConnectionOptions) => KafkaBroker,
    options: ReachOptions,
    now: () => Milliseconds,
  ) {
    this.#connector = connector
    this.#explain = explain
    this.#makeBroker = makeBroker
    this.#options = options
    this.#now = now
    connector.on('connect', ({ host, port, tried }) => this.#tried.set(`${host}:${port ?? ''}`, tried))
  }

  /**
   * How far it came, and for a bootstrap server what it said of the cluster. `listed` are the ids of all brokers, one of
   * which may have answered in this one's place. Never rejects.
   */
  async probe(
    subject: Subject,
    listed: readonly number[] = [],
  ): Promise<{ probe: Probe; metadata: ClusterMetadata | null }> {
    const explanation = await this.#explain(subject)
    const asked = { ...nothing, ...subject, explanation }
    if (explanation.error !== null) {
      const failedStep = stepOfLookup(explanation)
      return { probe: { ...asked, failedStep, error: explanation.error }, metadata: null }
    }
    const startedAtMs = this.#now()
    const { factory, story } = watchSockets(this.#connector.socketFactory, this.#now)
    const reached = new Map<Stage, Milliseconds>()
    const { host, port } = subject
    const broker = this.#makeBroker({
      ...this.#options,
      host,
      port,
      socketFactory: factory,
      onAnswer: apiName => {
        if (apiName === 'ApiVersions' && !reached.has(apiName)) reached.set(apiName, this.#now())
      },
    })
    const outcome = await this.#reach(broker, subject, listed, reached)
    await end(broker, story)
    const { metadata, identity, answeredBy } = outcome
    const { failedStep, error } = this.#failure(outcome, story, reached)
    const measured = this.#measure(explanation, story, startedAtMs, reached, subject)
    return { probe: { ...asked, ...measured, identity, answeredBy, failedStep, error }, metadata }
  }

  async #reach(
    broker: KafkaBroker,
    { role, nodeId }: Subject,
    listed: readonly number[],
    reached: Map<Stage, Milliseconds>,
  ): Promise<Outcome> {
    const nothing = { metadata: null, identity: null, answeredBy: null, error: null }
    try {
      await broker.connect()
      reached.set('connected', this.#now())
      if (role === 'bootstrap') return { ...nothing, metadata: await broker.metadata() }
      if (nodeId === null) return nothing
      const identity = await broker.identify(nodeId)
      return { ...nothing, identity, answeredBy: identity === 'wrong' ? await whoIs(broker, listed) : null }
    } catch (error) {
      return { ...nothing, error }
    }
  }

  #failure({ error, identity, answeredBy }: Outcome, story: SocketStory, reached: ReadonlyMap<Stage, Milliseconds>) {
    if (error !== null) {
      return { failedStep: this.#stepReached(story, reached), error: describeFailure(error, this.#options.secrets) }
    }
    if (identity !== 'wrong') return { failedStep: null, error: null }
    const who = answeredBy === null ? 'another broker' : `broker ${answeredBy}`
    return { failedStep: 'identity' as const, error: { code: 'WRONG_BROKER', message: `${who} answered` } }
  }

  #stepReached(story: SocketStory, reached: ReadonlyMap<Stage, Milliseconds>): Step {
    if (story.tcpAtMs === undefined) return 'tcp'
    if (this.#isTls && story.tlsAtMs === undefined) return 'tls'
    if (!reached.has('ApiVersions')) return 'kafka'
    return reached.has('connected') ? 'metadata' : 'sasl'
  }

  #measure(
    explanation: Explanation,
    story: SocketStory,
    startedAtMs: Milliseconds,
    reached: ReadonlyMap<Stage, Milliseconds>,
    { host, port }: Subject,
  ) {
    const tried = this.#tried.get(`${host.toLowerCase()}:${port}`) ?? []
    const last = tried.at(-1)
    const { tcpAtMs, tlsAtMs } = story
    const [versionsAtMs, connectedAtMs] = [reached.get('ApiVersions'), reached.get('connected')]
    const hasSasl = this.#options.sasl !== undefined
    return {
      address: story.address ?? last?.address ?? explanation.addresses[0]?.address ?? null,
      addressPort: story.addressPort ?? last?.port ?? explanation.addresses[0]?.port ?? port,
      tried,
      dnsMs: explanation.durationMs,
      tcpMs: between(startedAtMs, tcpAtMs),
      tlsMs: between(tcpAtMs, tlsAtMs),
      kafkaMs: between(tlsAtMs ?? tcpAtMs, versionsAtMs),
      saslMs: hasSasl ? between(versionsAtMs, connectedAtMs) : null,
      tlsVersion: story.tlsVersion ?? null,
      certificate: story.certificate ?? null,
    }
  }

  get #isTls(): boolean {
    const { ssl } = this.#options
    return ssl !== undefined && ssl !== false
  }
}

const nothing = {
  address: null,
  addressPort: null,
  tried: [],
  dnsMs: null,
  tcpMs: null,
  tlsMs: null,
  kafkaMs: null,
  saslMs: null,
  tlsVersion: null,
  certificate: null,
  identity: null,
  answeredBy: null,
} as const

function between(from: Milliseconds | undefined, to: Milliseconds | undefined): Milliseconds | null {
  return from === undefined || to === undefined ? null : Math.round((to - from) * 10) / 10
}

// A refused address is an answer of DNS that may not be used; all else of our own is the map's.
function stepOfLookup({ error }: Explanation): Step {
  const code = error?.code ?? ''
  return code.startsWith('ERR_SPLIT_DNS_') && code !== 'ERR_SPLIT_DNS_ADDRESS_REFUSED' ? 'map' : 'dns'
}

/** At most so many brokers are asked for, one after the other. */
const mostIds = 100

/** Which of these brokers it is; null where it can't be found out. */
async function whoIs(broker: KafkaBroker, ids: readonly number[]): Promise<number | null> {
  for (const id of ids.slice(0, mostIds)) {
    const identity = await broker.identify(id)
    if (identity === 'verified') return id
    if (identity === 'unknown') return null
  }
  return null
}

/** kafkajs waits for answers when it disconnects; the diagnosis does not. */
const graceMs: Milliseconds = 300

async function end(broker: KafkaBroker, { socket }: SocketStory): Promise<void> {
  const controller = new AbortController()
  const disconnected = broker.disconnect().catch(() => undefined)
  await Promise.race([disconnected, delay(graceMs, undefined, controller).catch(() => undefined)])
  controller.abort()
  socket?.on('error', () => undefined).destroy()
}
