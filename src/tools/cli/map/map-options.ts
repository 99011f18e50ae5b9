import type { OptionInputs } from '../../../config/option-inputs.js'
import { textOf, type Run } from '../command.js'

/** The flags that name the map, for every command that reads one. They come before the variables. */
export const mapOptions = {
  map: { type: 'string' },
  'map-file': { type: 'string' },
  profile: { type: 'string' },
  zone: { type: 'string' },
} as const

export const mapOptionsHelp = `  --map RULES        rules in one line, in place of KAFKA_SPLIT_DNS_MAP
  --map-file FILE    the map's file, in place of KAFKA_SPLIT_DNS_MAP_FILE
  --profile NAMES    the profiles in force, in place of KAFKA_SPLIT_DNS_PROFILE
  --zone ZONE        the client's zone, in place of KAFKA_SPLIT_DNS_ZONE`

/** The flags as options of the library. An empty flag counts as unset, as with variables. */
export function mapInputs(run: Run): OptionInputs {
  const text = (name: keyof typeof mapOptions) => {
    const value = textOf(run, name)
    return value?.trim() === '' ? undefined : value
  }
  return { map: text('map'), mapFile: text('map-file'), profile: text('profile'), zone: text('zone') }
}
