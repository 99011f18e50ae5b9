import type { ReadSettings } from '../../../config/settings.js'
import { describeNoRules, type Compilation, type MapSource } from '../../../map/compile.js'

/** Why no rule is in force, in one sentence; undefined where one is. */
export function nothingInForce(
  { rules, documents }: Pick<Compilation, 'rules' | 'documents'>,
  sources: readonly MapSource[],
  { settings, origins }: Pick<ReadSettings, 'settings' | 'origins'>,
): string | undefined {
  if (rules.length > 0) return undefined
  if (settings.disable) return `${origins.disable ?? 'disable'} is set: no map is in force`
  if (sources.length === 0)
    return 'no map is set: set KAFKA_SPLIT_DNS_MAP, KAFKA_SPLIT_DNS_MAP_FILE or KAFKA_SPLIT_DNS_MAP_URL'
  const profiles = new Set(documents.flatMap(document => [...document.profiles.keys()]))
  const documentsRead = sources.map(({ origin }) => origin)
  return `no rule is in force: ${describeNoRules(documentsRead, [...profiles], settings.profile)}`
}
