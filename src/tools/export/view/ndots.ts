import type { HostPattern } from './host-pattern.js'
import { patternText } from './host-pattern.js'

/** glibc and musl take no more (RES_MAXNDOTS). */
export const mostDots = 15

/** What `ndots` has to be for a pod, so that its resolver tries the search list first for the names of the patterns. */
export interface Ndots {
  readonly ndots: number
  /** The pattern whose names have the most dots. */
  readonly longest: string
  /** True where a `*` may cover more than the one label that was counted. */
  readonly isLeast: boolean
}

/** Undefined where there is no pattern. */
export function ndotsFor(patterns: readonly HostPattern[]): Ndots | undefined {
  const counted = patterns.map(pattern => ({ pattern, dots: dotsOf(pattern) }))
  const [most] = counted.toSorted((a, b) => b.dots - a.dots)
  if (most === undefined) return undefined
  const isLeast = patterns.some(([first]) => first?.kind === 'star')
  return { ndots: Math.min(most.dots + 1, mostDots), longest: patternText(most.pattern), isLeast }
}

/** The dots of the shortest names that the pattern is for. */
export const dotsOf = (pattern: HostPattern): number => patternText(pattern).split('.').length - 1
