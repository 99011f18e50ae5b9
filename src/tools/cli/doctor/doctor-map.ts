import type { KafkaConfig } from 'kafkajs'
import type { MapFacts } from '../../doctor/advice/facts.js'
import type { Connector } from '../../doctor/probe/probe.js'
import { createExplain, type Explain, type ExplainedSplitDns } from '../../explain/explanation.js'
import type { SplitDns } from '../../../split-dns.js'
import { now, textOf, type Run } from '../command.js'
import { mapOptions } from '../map/map-options.js'
import { openMapForCommand, type MapForCommandOptions } from '../map/open-map.js'

/** The map that the diagnosis is about, and what leads through it. */
export interface DoctorMap {
  readonly connector: Connector
  readonly explain: Explain
  readonly facts: MapFacts
  readonly origins: readonly string[]
  close(): Promise<void>
}

/**
 * The map of the configuration's own socket factory, where it has one of this package and no flag names another map; else
 * the one that flags and variables name.
 */
export async function openDoctorMap(run: Run, config: Partial<KafkaConfig>): Promise<DoctorMap> {
  const own = splitDnsOf(config.socketFactory)
  const isNamed = Object.keys(mapOptions).some(name => textOf(run, name) !== undefined)
  if (own === undefined || isNamed) return openNamedMap(run)
  await own.ready()
  const { rules } = own.stats().map
  return {
    connector: own,
    explain: createExplain(own, now),
    facts: {
      rules,
      hasSettings: false,
      isMapFile: false,
      nothingInForce: rules > 0 ? null : 'no rule is in force in the map of the socketFactory',
      tables: [],
      zone: null,
    },
    origins: ["the configuration's socketFactory"],
    close: () => own.close(),
  }
}

/** The map that flags and variables name, or the one that `options` name in their place. */
export async function openNamedMap(run: Run, options?: MapForCommandOptions): Promise<DoctorMap> {
  const { splitDns, read, compilation, sources, nothingInForce = null } = await openMapForCommand(run, options)
  const { rules, tables } = compilation
  return {
    connector: splitDns,
    explain: createExplain(splitDns, now, { settings: read.settings, compilation }),
    facts: {
      rules: rules.length,
      hasSettings: true,
      isMapFile: sources.length > 0 && sources.every(({ kind }) => kind === 'file'),
      nothingInForce,
      tables: [...tables.values()].map(({ values }) => values),
      zone: read.settings.zone,
    },
    origins: sources.map(({ origin }) => origin),
    close: () => splitDns.close(),
  }
}

type OwnSplitDns = ExplainedSplitDns & Connector & Pick<SplitDns, 'ready' | 'stats' | 'close'>

/** The factory may be of another copy of this package, ESM or CommonJS: it is known by its shape. */
function splitDnsOf(factory: unknown): OwnSplitDns | undefined {
  if (typeof factory !== 'function' || !('splitDns' in factory)) return undefined
  const { splitDns } = factory
  const methods = ['route', 'resolve', 'on', 'socketFactory', 'ready', 'stats', 'close']
  const isComplete =
    typeof splitDns === 'object' &&
    splitDns !== null &&
    methods.every(name => typeof Reflect.get(splitDns, name) === 'function')
  return isComplete ? (splitDns as OwnSplitDns) : undefined
}
