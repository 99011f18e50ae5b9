import { setTimeout as delay } from 'node:timers/promises'
import type { Milliseconds } from '../../../../lib/units.js'
import type { Tried } from '../../../connect/report/events.js'
import type { Explain, Explanation } from '../../explain/explanation.js'
import type { SocketFactory } from '../../../connect/socket-factory.js'
import type { BrokerOptions, KafkaBroker } from './kafkajs.js'
import { usesTls, type Connection } from '../connection.js'
import type { ClusterMetadata, Identity, Probe, Step } from '../types.js'
import { describeFailure } from './describe-failure.js'
import { watchSockets, type SocketStory } from './watched-socket.js'

/** Who is to be reached. */
export type Subject = Pick<Probe, 'role' | 'nodeId' | 'rack' | 'host' | 'port'>

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

/** What reaches brokers. */
export interface ProberOptions {
  readonly connector: Connector
  readonly explain: Explain
  readonly makeBroker: (options: BrokerOptions) => KafkaBroker
  readonly connection: Connection
  readonly now: () => Milliseconds
}

/**
 * How far a server was reached, and for a bootstrap server what it said of the cluster. `listed` are the ids of all
 * brokers, one of which may have answered in this one's place. Never rejects.
 */
export type ProbeServer = (
  subject: Subject,
  listed?: readonly number[],
) => Promise<{ readonly probe: Probe; readonly metadata: ClusterMetadata | null }>

/** Reaches servers as a service with this map would, one connection each. */
export function createProber({ connector, explain, makeBroker, connection, now }: ProberOptions): ProbeServer {
  const triedAt = new Map<string, readonly Tried[]>()
  connector.on('connect', ({ host, port, tried }) => triedAt.set(`${host}:${port ?? ''}`, tried))
  return async (subject, listed = []) => {
    const explanation = await explain(subject)
    const asked = { ...nothing, ...subject, explanation }
    if (explanation.error !== null) {
      const failedStep = stepOfLookup(explanation)
      return { probe: { ...asked, failedStep, error: explanation.error }, metadata: null }
    }
    const { host, port } = subject
    const { factory, story } = watchSockets(connector.socketFactory, now)
    const onAnswer = (apiName: string) => {
      if (apiName === 'ApiVersions') story.kafkaAtMs ??= now()
    }
    const broker = makeBroker({ host, port, connection, socketFactory: factory, onAnswer })
    const outcome = await reach(broker, subject, listed, () => (story.readyAtMs = now()))
    await end(broker, story)
    const { metadata, identity, answeredBy } = outcome
    const tried = triedAt.get(`${host.toLowerCase()}:${port}`) ?? []
    const measured = { ...placeOf(asked, tried, story), tried, ...timesOf(explanation, story, connection) }
    return {
      probe: { ...asked, ...measured, identity, answeredBy, ...failureOf(outcome, story, connection) },
      metadata,
    }
  }
}

/** Where it was connected, or tried last. */
function placeOf(
  { explanation, port }: Pick<Probe, 'explanation' | 'port'>,
  tried: Probe['tried'],
  story: SocketStory,
) {
  const [last, resolved] = [tried.at(-1), explanation.addresses[0]]
  return {
    address: story.address ?? last?.address ?? resolved?.address ?? null,
    addressPort: story.addressPort ?? last?.port ?? resolved?.port ?? port,
  }
}

function timesOf({ durationMs }: Explanation, story: SocketStory, { sasl }: Connection) {
  const { startedAtMs, tcpAtMs, tlsAtMs, kafkaAtMs, readyAtMs } = story
  return {
    dnsMs: durationMs,
    tcpMs: between(startedAtMs, tcpAtMs),
    tlsMs: between(tcpAtMs, tlsAtMs),
    kafkaMs: between(tlsAtMs ?? tcpAtMs, kafkaAtMs),
    saslMs: sasl === undefined ? null : between(kafkaAtMs, readyAtMs),
    tlsVersion: story.tlsVersion ?? null,
    certificate: story.certificate ?? null,
  }
}

async function reach(
  broker: KafkaBroker,
  { role, nodeId }: Subject,
  listed: readonly number[],
  onReady: () => void,
): Promise<Outcome> {
  const nothing = { metadata: null, identity: null, answeredBy: null, error: null }
  try {
    await broker.connect()
    onReady()
    if (role === 'bootstrap') return { ...nothing, metadata: await broker.metadata() }
    if (nodeId === null) return nothing
    const identity = await broker.identify(nodeId)
    return { ...nothing, identity, answeredBy: identity === 'wrong' ? await whoIs(broker, listed) : null }
  } catch (error) {
    return { ...nothing, error }
  }
}

function failureOf(
  { error, identity, answeredBy }: Outcome,
  story: SocketStory,
  connection: Connection,
): Pick<Probe, 'failedStep' | 'error'> {
  if (error !== null) {
    return { failedStep: stepAfter(story, connection), error: describeFailure(error, connection.secrets) }
  }
  if (identity !== 'wrong') return { failedStep: null, error: null }
  const who = answeredBy === null ? 'another broker' : `broker ${answeredBy}`
  return { failedStep: 'identity', error: { code: 'WRONG_BROKER', message: `${who} answered` } }
}

/** The step that the connection did not get over. */
function stepAfter({ tcpAtMs, tlsAtMs, kafkaAtMs, readyAtMs }: SocketStory, connection: Connection): Step {
  if (tcpAtMs === undefined) return 'tcp'
  if (usesTls(connection) && tlsAtMs === undefined) return 'tls'
  if (kafkaAtMs === undefined) return 'kafka'
  return readyAtMs === undefined ? 'sasl' : 'metadata'
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
