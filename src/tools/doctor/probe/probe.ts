import type { KafkaConfig } from 'kafkajs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Milliseconds } from '../../../../lib/units.js'
import type { Tried } from '../../../connect/report/events.js'
import type { Explainer, Explanation } from '../../explain/explanation.js'
import type { SplitDns } from '../../../split-dns.js'
import type { ConnectionOptions, KafkaBroker } from './kafkajs.js'
import type { ClusterMetadata, Probe, Step } from '../types.js'
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

type Stage = 'ApiVersions' | 'connected' | 'metadata'

/** Reaches brokers as a service with this map would, one connection each, and tells how far it came. */
export class Prober {
  readonly #splitDns: SplitDns
  readonly #explainer: Explainer
  readonly #makeBroker: (options: ConnectionOptions) => KafkaBroker
  readonly #options: ReachOptions
  readonly #now: () => Milliseconds
  readonly #tried = new Map<string, readonly Tried[]>()

  constructor(
    splitDns: SplitDns,
    explainer: Explainer,
    makeBroker: (options: ConnectionOptions) => KafkaBroker,
    options: ReachOptions,
    now: () => Milliseconds,
  ) {
    this.#splitDns = splitDns
    this.#explainer = explainer
    this.#makeBroker = makeBroker
    this.#options = options
    this.#now = now
    splitDns.on('connect', ({ host, port, tried }) => this.#tried.set(`${host}:${port ?? ''}`, tried))
  }

  /** How far it came, and for a bootstrap server what it said of the cluster. Never rejects. */
  async probe(subject: Subject): Promise<{ probe: Probe; metadata: ClusterMetadata | null }> {
    const explanation = await this.#explainer.explain(subject)
    const asked = { ...nothing, ...subject, explanation }
    if (explanation.error !== null) {
      const failedStep = stepOfLookup(explanation)
      return { probe: { ...asked, failedStep, error: explanation.error }, metadata: null }
    }
    const startedAtMs = this.#now()
    const { factory, story } = watchSockets(this.#splitDns.socketFactory, this.#now)
    const reached = new Map<Stage, Milliseconds>()
    const { host, port, role } = subject
    const broker = this.#makeBroker({
      ...this.#options,
      host,
      port,
      socketFactory: factory,
      onAnswer: apiName => {
        if (apiName === 'ApiVersions' && !reached.has(apiName)) reached.set(apiName, this.#now())
      },
    })
    const outcome = await this.#reach(broker, role === 'bootstrap', reached)
    await end(broker, story)
    const error = outcome.error === null ? null : describeError(outcome.error, this.#options.secrets)
    const failedStep = error === null ? null : this.#stepReached(story, reached)
    const probe = { ...asked, ...this.#told(explanation, story, startedAtMs, reached, subject), failedStep, error }
    return { probe, metadata: outcome.metadata }
  }

  async #reach(broker: KafkaBroker, isBootstrap: boolean, reached: Map<Stage, Milliseconds>) {
    try {
      await broker.connect()
      reached.set('connected', this.#now())
      const metadata = isBootstrap ? await broker.metadata() : null
      return { metadata, error: null }
    } catch (error) {
      return { metadata: null, error }
    }
  }

  #stepReached(story: SocketStory, reached: ReadonlyMap<Stage, Milliseconds>): Step {
    if (story.tcpAtMs === undefined) return 'tcp'
    if (this.#isTls && story.tlsAtMs === undefined) return 'tls'
    if (!reached.has('ApiVersions')) return 'kafka'
    return reached.has('connected') ? 'metadata' : 'sasl'
  }

  #told(
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
} as const

function between(from: Milliseconds | undefined, to: Milliseconds | undefined): Milliseconds | null {
  return from === undefined || to === undefined ? null : Math.round((to - from) * 10) / 10
}

// A refused address is an answer of DNS that may not be used; all else of our own is the map's.
function stepOfLookup({ error }: Explanation): Step {
  const code = error?.code ?? ''
  return code.startsWith('ERR_SPLIT_DNS_') && code !== 'ERR_SPLIT_DNS_ADDRESS_REFUSED' ? 'map' : 'dns'
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

/** The codes that kafkajs' own errors get here, which have none. */
const kafkajsCodes: Readonly<Record<string, string>> = {
  KafkaJSConnectionClosedError: 'CLOSED',
  KafkaJSSASLAuthenticationError: 'SASL',
  KafkaJSRequestTimeoutError: 'ETIMEDOUT',
  KafkaJSLockTimeout: 'ETIMEDOUT',
  KafkaJSTimeout: 'ETIMEDOUT',
}

function describeError(error: unknown, secrets: readonly string[]): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: 'failed for no reason given' }
  const { name } = error
  const message = secrets.reduce((text, secret) => text.replaceAll(secret, '***'), error.message)
  const type = 'type' in error && typeof error.type === 'string' ? error.type : undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  if (message === 'Connection timeout') return { code: 'ETIMEDOUT', message }
  if (message === 'Connection closed by the server') return { code: 'CLOSED', message }
  return { code: code ?? type ?? kafkajsCodes[name] ?? name, message: message.replace(/^Connection error: /, '') }
}
