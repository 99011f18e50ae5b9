import { BadInput, MissingInput } from '../bad-input.js'
import type { DraftPattern } from '../draft.js'
import { fill } from '../name-shape.js'
import type { LayoutInput, Shape } from '../provider.js'

/** The shapes that a map of this cluster covers, of one role or of both. */
export function shapesOf({ provider, names }: LayoutInput, role?: Shape['role']): readonly Shape[] {
  const used = new Set(names.map(({ shape }) => shape))
  return provider.shapes.filter(
    shape => (role === undefined || shape.role === role) && (shape.onlyWhenGiven !== true || used.has(shape)),
  )
}

/** The shape as a pattern that matches this cluster's names only. */
export const patternOf = (
  shape: Shape,
  { pinned }: LayoutInput,
  more: Readonly<Record<string, string>> = {},
): DraftPattern => ({
  pattern: fill(shape.pattern, { ...pinned, ...more }),
  what: shape.what,
})

/** All shapes that the map covers, as patterns. */
export const patternsOf = (input: LayoutInput, role?: Shape['role']): readonly DraftPattern[] =>
  shapesOf(input, role).map(shape => patternOf(shape, input))

/** The same patterns, each with this port. */
export const atPort = (patterns: readonly DraftPattern[], port: number): readonly DraftPattern[] =>
  patterns.map(({ pattern, what }) => ({ pattern: `${pattern}:${port}`, what }))

/** The ids in the brokers' names that were given. */
export const idsOf = ({ names }: LayoutInput): readonly string[] =>
  names.map(({ captures }) => captures['n']).filter(id => id !== undefined)

/** One target, or several in order. */
export const targetList = (names: readonly string[]): string | readonly string[] => {
  const [only] = names
  return only !== undefined && names.length === 1 ? only : names
}

/** What a person must know where there are several. */
export const orderRemarks = (names: readonly string[]): readonly string[] =>
  names.length > 1 ? ['several endpoints: they are tried in the order in which they were given'] : []

/** Throws `BadInput` where zones were given, because no broker name carries one. */
export function refuseZones(input: LayoutInput): void {
  const [zone] = input.zones
  if (zone !== undefined) throw new BadInput(`zone ${zone.id}: ${input.title}: its broker names carry no zone`)
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
      `endpoint ${keyed.id ?? ''}=${keyed.name}: ${input.title}: all brokers have one endpoint; give its name alone`,
    )
  }
  return requireEndpoints(input).map(({ name }) => name)
}

/** The endpoints. Throws `BadInput` where there is none. */
export function requireEndpoints({ endpoints }: LayoutInput): LayoutInput['endpoints'] {
  if (endpoints.length === 0) throw new MissingInput('expected --endpoint NAME')
  return endpoints
}
