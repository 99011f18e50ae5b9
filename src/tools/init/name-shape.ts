import { Expanded } from '../../map/document/node.js'
import { readHostParts } from '../../map/match/rule.js'
import { matchesLabel } from '../../map/rule/label-pattern.js'
import { labelsOf, parsePattern } from '../../map/rule/pattern.js'

/** The text that each capture read, by the capture's name. */
export type Captures = Readonly<Record<string, string>>

/** Captures that read these words only, in every pattern. */
const words: Readonly<Record<string, readonly string[]>> = {
  cloud: ['aws', 'azure', 'gcp'],
  auth: ['scram', 'iam', 'tls'],
  kind: ['byoc', 'fmc'],
}

/** Matches a name against a pattern of the map's language and returns its captures; undefined where it does not match. */
export function readName(pattern: string, host: string): Captures | undefined {
  const parsed = parsePattern(new Expanded(pattern))
  const [own, { isWildcard }] = [labelsOf(parsed), parsed]
  const labels = host.split('.').reverse()
  if (isWildcard ? labels.length <= own.length : labels.length !== own.length) return undefined
  const fits = own.every((label, index) => {
    const asked = labels[index] ?? ''
    return typeof label === 'string' ? label === asked : matchesLabel(label, asked)
  })
  if (!fits) return undefined
  const { captures: values } = readHostParts(parsed, host)
  const captures = Object.fromEntries(parsed.captures.map(({ name }, index) => [name, values[index] ?? '']))
  return Object.entries(captures).every(([name, value]) => words[name]?.includes(value) ?? true) ? captures : undefined
}

/** The text with the captures that are known filled in. */
export const fill = (text: string, captures: Captures): string =>
  text.replace(/\{(\w+)(?::\w+)?\}/g, (written, name: string) =>
    Object.hasOwn(captures, name) ? (captures[name] ?? written) : written,
  )
