import type { Judged, Probe } from '../types.js'

/** What is known of zones beside the names: racks, a map's zone keys, and tables that turn one spelling into another. */
export interface ZoneFacts {
  /** In lower case. */
  readonly words: ReadonlySet<string>
  readonly tables: readonly ReadonlyMap<string, string>[]
}

/** AWS zone IDs (use1-az1) and names (us-east-1a), Azure's az1, GCP's us-central1-a. */
const shapes = [/[a-z]{3,5}\d-az\d+/, /[a-z]{2}(?:-[a-z]+)+-\d[a-z]/, /[a-z]+-[a-z]+\d-[a-z]/, /az\d/]

const aloneIn = (word: string) => new RegExp(`(?:^|[.-])${word}(?=$|[.-])`)

/** The zone that a host's name carries, in lower case, or undefined. */
export function zoneOf(host: string, { words }: ZoneFacts): string | undefined {
  const lower = host.toLowerCase()
  // The longest first: us-east-1a holds no shorter one by chance, az1 may stand in use1-az1.
  const known = [...words].toSorted((a, b) => b.length - a.length)
  const word = known.find(each => aloneIn(escape(each)).test(lower))
  if (word !== undefined) return word
  for (const shape of shapes) {
    const found = new RegExp(`(?:^|[.-])(${shape.source})(?=$|[.-])`).exec(lower)
    if (found !== null) return found[1]
  }
  return undefined
}

const escape = (text: string) => text.replace(/[^a-z0-9]/g, '\\$&')

/** The broker's zone: its rack, else what its name carries. */
export const brokerZone = ({ rack, host }: Probe, facts: ZoneFacts): string | undefined =>
  rack?.toLowerCase() ?? zoneOf(host, facts)

/** The zone of the endpoint that was dialled: its key in the rule's zone map, else what the target's name carries. */
export function endpointZone({ explanation, address }: Probe, facts: ZoneFacts): string | undefined {
  const { targets, addresses } = explanation
  const dialled = addresses.find(each => each.address === address)?.target
  const target = targets.find(({ host }) => host === dialled) ?? targets[0]
  return target?.zone?.toLowerCase() ?? (target === undefined ? undefined : zoneOf(target.host, facts))
}

/** True where the zones are surely different; false too where they are spelt in ways that nothing here can compare. */
export function zonesDiffer(one: string, other: string, { tables }: ZoneFacts): boolean {
  if (one === other) return false
  const translated = tables.flatMap(table => [table.get(one), table.get(other)]).filter(zone => zone !== undefined)
  if (translated.some(zone => zone === one || zone === other || one.includes(zone) || other.includes(zone)))
    return false
  if (translated.length > 0) return true
  return spelling(one) === spelling(other)
}

const spelling = (zone: string) => shapes.findIndex(shape => new RegExp(`^${shape.source}$`).test(zone))

/** True where the rule's target depends on what the name says of its zone. */
export function isZoned({ explanation, host }: Probe, facts: ZoneFacts): boolean {
  const zone = zoneOf(host, facts)
  const reading = Object.entries(explanation.captures).filter(([, value]) => zone !== undefined && value.includes(zone))
  return explanation.targets.some(target => {
    if (target.zone !== null || zoneOf(target.host, facts) !== undefined) return true
    const written = target.written.toLowerCase()
    return ['host', ...reading.map(([name]) => name.toLowerCase())].some(
      name => written.includes(`{${name}}`) || written.includes(`[${name}]`),
    )
  })
}

/** Words that stand for zones in what was probed and in the map's targets. */
export function zoneWords(probes: readonly (Probe | Judged)[], own: string | null): ReadonlySet<string> {
  const racks = probes.map(({ rack }) => rack)
  const keys = probes.flatMap(({ explanation }) => explanation.targets.map(({ zone }) => zone))
  const words = [...racks, ...keys, own].filter(word => word !== null && word.length > 1)
  return new Set(words.map(word => word?.toLowerCase() ?? ''))
}
