import { isIP } from 'node:net'
import { hostPort, type HostPort } from '../../../lib/address/host-port.js'
import { compileSettings, readSettings } from '../../config/settings.js'
import { formatFault } from '../../errors.js'
import { compileSources, type Compilation } from '../../map/compile.js'
import { CompiledTable } from '../../map/match/compiled-table.js'
import { reviewMap } from '../review/review.js'
import { BadInput, MissingInput } from './bad-input.js'
import { readEndpoints } from './endpoints.js'
import type { LayoutInput } from './provider.js'
import { recognise } from './recognise.js'
import { writeYaml } from './write-yaml.js'
import { readZones } from './zones.js'

/** What a map is made from. */
export interface MapRequest {
  readonly brokers: readonly HostPort[]
  /** Each `NAME` or `ID=NAME`. */
  readonly endpoints: readonly string[]
  /** Each `ID=NAME`. */
  readonly zones: readonly string[]
  readonly basePort: number | undefined
}

export interface MadeMap {
  /** YAML. */
  readonly text: string
  /** The provider and the cluster. */
  readonly title: string
  readonly remarks: readonly string[]
  /** The text, compiled. */
  readonly table: CompiledTable
}

/** A map for the request; `check` accepts it without a warning. Throws `BadInput`. Pure. */
export function makeMap({ brokers, endpoints: endpointTexts, zones: zoneTexts, basePort }: MapRequest): MadeMap {
  if (brokers.length + endpointTexts.length + zoneTexts.length === 0) {
    throw new MissingInput('expected --brokers HOST:PORT,... and --endpoint NAME')
  }
  const endpoints = readEndpoints(endpointTexts)
  const zones = readZones(zoneTexts)
  const names = [...endpoints.map(({ name }) => name), ...zones.flatMap(({ endpoint }) => endpoint ?? [])]
  const input = { ...recognise(brokers, names), endpoints, zones, basePort }
  const own = input.names.find(({ host }) => names.some(name => name.replace(/\.$/, '') === host))
  if (own !== undefined) throw new BadInput(`endpoint ${own.host} is the broker itself: the map would change nothing`)
  const { provider, title } = input
  const draft = provider.layout(input)
  const remarks = [...(provider.remarks ?? []), ...draft.remarks]
  const text = writeYaml({ title, command: commandOf(input) }, { ...draft, remarks })
  return { text, title, remarks, table: verify(text, names) }
}

/** The command that makes the same map. It needs no quotes in a shell. */
function commandOf({ names, endpoints, zones, basePort }: LayoutInput): string {
  const flags = [
    ['--brokers', names.map(({ host, port }) => hostPort(host, port)).join(',')],
    ['--endpoint', endpoints.map(({ id, name }) => (id === undefined ? name : `${id}=${name}`)).join(' ')],
    ['--zone', zones.map(({ id, name, endpoint }) => `${id}=${name ?? endpoint ?? ''}`).join(' ')],
    ['--base-port', basePort?.toString() ?? ''],
  ]
  const given = flags.filter(([, value]) => value !== '').map(([flag = '', value = '']) => `${flag} ${value}`)
  return ['kafka-split-dns init', ...given].join(' ')
}

/** Compiles the map as a service would. Throws `BadInput` for an endpoint that a rule of the map matches itself. */
function verify(text: string, endpoints: readonly string[]): CompiledTable {
  const compilation = compileMade(text)
  const table = new CompiledTable(compilation.table, 'system')
  for (const name of endpoints) {
    const rule = isIP(name) === 0 ? table.candidates(name)[0]?.rule : undefined
    if (rule === undefined) continue
    throw new BadInput(
      `endpoint ${name} is a broker's name itself, by the pattern '${rule.match}': the map would route it again`,
    )
  }
  const odd = [...compilation.warnings, ...reviewMap(compilation, [])]
  if (odd.length > 0) throw new Error(`the new map has a fault: ${odd.map(formatFault).join('; ')}`)
  return table
}

/** As a service compiles it that has no variables set. */
function compileMade(text: string): Compilation {
  const settings = { ...compileSettings(readSettings({}, {}), {}), thorough: true }
  const compilation = compileSources([{ kind: 'file', origin: 'map', text }], settings)
  if (compilation.faults.length === 0) return compilation
  throw new Error(`the new map has a fault: ${compilation.faults.map(formatFault).join('; ')}`)
}
