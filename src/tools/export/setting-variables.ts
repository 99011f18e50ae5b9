import { optionNames, optionTable, type OptionName, type Settings } from '../../config/option-table.js'
import type { ReadSettings } from '../../config/settings.js'
import type { Fault } from '../../errors.js'

/** A variable and its value. */
export interface Variable {
  readonly name: string
  readonly value: string
}

// Options that say where the map is, which the export replaces; and the switch that turns the library off.
const mapOptions: readonly OptionName[] = ['map', 'mapFile', 'mapUrl', 'mapPollS', 'profile', 'disable']

/** The library's settings that are set, as variables. `omissions` are those that can't be written or may be secret. */
export function settingVariables({ settings, origins }: ReadSettings): {
  readonly variables: readonly Variable[]
  readonly omissions: readonly Fault[]
} {
  const variables: Variable[] = []
  const omissions: Fault[] = []
  for (const option of optionNames) {
    const origin = origins[option]
    const name = optionTable[option].variable
    if (origin === null || name === null || mapOptions.includes(option)) continue
    const value = settingText(settings, option)
    // Kyverno would fill in the first, Kubernetes the second.
    if (/\{\{|\$\(/.test(value)) omissions.push({ message: "a value with '{{' or '$(' can't be written", origin })
    else if (option === 'nameservers' && value.includes('?'))
      omissions.push({ message: "a URL's query may be a secret: it is not written", origin })
    else variables.push({ name, value })
  }
  return { variables, omissions }
}

function settingText(settings: Settings, option: OptionName): string {
  const { nameservers, allow } = settings
  if (option === 'nameservers')
    return (nameservers ?? []).map(server => (server.kind === 'https' ? server.url : server.label)).join()
  if (option === 'allow') return allow?.text ?? ''
  const value = settings[option]
  return typeof value === 'object' ? '' : String(value)
}

/** The settings in force for every rule that no DNS server has; `except` are those that the format does have. */
export function unsupportedSettings(
  { settings, origins }: ReadSettings,
  except: readonly OptionName[] = [],
): readonly Fault[] {
  const faults: Fault[] = []
  const add = (name: OptionName, message: string) => {
    if (!except.includes(name)) faults.push({ message, origin: origins[name] ?? name })
  }
  if (settings.unmapped === 'refuse') add('unmapped', 'names that no rule matches are not refused')
  if (settings.allow !== null) add('allow', `addresses outside of ${settings.allow.text} are not refused`)
  if (settings.fallback === 'original') add('fallback', "there is no fallback to the broker's own name")
  if (settings.family !== 0) add('family', `addresses of both families are answered, not only IPv${settings.family}`)
  return faults
}

/** The warning that the server resolves targets by its own nameservers, where the settings name others. */
export function ownUpstreams({ settings }: ReadSettings): readonly string[] {
  const own = (settings.nameservers ?? []).filter(({ kind }) => kind !== 'system')
  if (own.length === 0) return []
  const labels = own.map(({ label }) => label).join(', ')
  return [`the server resolves targets as any other name: it does not ask ${labels}`]
}
