import type { DraftPattern } from './draft.js'
import { fill } from './name-shape.js'
import type { Given, Shape } from './provider.js'

/** The provider and the cluster in words. */
export const titleOf = ({ provider, pinned }: Pick<Given, 'provider' | 'pinned'>): string =>
  fill(provider.title, pinned)

/** The shapes that a map of the given cluster covers, of one role or of both. */
export function shapesOf({ provider, names }: Given, role?: Shape['role']): readonly Shape[] {
  const used = new Set(names.map(({ shape }) => shape))
  return provider.shapes.filter(
    shape => (role === undefined || shape.role === role) && (shape.onlyWhenGiven !== true || used.has(shape)),
  )
}

/** The shape as a pattern that matches the given cluster's names and no other's. */
export const patternOf = (
  shape: Shape,
  { pinned }: Given,
  more: Readonly<Record<string, string>> = {},
): DraftPattern => ({
  pattern: fill(shape.pattern, { ...pinned, ...more }),
  what: shape.what,
})

/** All of them. */
export const patternsOf = (given: Given, role?: Shape['role']): readonly DraftPattern[] =>
  shapesOf(given, role).map(shape => patternOf(shape, given))

/** The same names at one port. */
export const atPort = (patterns: readonly DraftPattern[], port: number): readonly DraftPattern[] =>
  patterns.map(({ pattern, what }) => ({ pattern: `${pattern}:${port}`, what }))

/** The ids of the brokers whose own names were given. */
export const idsOf = ({ names }: Given): readonly string[] =>
  names.map(({ captures }) => captures['n']).filter(id => id !== undefined)
