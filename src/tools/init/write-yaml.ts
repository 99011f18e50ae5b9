import { wrapText } from '../../text/wrap-text.js'
import type { Draft, DraftPattern, DraftRule, DraftTable } from './draft.js'

/** The comments at the top of the map. */
export interface Heading {
  readonly title: string
  /** How the map was made: a command. */
  readonly command: string
}

const width = 112

/** The draft as a YAML document that ends in a line feed. The same draft gives the same text. */
export function writeYaml({ title, command }: Heading, { tables, rules, remarks }: Draft): string {
  const lines = [
    ...comment(`${title}.`, ''),
    '# Made by:',
    `#   ${command}`,
    ...remarks.flatMap(remark => comment(`- ${remark}`, '', '  ')),
    '',
    'version: 1',
    ...(tables.length === 0 ? [] : ['tables:', ...tables.flatMap(writeTable)]),
    'rules:',
    ...rules.flatMap(writeRule),
    '',
  ]
  return lines.join('\n')
}

function writeTable({ name, remark, entries }: DraftTable): readonly string[] {
  const rows = [...entries].map(([key, value]) => `    ${quote(key)}: ${quote(value)}`)
  return [...comment(remark, '  '), `  ${name}:`, ...rows]
}

function writeRule({ remark, match, to }: DraftRule): readonly string[] {
  return [...(remark === undefined ? [] : comment(remark, '  ')), ...writeMatch(match), ...writeTarget(to)]
}

function writeMatch(match: readonly DraftPattern[]): readonly string[] {
  const [only] = match
  if (only !== undefined && match.length === 1) return [`  - match: ${quote(only.pattern)} # ${only.what}`]
  const longest = Math.max(...match.map(({ pattern }) => pattern.length))
  const items = match.map(({ pattern, what }) => {
    const padding = ' '.repeat(longest - pattern.length)
    return `      - ${quote(pattern)} ${padding}# ${what}`
  })
  return ['  - match:', ...items]
}

function writeTarget(to: DraftRule['to']): readonly string[] {
  if (typeof to === 'string') return [`    to: ${quote(to)}`]
  const lines =
    'byZone' in to
      ? [...to.byZone].map(([zone, name]) => `${quote(zone)}: ${quote(name)}`)
      : to.map(name => `- ${quote(name)}`)
  return ['    to:', ...lines.map(line => `      ${line}`)]
}

/** A JSON string is a YAML string, and patterns and targets hold nothing that JSON escapes. */
const quote = (text: string) => JSON.stringify(text)

/** The text as comment lines; `hanging` indents all lines but the first. */
const comment = (text: string, indent: string, hanging = ''): readonly string[] =>
  wrapText(text, width - hanging.length, hanging)
    .split('\n')
    .map(line => `${indent}# ${line}`)
