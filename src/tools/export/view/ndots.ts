import type { HostPattern } from './host-pattern.js'
import { patternText } from './host-pattern.js'

/** The limit of glibc and musl (RES_MAXNDOTS). */
export const mostDots = 15

/** The `ndots` with which a pod's resolver tries its search list first for the names of the patterns. */
export interface Ndots {
  readonly ndots: number
  /** The pattern whose names have the most dots. */
  readonly longest: string
  /** True where a `*` may cover more labels than the one that was counted. */
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

/** The number of dots in the shortest names that the pattern matches. */
export const dotsOf = (pattern: HostPattern): number => patternText(pattern).split('.').length - 1
