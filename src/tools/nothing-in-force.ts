import type { Compilation } from '../map/compile.js'
import type { MapSource } from '../source/map-source.js'

/** So many profiles are named. */
const mostNamed = 10

/** Why no rule is in force, and what to do about it, in one sentence; undefined where one is. */
export function nothingInForce(
  { rules, documents }: Pick<Compilation, 'rules' | 'documents'>,
  sources: readonly MapSource[],
): string | undefined {
  if (rules.length > 0) return undefined
  if (sources.length === 0)
    return 'no map is set: set KAFKA_SPLIT_DNS_MAP, KAFKA_SPLIT_DNS_MAP_FILE or KAFKA_SPLIT_DNS_MAP_URL'
  const profiles = [...new Set(documents.flatMap(document => [...document.profiles.keys()]))]
  const named = profiles
    .slice(0, mostNamed)
    .map(name => `'${name}'`)
    .join(', ')
  const all = profiles.length > mostNamed ? `${named} and ${profiles.length - mostNamed} more` : named
  const why =
    profiles.length === 0
      ? `${sources.map(({ origin }) => origin).join(', ')} has no rules`
      : `rules are in profiles alone (${all}), none of which KAFKA_SPLIT_DNS_PROFILE chooses`
  return `no rule is in force: ${why}`
}
