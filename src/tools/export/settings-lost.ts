import type { OptionName } from '../../config/option-table.js'
import type { ReadSettings } from '../../config/settings.js'
import type { Fault } from '../../errors.js'

/** Settings of the library that hold for every rule and that no DNS server knows; `but` are those that the format knows. */
export function settingsLost({ settings, origins }: ReadSettings, but: readonly OptionName[] = []): readonly Fault[] {
  const lost: Fault[] = []
  const lose = (name: OptionName, message: string) => {
    if (!but.includes(name)) lost.push({ message, origin: origins[name] ?? name })
  }
  if (settings.unmapped === 'refuse') lose('unmapped', 'names that no rule matches are not refused')
  if (settings.allow !== null) lose('allow', `addresses outside of ${settings.allow.text} are not refused`)
  if (settings.fallback === 'original') lose('fallback', "there is no fallback to the broker's own name")
  if (settings.family !== 0) lose('family', `addresses of both families are answered, not IPv${settings.family} alone`)
  return lost
}
