import type { LabelPattern } from '../../map/rule/label-pattern.js'
import { labelsOf, type Pattern, type PatternPart as Label } from '../../map/rule/pattern.js'

/** In words: why the first pattern comes before the second, which matches the same host too. */
export function whyBefore(first: Pattern, second: Pattern): string {
  const [ones, others] = [labelsOf(first), labelsOf(second)]
  for (let index = 0; index < Math.max(ones.length, others.length); index++) {
    const [one, other] = [ones[index], others[index]]
    if (one === undefined || other === undefined)
      return `it names '${textOf(one ?? other ?? '')}' where the other has '*'`
    if (rankOf(one) !== rankOf(other)) return compareLabels(one, other)
  }
  if (first.isWildcard !== second.isWildcard) return "it names the whole host where the other has '*'"
  if (first.port !== second.port) return `it names the port ${first.port ?? 'any'}`
  return 'neither is more specific, and it is first in the map'
}

/**
 * A text for each pattern: where two patterns match a host, the one with the smaller text comes first, whatever the port.
 * Equal if only their order in the map decides.
 */
export const precedenceText = (pattern: Pattern): string =>
  [...labelsOf(pattern).map(rankOf), ...(pattern.isWildcard ? ['2'] : [])].join('\u0000')

/** A literal before a capture, and `*` after both. Equal for labels of which neither is more specific. */
const rankOf = (label: Label): string => (typeof label === 'string' ? `0${label}` : `1${label.rank}`)

function compareLabels(one: Label, other: Label): string {
  const said = `'${textOf(one)}' comes before '${textOf(other)}'`
  if (typeof one === 'string' || typeof other === 'string') return `${said}: a literal comes before a capture`
  const literals = literalLength(one) - literalLength(other)
  if (literals > 0) return `${said}: it has more literal characters`
  return `${said}: of captures, int comes before word and word before one without a type`
}

const literalLength = ({ shape }: LabelPattern) => shape.replace(/\{[^}]*\}/g, '').length

const textOf = (label: Label) =>
  typeof label === 'string'
    ? label
    : label.shape.replace(/\{(:?)(\w*)\}/g, (_, _colon, type) => `{${String(type) || 'any'}}`)
