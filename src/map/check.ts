import type { Fault } from '../errors.js'
import {
  compileSources,
  type Compilation,
  type CompileSettings,
  type MapSource,
  type PlacedRule,
} from './compilation.js'
import { commonLabel } from './label-overlap.js'
import type { LabelPattern } from './label-pattern.js'
import { faultAt } from './node.js'
import { quoteText } from './quote-text.js'
import type { RuleNode } from './read-document.js'

/** What a check found: `faults` stop a process, `warnings` don't. */
export interface MapCheck {
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
}

/** All that can be said about the sources without asking for a host. Never throws for what they hold. */
export function checkMap(sources: readonly MapSource[], settings: CompileSettings): MapCheck {
  const compilation = compileSources(sources, { ...settings, thorough: true })
  const warnings = [
    ...compilation.warnings,
    ...compilation.overridden,
    ...findTies(compilation.rules),
    ...findUnusedTables(compilation),
    ...findIdleSettings(compilation),
    ...tellUnchosenProfiles(compilation, settings),
  ]
  return { faults: compilation.faults, warnings }
}

// Enough to see what is wrong, and little enough to be done at once, however large the map.
const maxTies = 100
const maxComparisons = 200_000

/** Pairs of rules between which only their order in the map decides. */
function findTies(rules: readonly PlacedRule[]): readonly Fault[] {
  const groups = new Map<string, PlacedRule[]>()
  for (const rule of rules) {
    if (rule.rule.traits.shape.captures.length === 0) continue
    const key = rankKey(rule)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [rule])
    else group.push(rule)
  }
  const ties: Fault[] = []
  let comparisons = 0
  for (const group of groups.values()) {
    for (let second = 1; second < group.length; second++) {
      for (let first = 0; first < second; first++) {
        if (++comparisons > maxComparisons || ties.length >= maxTies) return ties
        const tie = tieOf(group[first], group[second])
        if (tie !== undefined) ties.push(tie)
      }
    }
  }
  return ties
}

/** Equal for rules that can tie: the same literal labels, and labels with captures of one rank, at the same places. */
function rankKey({ pattern: { kind, labels, isWildcard } }: PlacedRule): string {
  const ranks = labels.map(label => (typeof label === 'string' ? label : `{${label.rank}}`))
  return [kind, isWildcard, ...ranks].join('/')
}

function tieOf(first: PlacedRule | undefined, second: PlacedRule | undefined): Fault | undefined {
  if (first === undefined || second === undefined) return undefined
  const [a, b] = [first.pattern, second.pattern]
  if (a.port !== undefined && b.port !== undefined && a.port !== b.port) return undefined
  if (a.labels.every((label, index) => shapeOf(label) === shapeOf(b.labels[index]))) return undefined
  const labels: string[] = a.isWildcard ? ['x'] : []
  for (let index = a.labels.length - 1; index >= 0; index--) {
    const common = commonOf(a.labels[index], b.labels[index])
    if (common === undefined) return undefined
    labels.push(common)
  }
  const [name, other] = [second.rule.name.match, first.rule.name.match].map(quoteText)
  const message = `pattern ${name} ties with ${other}: both match '${labels.join('.')}', and the first in the map decides`
  return faultAt(second.node, message)
}

const shapeOf = (label: string | LabelPattern | undefined) => (typeof label === 'object' ? label.shape : label)

function commonOf(a: string | LabelPattern | undefined, b: string | LabelPattern | undefined): string | undefined {
  if (typeof a === 'object' && typeof b === 'object') return commonLabel(a, b)
  return typeof a === 'string' && a === b ? a : undefined
}

function findUnusedTables({ documents, tables }: Compilation): readonly Fault[] {
  const used = new Set<string>()
  for (const { rules, profiles } of documents) {
    for (const rule of [...rules, ...[...profiles.values()].flatMap(profile => profile.rules)]) {
      for (const name of tableNames(rule)) used.add(name)
    }
  }
  const unused = [...tables].filter(([name]) => !used.has(name))
  return unused.map(([, { name, node }]) => faultAt(node, `no rule uses the table ${quoteText(name)}`))
}

function tableNames({ targets }: RuleNode): readonly string[] {
  const texts = targets.map(({ target }) => target.expanded?.text ?? target.text)
  return texts.flatMap(text => [...text.matchAll(/\{\s*([\w-]+)\s*\[/g)].map(match => (match[1] ?? '').toLowerCase()))
}

function findIdleSettings({ rules }: Compilation): readonly Fault[] {
  const idle = rules.filter(({ rule: { traits } }) => {
    const { nameservers, allow, fallback } = traits.settings
    return traits.action !== 'map' && (nameservers ?? allow ?? fallback) !== null
  })
  return idle.map(({ rule, node }) => {
    const { name, traits } = rule
    const message = `rule ${quoteText(name.match)}: nameservers, allow and fallback do nothing where the target is '${traits.action}'`
    return faultAt(node, message)
  })
}

function tellUnchosenProfiles({ documents }: Compilation, settings: CompileSettings): readonly Fault[] {
  return documents.flatMap(({ source, profiles }) => {
    const unchosen = [...profiles.keys()].filter(name => !settings.profiles.includes(name))
    if (unchosen.length === 0) return []
    const names = unchosen.slice(0, 20).map(quoteText).join(', ')
    const more = unchosen.length > 20 ? ` and ${unchosen.length - 20} more` : ''
    return [{ message: `profiles that are not in force here: ${names}${more}`, origin: source.origin }]
  })
}
