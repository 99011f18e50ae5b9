import { hostname } from 'node:os'
import { mapLimited } from '../../text/map-limited.js'
import { adviseCluster } from './advice/advise-cluster.js'
import { factsOf, type MapFacts } from './advice/facts.js'
import { judge } from './advice/judge.js'
import { usesTls, type Connection } from './connection.js'
import type { ProbeServer, Subject } from './probe/probe.js'
import type { ClusterMetadata, Diagnosis, Judged, Probe, Versions } from './types.js'

/** What a diagnosis is about, beside the brokers. */
export interface DiagnoseOptions {
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
  readonly connection: Connection
  readonly map: MapFacts
  readonly mapOrigins: readonly string[]
  readonly versions: Versions
}

/** Called as things happen. */
export interface DiagnoseListener {
  onBegin?(subject: Subject): void
  onProbe?(judged: Judged): void
  /** The bootstrap servers are through, and these brokers come next. */
  onMetadata?(metadata: ClusterMetadata): void
}

/** How many brokers are reached at one time. */
const mostAtOnce = 16

/** Reaches the bootstrap servers, then every broker that the first one to answer lists. Never rejects. */
export async function diagnose(
  probeServer: ProbeServer,
  options: DiagnoseOptions,
  listener: DiagnoseListener = {},
): Promise<Diagnosis> {
  const answers: ClusterMetadata[] = []
  const reach = async (subject: Subject, listed: readonly number[]) => {
    listener.onBegin?.(subject)
    const { probe, metadata } = await probeServer(subject, listed)
    if (metadata !== null) answers.push(metadata)
    listener.onProbe?.(judge(probe, factsOf(options.map, options.connection, [probe])))
    return probe
  }
  const bootstrap = await mapLimited(options.bootstrap, mostAtOnce, at =>
    reach({ ...at, role: 'bootstrap', nodeId: null, rack: null }, []),
  )
  const [metadata = null] = answers
  if (metadata !== null) listener.onMetadata?.(metadata)
  const listed = metadata?.brokers ?? []
  const ids = listed.map(({ nodeId }) => nodeId)
  const brokers = await mapLimited(listed, mostAtOnce, broker => reach({ ...broker, role: 'broker' }, ids))
  return conclude(options, metadata, bootstrap, brokers)
}

function conclude(
  options: DiagnoseOptions,
  metadata: ClusterMetadata | null,
  bootstrapProbes: readonly Probe[],
  brokerProbes: readonly Probe[],
): Diagnosis {
  const { map, connection } = options
  // Judged once more, by what all of them show together.
  const facts = factsOf(map, connection, [...bootstrapProbes, ...brokerProbes])
  const bootstrap = bootstrapProbes.map(probe => judge(probe, facts))
  const brokers = brokerProbes.map(probe => judge(probe, facts))
  const advice = adviseCluster(bootstrap, brokers, map.nothingInForce)
  const isUsable = brokers.length > 0 && [...bootstrap, ...brokers].every(({ verdict }) => verdict !== 'fail')
  return {
    ok: isUsable,
    at: new Date().toISOString(),
    versions: options.versions,
    hostname: hostname(),
    security: securityOf(connection),
    connectionTimeoutMs: connection.connectionTimeoutMs,
    mapOrigins: options.mapOrigins,
    rules: map.rules,
    clusterId: metadata?.clusterId ?? null,
    bootstrap,
    brokers,
    advice,
  }
}

function securityOf(connection: Connection): Diagnosis['security'] {
  const kind = usesTls(connection) ? 'ssl' : 'plaintext'
  return connection.sasl === undefined ? kind : `sasl_${kind}`
}
