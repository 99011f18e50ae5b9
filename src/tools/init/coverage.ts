import { hostPort } from '../../../lib/address/host-port.js'
import { toError } from '../../../lib/thrown.js'
import type { CompiledMap, Route } from '../../map/types.js'
import { BadInput } from './bad-input.js'
import { makeMap, type MadeMap, type MapRequest } from './make-map.js'

/** A broker as the cluster's metadata lists it. */
export interface ListedServer {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

export interface CoveredBroker extends ListedServer {
  /** The pattern of the rule that matches it. */
  readonly rule: string | null
  /** `HOST:PORT`, in order. */
  readonly targets: readonly string[]
  /** Why the map does not cover it; null where it does. */
  readonly missing: string | null
}

/** Where the map sends each broker. */
export const coverageOf = (map: CompiledMap, brokers: readonly ListedServer[]): readonly CoveredBroker[] =>
  brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port, ...decide(map, host, port) }))

function decide(map: CompiledMap, host: string, port: number): Pick<CoveredBroker, 'rule' | 'targets' | 'missing'> {
  try {
    return routeCoverage(map.decide(host, port).route)
  } catch (error) {
    return { rule: null, targets: [], missing: toError(error).message }
  }
}

function routeCoverage({ action, rule, targets }: Route): Pick<CoveredBroker, 'rule' | 'targets' | 'missing'> {
  const match = rule?.match ?? null
  const missing = match === null ? 'no rule matches' : action === 'map' ? null : `rule '${match}' says ${action}`
  return { rule: match, targets: targets.map(target => hostPort(target.host, target.port)), missing }
}

export interface WidenedMap {
  readonly made: MadeMap
  /** The brokers that no rule can be written for, each with the reason in one line. */
  readonly refused: readonly { readonly broker: ListedServer; readonly reason: string }[]
}

/** The map with rules for these brokers too. It names no more of them than it needs to. Pure. */
export function widenMap(request: MapRequest, made: MadeMap, brokers: readonly ListedServer[]): WidenedMap {
  let [widest, widestRequest] = [made, request]
  const refused: { broker: ListedServer; reason: string }[] = []
  for (const broker of brokers) {
    if (coverageOf(widest.table, [broker]).every(({ missing }) => missing === null)) continue
    const wider = { ...widestRequest, brokers: [...widestRequest.brokers, broker] }
    try {
      widest = makeMap(wider)
      widestRequest = wider
    } catch (error) {
      if (!(error instanceof BadInput)) throw error
      refused.push({ broker, reason: error.message })
    }
  }
  return { made: widest, refused }
}
