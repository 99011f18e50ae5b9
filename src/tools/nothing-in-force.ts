import type { Compilation } from '../map/compile.js'
import { describeNoRules } from '../map/no-rules.js'
import type { MapSource } from '../source/map-source.js'

/** Why no rule is in force, in one sentence; undefined where one is. `chosen` are the profiles in force here. */
export function nothingInForce(
  { rules, documents }: Pick<Compilation, 'rules' | 'documents'>,
  sources: readonly MapSource[],
  chosen: readonly string[],
): string | undefined {
  if (rules.length > 0) return undefined
  if (sources.length === 0)
    return 'no map is set: set KAFKA_SPLIT_DNS_MAP, KAFKA_SPLIT_DNS_MAP_FILE or KAFKA_SPLIT_DNS_MAP_URL'
  const profiles = new Set(documents.flatMap(document => [...document.profiles.keys()]))
  const origins = sources.map(({ origin }) => origin)
  return `no rule is in force: ${describeNoRules(origins, [...profiles], chosen)}`
}
