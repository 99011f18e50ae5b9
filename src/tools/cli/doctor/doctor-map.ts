import type { KafkaConfig } from 'kafkajs'
import { mapFacts, type MapFacts } from '../../doctor/advice/read-facts.js'
import type { Connector } from '../../doctor/probe/probe.js'
import { Explainer, type ExplainedSplitDns, type Explanation, type HostAndPort } from '../../explain/explanation.js'
import type { SplitDns } from '../../../split-dns.js'
import { now, textOf, type Run } from '../command.js'
import { mapOptions } from '../map/map-options.js'
import { openMapForCommand } from '../map/open-map.js'

/** The map that the diagnosis is about, and what leads through it. */
export interface DoctorMap {
  readonly connector: Connector
  readonly explain: (at: HostAndPort) => Promise<Explanation>
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
  if (own === undefined || isNamed) return namedMap(run)
  await own.ready()
  const explainer = new Explainer(own, now)
  const { rules } = own.stats().map
  return {
    connector: own,
    explain: at => explainer.explain(at),
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

async function namedMap(run: Run): Promise<DoctorMap> {
  const { splitDns, read, compilation, sources } = await openMapForCommand(run)
  const explainer = new Explainer(splitDns, now, { settings: read.settings, compilation })
  return {
    connector: splitDns,
    explain: at => explainer.explain(at),
    facts: mapFacts(compilation, read, sources),
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
