import { stringify } from 'yaml'
import { hostParts } from '../../../map/rule/host-template.js'
import type { PlacedRule } from '../../../map/compile.js'
import type { MapNode } from '../../../map/document/node.js'
import { describeRule } from '../../../map/match/rule.js'
import { groupBy, type Group } from '../../group-by.js'
import { oneLine, type ExportRequest } from '../format.js'

const style = { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false } as const

/**
 * The rules in force, of all sources and profiles, as one map in YAML: their own text with `${}` unexpanded, and the
 * tables that they read. It decides as they do.
 */
export function mapText({ rules, tables }: Pick<ExportRequest, 'rules' | 'tables'>): string {
  const used = new Set(rules.flatMap(tablesOf))
  const constant = new Map([...tables].filter(([name]) => used.has(name)).map(([name, { values }]) => [name, values]))
  // Of each rule as it was written, the patterns that are in force.
  const written = [...groupBy(rules, ({ node }) => node).values()].map(ruleText)
  return [
    constant.size === 0 ? '' : stringify({ tables: constant }, style),
    written.length === 0 ? 'rules: []\n' : 'rules:\n',
    ...written,
  ].join('')
}

/** The variables that the rules' texts use without a default, sorted. */
export function variablesOf(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name))].sort()
}

function tablesOf({ rule }: PlacedRule): readonly string[] {
  const parts = rule.targets.flatMap(({ host }) => hostParts(host))
  return parts.flatMap(part => (typeof part !== 'string' && part.table !== null ? [part.table.name.toLowerCase()] : []))
}

function ruleText(placed: Group<PlacedRule>): string {
  const [{ node, rule }] = placed
  const matches = placed.map(each => each.rule.name.match)
  const fields = new Map<string, unknown>([['match', matches.length === 1 ? matches[0] : matches]])
  for (const { key, value } of node.kind === 'pairs' ? node.pairs : []) {
    if (['to', 'nameservers', 'allow', 'fallback'].includes(key.text)) fields.set(key.text, plain(value))
  }
  const comment = `# ${oneLine(describeRule(rule.name))}\n`
  return `${comment}${stringify([fields], style)}`.replace(/^(?=.)/gm, '  ')
}

// Maps, not objects, because a key may be called `__proto__`.
function plain(node: MapNode): unknown {
  if (node.kind === 'scalar') return node.text
  if (node.kind === 'list') return node.items.map(plain)
  return node.kind === 'pairs' ? new Map(node.pairs.map(({ key, value }) => [key.text, plain(value)])) : ''
}
