import type { ReadSettings } from '../config/settings.js'
import type { Fault } from '../errors.js'
import type { ViewOptions } from './dns-view.js'

/** Settings of the library that hold for every rule and that no DNS server knows. */
export function settingsLost(
  { settings, origins }: ReadSettings,
  { isResolvedNow = false }: ViewOptions = {},
): readonly Fault[] {
  const lost: Fault[] = []
  const lose = (name: keyof typeof origins, message: string) => lost.push({ message, origin: origins[name] ?? name })
  if (settings.unmapped === 'refuse') lose('unmapped', 'names that no rule matches are not refused')
  if (settings.allow !== null && !isResolvedNow)
    lose('allow', `addresses outside of ${settings.allow.text} are not refused`)
  if (settings.fallback === 'original') lose('fallback', "there is no fallback to the broker's own name")
  if (settings.family !== 0 && !isResolvedNow)
    lose('family', `addresses of both families are answered, not IPv${settings.family} alone`)
  return lost
}
