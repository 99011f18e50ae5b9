import { isIP } from 'node:net'
import { hostPort } from '../../../../lib/address/host-port.js'
import type { Milliseconds } from '../../../../lib/units.js'
import type { ReadSettings } from '../../../config/settings.js'
import type { Compilation, MapSource } from '../../../map/compile.js'
import { nothingInForce } from '../../nothing-in-force.js'
import type { Diagnosis, Probe } from '../types.js'
import type { Facts } from './facts.js'
import { commonDomain } from './paste-rule.js'
import { zoneWords } from './zones.js'

/** What the map says beside its routes. */
export interface MapFacts {
  /** Rules in force. */
  readonly rules: number
  /** False where only the map's routes are known, not its settings. */
  readonly hasSettings: boolean
  readonly isMapFile: boolean
  /** Why no rule is in force; null where one is. */
  readonly nothingInForce: string | null
  /** What tables turn into what. */
  readonly tables: readonly ReadonlyMap<string, string>[]
  /** This client's own zone. */
  readonly zone: string | null
}

/** What is known before anything is probed. */
export interface FactSources extends MapFacts {
  readonly security: Diagnosis['security']
  readonly servername: string | null
  readonly hasClientCertificate: boolean
  readonly connectionTimeoutMs: Milliseconds
  readonly patienceMs: Milliseconds
}

/** What a map that was compiled here says. */
export function mapFacts(compilation: Compilation, read: ReadSettings, sources: readonly MapSource[]): MapFacts {
  const { rules, tables } = compilation
  return {
    rules: rules.length,
    hasSettings: true,
    isMapFile: sources.length > 0 && sources.every(({ kind }) => kind === 'file'),
    nothingInForce: nothingInForce(compilation, sources, read) ?? null,
    tables: [...tables.values()].map(({ values }) => values),
    zone: read.settings.zone,
  }
}

/** All that a probe is judged by: the options, and what the probes show together. */
export function factsOf(options: FactSources, probes: readonly Probe[]): Facts {
  const { rules, hasSettings, isMapFile, servername, hasClientCertificate } = options
  const { connectionTimeoutMs, patienceMs, security, zone, tables } = options
  const isTls = security.endsWith('ssl')
  return {
    rules,
    hasSettings,
    isMapFile,
    endpoint: endpointName(probes),
    domain: commonDomain(unmappedHosts(probes)),
    // By TLS's server name one address and port can stand for every broker.
    sharing: isTls ? new Map() : sharedEndpoints(probes),
    isTls,
    hasSasl: security.startsWith('sasl'),
    servername,
    hasClientCertificate,
    connectionTimeoutMs,
    patienceMs,
    zones: { words: zoneWords(probes, zone), tables },
  }
}

/** What a new rule would lead to: where the bootstrap server's does. */
function endpointName(probes: readonly Probe[]): string | null {
  const [target] = probes.filter(({ role }) => role === 'bootstrap').flatMap(({ explanation }) => explanation.targets)
  return target?.host ?? null
}

const unmappedHosts = (probes: readonly Probe[]) =>
  probes
    .filter(({ role, host, explanation }) => role === 'broker' && explanation.rule === null && isIP(host) === 0)
    .map(({ host }) => host)

function sharedEndpoints(probes: readonly Probe[]): Facts['sharing'] {
  const byEndpoint = new Map<string, Set<number>>()
  for (const { role, nodeId, explanation, address, addressPort, port } of probes) {
    const [target] = explanation.targets
    if (role !== 'broker' || nodeId === null || target === undefined) continue
    const names = [
      hostPort(target.host, target.port),
      ...(address === null ? [] : [hostPort(address, addressPort ?? port)]),
    ]
    for (const name of names) byEndpoint.set(name, (byEndpoint.get(name) ?? new Set()).add(nodeId))
  }
  const sharing = new Map<number, readonly number[]>()
  for (const ids of byEndpoint.values()) {
    if (ids.size < 2) continue
    const sorted = [...ids].sort((a, b) => a - b)
    for (const id of sorted) if ((sharing.get(id)?.length ?? 0) < sorted.length) sharing.set(id, sorted)
  }
  return sharing
}
