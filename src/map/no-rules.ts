const mostShown = 20

/** Why a map that is set puts no rule in force, in words. `profiles` are those that it has, `chosen` those in force here. */
export function describeNoRules(
  origins: readonly string[],
  profiles: readonly string[],
  chosen: readonly string[],
): string {
  const where = origins.join(', ')
  if (profiles.length === 0) return `${where}: the map has no rules`
  const known = profiles.slice(0, mostShown).join(', ') + (profiles.length > mostShown ? ', ...' : '')
  if (chosen.length > 0) return `${where}: the chosen profiles (${chosen.join(', ')}) have no rules; there are ${known}`
  return `${where}: all rules are in profiles (${known}), and KAFKA_SPLIT_DNS_PROFILE chooses none`
}
