import { isIP } from 'node:net'
import { hostPort } from '../../../../lib/address/host-port.js'
import type { Milliseconds } from '../../../../lib/units.js'
import { usesTls, type Connection } from '../connection.js'
import type { Probe } from '../types.js'
import { commonDomain } from './paste-rule.js'
import { zoneWords, type ZoneFacts } from './zones.js'

/** What the map says beside its routes. */
export interface MapFacts {
  /** Rules in force. 0: nothing is mapped. */
  readonly rules: number
  /** False where only the map's routes are known, not its settings. */
  readonly hasSettings: boolean
  /** True where the map is a file, so that rules are written as in YAML. */
  readonly isMapFile: boolean
  /** Why no rule is in force; null where one is. */
  readonly nothingInForce: string | null
  /** What tables turn into what. */
  readonly tables: readonly ReadonlyMap<string, string>[]
  /** This client's own zone. */
  readonly zone: string | null
}

/** What is known when a probe is judged, beside the probe. */
export interface Facts extends MapFacts {
  /** Where the bootstrap server's rule leads to: what a rule for the brokers would name, too. */
  readonly endpoint: string | null
  /** What the names of all brokers without a rule end in: one rule for all of them. */
  readonly domain: string | null
  /** By a broker's id the ids of all that the map leads to the same address and port, where nothing tells them apart. */
  readonly sharing: ReadonlyMap<number, readonly number[]>
  readonly isTls: boolean
  readonly hasSasl: boolean
  /** A fixed one, which is sent and checked for every broker; null: each broker's own name is. */
  readonly servername: string | null
  readonly hasClientCertificate: boolean
  readonly connectionTimeoutMs: Milliseconds
  /** How long the doctor itself waited. */
  readonly patienceMs: Milliseconds
  readonly zones: ZoneFacts
}

/** All that a probe is judged by: map and connection, and what the probes show together. */
export function factsOf(map: MapFacts, connection: Connection, probes: readonly Probe[]): Facts {
  const { ssl, sasl, connectionTimeoutMs, patienceMs } = connection
  const isTls = usesTls(connection)
  const tls = typeof ssl === 'object' ? ssl : {}
  return {
    ...map,
    endpoint: endpointName(probes),
    domain: commonDomain(unmappedHosts(probes)),
    // By TLS's server name one address and port can stand for every broker.
    sharing: isTls ? new Map() : sharedEndpoints(probes),
    isTls,
    hasSasl: sasl !== undefined,
    servername: tls.servername ?? null,
    hasClientCertificate: tls.cert !== undefined,
    connectionTimeoutMs,
    patienceMs,
    zones: { words: zoneWords(probes, map.zone), tables: map.tables },
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
