import { isHostName } from '../../../map/host-name.js'
import { BadInput } from '../bad-input.js'
import type { DraftPattern, DraftRule, DraftTable } from '../draft.js'
import { fill } from '../name-shape.js'
import type { LayoutInput, Layout } from '../provider.js'
import { checkZones, isZoneOf, noZoneOf, type Zone } from '../zones.js'
import { orderRemarks, patternOf, patternsOf, plainEndpoints, refuseBasePort, shapesOf, targetList } from './parts.js'

/** A regional endpoint, and for brokers of the zones that are known their zone's own. */
export const byZone: Layout = input => {
  const { zones, endpoints, pinned } = input
  refuseBasePort(input, 'the endpoint serves the ports that the brokers advertise')
  checkZones(zones, pinned)
  const named = zones.filter(({ name }) => name !== undefined)
  const own = zones.filter(({ endpoint }) => endpoint !== undefined)
  const regional = endpoints.length === 0 && named.length === 0 && own.length > 0 ? [] : plainEndpoints(input)
  const zonal = named.length === 0 ? [] : zonalNames(input, regional, named)
  return {
    tables: named.length === 0 ? [] : [tableOf(named)],
    rules: [
      ...(zonal.length === 0 ? [] : [{ match: patternsOf(input, 'broker'), to: targetList(zonal) }]),
      ...own.map(zone => zoneRule(input, zone)),
      ...restRules(input, regional),
    ],
    remarks: remarksOf(input, regional),
  }
}

const tableOf = (named: readonly Zone[]): DraftTable => ({
  name: 'az',
  remark: "the zone's ID, as brokers' names have it, and its name, as endpoints' names have it; they differ by account",
  entries: new Map(named.map(({ id, name = '' }) => [id, name])),
})

const zoneRule = (input: LayoutInput, { id, endpoint = '' }: Zone): DraftRule => ({
  remark: `Zone ${id}.`,
  match: shapesOf(input, 'broker').map(shape => patternOf(shape, input, { zone: id })),
  to: endpoint,
})

/** The bootstrap, and brokers of zones that are not known. */
function restRules(input: LayoutInput, regional: readonly string[]): readonly DraftRule[] {
  const { zones, pinned } = input
  const [only] = zones
  const own = new Map(zones.map(({ id, endpoint = '' }) => [id, endpoint]))
  const to = regional.length > 0 ? targetList(regional) : own.size === 1 ? (only?.endpoint ?? '') : { byZone: own }
  const hasTable = zones.some(({ name }) => name !== undefined)
  const loose = shapesOf(input, 'broker').map(({ pattern, loose, what }): DraftPattern => ({
    pattern: fill(hasTable ? (loose ?? pattern) : pattern, pinned),
    what,
  }))
  const bootstrap = patternsOf(input, 'bootstrap')
  if (only === undefined) return [{ match: [...bootstrap, ...loose], to }]
  const remark = hasTable
    ? 'Brokers of zones that the table lacks, by looser patterns, which come second: such connections cross zones.'
    : 'Brokers of any other zone: such connections cross zones.'
  const rest = { remark, match: loose, to }
  if (zones.length > 1) return [{ match: bootstrap, to }, rest]
  // A cluster of one zone: the endpoint's addresses in other zones may reach no broker.
  const { name = '', endpoint } = only
  const zonal = endpoint === undefined ? regional.map(each => zonalOf(each, name)) : [endpoint]
  const first = targetList([...new Set([...zonal, ...regional])])
  return [{ remark: 'One zone, so the bootstrap server is reached there first.', match: bootstrap, to: first }, rest]
}

/** The zone's own name of an AWS endpoint, by its regional name. */
function zonalOf(regional: string, zone: string): string {
  const [first = '', ...rest] = regional.split('.')
  return [`${first}-${zone}`, ...rest].join('.')
}

/** Throws `BadInput` where a zone's name can't be made from the regional one. */
function zonalNames(input: LayoutInput, regional: readonly string[], named: readonly Zone[]): readonly string[] {
  const { cloud, region = '' } = input.pinned
  const [{ id, name = '' } = { id: '' }] = named
  if (cloud !== 'aws') {
    throw new BadInput(`zone ${id}=${name}: ${input.title}: expected the zone's own endpoint, a name with a dot`)
  }
  const foreign = named.find(zone => !isZoneOf(region, zone.name ?? ''))
  if (foreign !== undefined) throw noZoneOf(region, `${foreign.id}=${foreign.name ?? ''}`)
  return regional.map(endpoint => {
    const [first = '', service = '', ownRegion = ''] = endpoint.split('.')
    if (!first.startsWith('vpce-') || !service.startsWith('vpce-svc-')) {
      throw new BadInput(
        `zone ${id}=${name}: the zone's endpoint can't be told from ${endpoint}: expected ${id}= and a name with a dot`,
      )
    }
    if (ownRegion !== region) {
      throw new BadInput(
        `zone ${id}=${name}: endpoint ${endpoint} is in ${ownRegion} and has no name for a zone of ${region}: give no --zone`,
      )
    }
    const zone = zoneIn(endpoint)
    if (zone !== undefined) {
      throw new BadInput(`endpoint ${endpoint} is that of ${zone} alone: with zones, give the regional name`)
    }
    const long = named.find(zone => !isHostName(zonalOf(endpoint, zone.name ?? '').replace(/\.$/, '')))
    if (long !== undefined)
      throw new BadInput(`endpoint ${endpoint} is too long for a name with zone ${long.name ?? ''}`)
    return zonalOf(endpoint, '{az[zone]}')
  })
}

/** The zone, if the AWS name is that of one zone's endpoint. */
function zoneIn(endpoint: string): string | undefined {
  const [first = '', , region = ''] = endpoint.split('.')
  const at = region === '' ? -1 : first.lastIndexOf(`-${region}`)
  const zone = first.slice(at + 1)
  return at > 0 && zone.length > region.length ? zone : undefined
}

function remarksOf(input: LayoutInput, regional: readonly string[]): readonly string[] {
  const { zones, names, pinned } = input
  const known = new Set(zones.map(({ id }) => id))
  const lacking = [...new Set(names.map(({ captures }) => captures['zone']))].filter(
    zone => zone !== undefined && !known.has(zone),
  )
  const [zone, ...others] = new Set(regional.map(zoneIn))
  const how = pinned['cloud'] === 'aws' ? '--zone use1-az1=us-east-1a' : '--zone ID=ENDPOINT'
  const remarks: string[] = []
  if (zones.length === 0 && zone !== undefined && others.length === 0) {
    remarks.push(`the endpoint is that of zone ${zone} alone, which is right for a cluster of one zone`)
  } else if (zones.length === 0) {
    remarks.push(`no zones were given: connections cross zones; ${how} for each zone leads them to its own endpoint`)
  } else if (lacking.length > 0) {
    remarks.push(`no --zone for ${lacking.join(', ')}: such brokers are reached across zones`)
  }
  return [...remarks, ...orderRemarks(regional)]
}
