import type { Compilation } from '../../map/compile.js'
import type { Milliseconds } from '../../../lib/units.js'
import { adviseCluster } from './advice/advise-cluster.js'
import type { Facts } from './advice/facts.js'
import { judge } from './advice/judge.js'
import type { Prober, Subject } from './probe/probe.js'
import type { ClusterMetadata, Diagnosis, Judged, Probe } from './types.js'
import { zoneWords } from './advice/zones.js'

/** What a diagnosis is about, beside the brokers. */
export interface DiagnoseOptions {
  readonly bootstrap: readonly { readonly host: string; readonly port: number }[]
  readonly compilation: Compilation
  readonly mapOrigins: readonly string[]
  /** This client's own zone. */
  readonly zone: string | null
  readonly security: Diagnosis['security']
  readonly servername: string | null
  readonly hasClientCertificate: boolean
  readonly connectionTimeoutMs: Milliseconds
  readonly patienceMs: Milliseconds
}

export type FactSources = Omit<DiagnoseOptions, 'bootstrap' | 'mapOrigins'>

/** Told of what happens, as it does. */
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
  prober: Prober,
  options: DiagnoseOptions,
  listener: DiagnoseListener = {},
): Promise<Diagnosis> {
  const told: ClusterMetadata[] = []
  const bootstrapSubjects = options.bootstrap.map(at => ({
    ...at,
    role: 'bootstrap' as const,
    nodeId: null,
    rack: null,
  }))
  const bootstrapProbes = await eachOf(bootstrapSubjects, async subject => {
    listener.onBegin?.(subject)
    const { probe, metadata } = await prober.probe(subject)
    if (metadata !== null) told.push(metadata)
    listener.onProbe?.(judge(probe, factsOf(options, [probe])))
    return probe
  })
  const [metadata = null] = told
  if (metadata !== null) listener.onMetadata?.(metadata)
  const brokerProbes = await eachOf(metadata?.brokers ?? [], async broker => {
    const subject = { ...broker, role: 'broker' as const }
    listener.onBegin?.(subject)
    const { probe } = await prober.probe(subject)
    listener.onProbe?.(judge(probe, factsOf(options, [probe])))
    return probe
  })
  return conclude(options, metadata, bootstrapProbes, brokerProbes)
}

function conclude(
  options: DiagnoseOptions,
  metadata: ClusterMetadata | null,
  bootstrapProbes: readonly Probe[],
  brokerProbes: readonly Probe[],
): Diagnosis {
  // Judged once more, by what all of them tell of zones.
  const facts = factsOf(options, [...bootstrapProbes, ...brokerProbes])
  const bootstrap = bootstrapProbes.map(probe => judge(probe, facts))
  const brokers = brokerProbes.map(probe => judge(probe, facts))
  const advice = adviseCluster(bootstrap, brokers, facts.rules)
  const isUsable = brokers.length > 0 && [...bootstrap, ...brokers].every(({ verdict }) => verdict !== 'fail')
  return {
    ok: isUsable,
    at: new Date().toISOString(),
    security: options.security,
    connectionTimeoutMs: options.connectionTimeoutMs,
    mapOrigins: options.mapOrigins,
    rules: facts.rules,
    clusterId: metadata?.clusterId ?? null,
    bootstrap,
    brokers,
    advice,
  }
}

/** What the options, and the probes' zones, say. */
export function factsOf(options: FactSources, probes: readonly Probe[]): Facts {
  const { compilation, security, zone, servername, hasClientCertificate, connectionTimeoutMs, patienceMs } = options
  return {
    rules: compilation.rules.length,
    isTls: security.endsWith('ssl'),
    hasSasl: security.startsWith('sasl'),
    servername,
    hasClientCertificate,
    connectionTimeoutMs,
    patienceMs,
    zones: {
      words: zoneWords(probes, zone),
      tables: [...compilation.tables.values()].map(({ values }) => values),
    },
  }
}

/** The results in the order of the items, at most so many under way at a time. */
async function eachOf<Item, Result>(
  items: readonly Item[],
  run: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const pending = items.entries()
  const work = async () => {
    for (const [index, item] of pending) results[index] = await run(item)
  }
  await Promise.all(Array.from({ length: mostAtOnce }, work))
  return results
}
