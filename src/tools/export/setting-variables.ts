import { optionNames, optionTable, type OptionName, type Settings } from '../../config/option-table.js'
import type { ReadSettings } from '../../config/settings.js'
import type { Fault } from '../../errors.js'

/** A variable and its value. */
export interface Variable {
  readonly name: string
  readonly value: string
}

// What says where the map is and which part of it holds, which is written as rules; and the switch, which nobody shares.
const ofTheMap: readonly OptionName[] = ['map', 'mapFile', 'mapUrl', 'mapPollS', 'profile', 'disable']

/** The library's settings that are set, as variables that set the same. `leftOut` are those that may hold a secret. */
export function settingVariables({ settings, origins }: ReadSettings): {
  readonly variables: readonly Variable[]
  readonly leftOut: readonly Fault[]
} {
  const variables: Variable[] = []
  const leftOut: Fault[] = []
  for (const option of optionNames) {
    const origin = origins[option]
    const name = optionTable[option].variable
    if (origin === null || name === null || ofTheMap.includes(option)) continue
    const value = settingText(settings, option)
    // Kyverno would fill in the first two, Kubernetes the second.
    if (/\{\{|\$\(/.test(value)) leftOut.push({ message: "a value with '{{' or '$(' can't be written", origin })
    else if (option === 'nameservers' && value.includes('?'))
      leftOut.push({ message: "a URL's query may be a secret: it is not written", origin })
    else variables.push({ name, value })
  }
  return { variables, leftOut }
}

function settingText(settings: Settings, option: OptionName): string {
  const { nameservers, allow } = settings
  if (option === 'nameservers')
    return (nameservers ?? []).map(server => (server.kind === 'https' ? server.url : server.label)).join()
  if (option === 'allow') return allow?.text ?? ''
  const value = settings[option]
  return typeof value === 'object' ? '' : String(value)
}
