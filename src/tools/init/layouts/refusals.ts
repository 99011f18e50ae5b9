import { BadInput } from '../bad-input.js'
import { titleOf } from '../patterns.js'
import type { Given } from '../provider.js'

/** Throws `BadInput` where zones were given: no name tells of one. */
export function refuseZones(given: Given): void {
  const [zone] = given.zones
  if (zone !== undefined) throw new BadInput(`zone ${zone.id}: ${titleOf(given)}: its broker names carry no zone`)
}

/** Throws `BadInput` where a base of ports was given: the advertised ports stay. */
export function refuseBasePort(given: Given, why: string): void {
  if (given.basePort !== undefined) throw new BadInput(`--base-port: ${why}`)
}

/** The endpoints' names, in their order. Throws `BadInput` for those with a broker's id, and where there is none. */
export function plainEndpoints(given: Given): readonly string[] {
  const { endpoints } = given
  const keyed = endpoints.find(({ id }) => id !== undefined)
  if (keyed !== undefined) {
    throw new BadInput(
      `endpoint ${keyed.id ?? ''}=${keyed.name}: ${titleOf(given)}: all brokers have one endpoint; give its name alone`,
    )
  }
  return requireEndpoints(given).map(({ name }) => name)
}

/** Throws `BadInput` where there is none. */
export function requireEndpoints({ endpoints }: Given): Given['endpoints'] {
  if (endpoints.length === 0) throw new BadInput('expected --endpoint NAME', 'endpoint')
  return endpoints
}
