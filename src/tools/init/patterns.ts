import type { DraftPattern } from './draft.js'
import { fill } from './name-shape.js'
import type { LayoutInput, Shape } from './provider.js'

/** The provider and the cluster, for people. */
export const titleOf = ({ provider, pinned }: Pick<LayoutInput, 'provider' | 'pinned'>): string =>
  fill(provider.title, pinned)

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
