import { BadInput } from '../bad-input.js'
import { titleOf } from '../patterns.js'
import type { LayoutInput } from '../provider.js'

/** Throws `BadInput` where zones were given, because no broker name carries one. */
export function refuseZones(input: LayoutInput): void {
  const [zone] = input.zones
  if (zone !== undefined) throw new BadInput(`zone ${zone.id}: ${titleOf(input)}: its broker names carry no zone`)
}

/** Throws `BadInput` where a base port was given, because the advertised ports stay. */
export function refuseBasePort(input: LayoutInput, why: string): void {
  if (input.basePort !== undefined) throw new BadInput(`--base-port: ${why}`)
}

/** The endpoints' names, in their order. Throws `BadInput` where one has a broker's id, or there is none. */
export function plainEndpoints(input: LayoutInput): readonly string[] {
  const { endpoints } = input
  const keyed = endpoints.find(({ id }) => id !== undefined)
  if (keyed !== undefined) {
    throw new BadInput(
      `endpoint ${keyed.id ?? ''}=${keyed.name}: ${titleOf(input)}: all brokers have one endpoint; give its name alone`,
    )
  }
  return requireEndpoints(input).map(({ name }) => name)
}

/** The endpoints. Throws `BadInput` where there is none. */
export function requireEndpoints({ endpoints }: LayoutInput): LayoutInput['endpoints'] {
  if (endpoints.length === 0) throw new BadInput('expected --endpoint NAME', 'endpoint')
  return endpoints
}
