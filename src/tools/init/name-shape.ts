import { Expanded } from '../../map/document/expansion.js'
import { matchesLabel } from '../../map/rule/label-pattern.js'
import { parsePattern, readHostCaptures, type Pattern } from '../../map/rule/pattern.js'

/** What a name's captures read, by their names. */
export type Captures = Readonly<Record<string, string>>

/** Captures that can hold these words only, wherever they stand. */
const words: Readonly<Record<string, readonly string[]>> = {
  cloud: ['aws', 'azure', 'gcp'],
  auth: ['scram', 'iam', 'tls'],
  kind: ['byoc', 'fmc'],
}

/** Reads a name by a pattern of the map's own language: what its captures hold, or undefined where it has another shape. */
export function readName(pattern: string, host: string): Captures | undefined {
  const { labels: own, isWildcard, shape }: Pattern = parsePattern(new Expanded(pattern))
  const labels = host.split('.').reverse()
  if (isWildcard ? labels.length <= own.length : labels.length !== own.length) return undefined
  const fits = own.every((label, index) => {
    const asked = labels[index] ?? ''
    return typeof label === 'string' ? label === asked : matchesLabel(label, asked)
  })
  if (!fits) return undefined
  const values = readHostCaptures(shape, labels)
  const captures = Object.fromEntries(shape.captures.map(({ name }, index) => [name, values[index] ?? '']))
  return Object.entries(captures).every(([name, value]) => words[name]?.includes(value) ?? true) ? captures : undefined
}

/** The text with what is known of its captures in their places. */
export const fill = (text: string, captures: Captures): string =>
  text.replace(/\{(\w+)(?::\w+)?\}/g, (written, name: string) =>
    Object.hasOwn(captures, name) ? (captures[name] ?? written) : written,
  )
