import { visibleText } from '../../text/visible-text.js'
import { isNamePart, toAsciiName } from '../host-name.js'
import type { Table } from '../types.js'
import { faultAt, type MapNode, type Report, type ScalarNode } from './node.js'
import { defined, isEmpty, pairsOf, readKeys, scalarOf } from './read-node.js'

/** One target of a rule; in a map by zone with its zone. */
interface TargetNode {
  readonly zone: ScalarNode | null
  readonly target: ScalarNode
}

/** A rule of the document, its texts not yet parsed. */
export interface RuleNode {
  readonly node: MapNode
  /** From 0, within its list. */
  readonly index: number
  readonly profile: string | null
  readonly match: readonly ScalarNode[]
  readonly form: 'one' | 'list' | 'zones'
  readonly targets: readonly TargetNode[]
  readonly nameservers: readonly ScalarNode[] | null
  readonly allow: readonly ScalarNode[] | null
  readonly fallback: ScalarNode | null
}

/** A list of rules in the document; `readRules` reads them one by one. */
export interface RuleList {
  /** undefined: the rules are in force everywhere. */
  readonly profile: ScalarNode | undefined
  readonly node: MapNode
}

/** The parts of a map. */
export interface MapDocument {
  readonly tables: ReadonlyMap<string, TableNode>
  readonly rules: RuleList | undefined
  /** By their names. */
  readonly profiles: ReadonlyMap<string, RuleList>
}

const topKeys = ['version', 'tables', 'rules', 'profiles']
const ruleKeys = ['match', 'to', 'nameservers', 'allow', 'fallback']

// Nameservers or blocks of one rule.
const maxTexts = 256

// No client could try more one after another.
const maxTargets = 16

/** The parts of the document; rules are read later, by `readRules`. */
export function readDocument(root: MapNode, report: Report): MapDocument {
  const manifest = manifestKind(root)
  if (manifest !== undefined) {
    const kind = visibleText(manifest, 60)
    report(() => faultAt(root, `this is a Kubernetes manifest (${kind}): the map is the value in its 'data'`))
    return { tables: new Map(), rules: undefined, profiles: new Map() }
  }
  const expected = 'a map with the keys version, tables, rules, profiles'
  const [version, tables, rules, profiles] = readKeys(root, topKeys, expected, report)
  if (version !== undefined && (version.kind !== 'scalar' || version.text !== '1')) {
    const found = version.kind === 'scalar' ? ` '${version.text}'` : ''
    report(() => faultAt(version, `unknown version${found}: this release reads version 1`))
  }
  return {
    tables: tables === undefined ? new Map() : readTables(tables, report),
    rules: rules && { profile: undefined, node: rules },
    profiles: profiles === undefined ? new Map() : readProfiles(profiles, report),
  }
}

function manifestKind(root: MapNode): string | undefined {
  if (root.kind !== 'pairs' || !root.pairs.some(({ key }) => key.text === 'apiVersion')) return undefined
  const kind = root.pairs.find(({ key }) => key.text === 'kind')?.value
  return kind?.kind === 'scalar' ? kind.text : undefined
}

function readProfiles(node: MapNode, report: Report): ReadonlyMap<string, RuleList> {
  const profiles = new Map<string, RuleList>()
  if (isEmpty(node)) return profiles
  for (const { key, value } of pairsOf(node, "profiles' names, each with a list of rules", report)) {
    if (key.text.trim() === '' || key.text.includes(',')) {
      report(() => faultAt(key, `a profile's name cannot be empty or hold a comma`))
    }
    profiles.set(key.text, { profile: key, node: value })
  }
  return profiles
}

/** The rules of the list, one by one. */
export function* readRules({ profile, node }: RuleList, report: Report): Generator<RuleNode, void> {
  if (isEmpty(node)) return
  if (node.kind !== 'list') {
    if (node.kind !== 'broken')
      report(() => faultAt(node, 'expected a list of rules, each "- match: ..." with "to: ..."'))
    return
  }
  for (const [index, item] of node.items.entries()) {
    const rule = readRule(item, index, profile?.text ?? null, report)
    if (rule !== undefined) yield rule
  }
}

function readRule(node: MapNode, index: number, profile: string | null, report: Report): RuleNode | undefined {
  if (node.kind === 'broken') return undefined
  const expected = 'a rule with the keys match and to'
  const [match, to, nameservers, allow, fallback] = readKeys(node, ruleKeys, expected, report)
  if (isEmpty(node)) report(() => faultAt(node, 'expected a rule with the keys match and to, found nothing'))
  if (node.kind !== 'pairs') return undefined
  if (match === undefined)
    report(() => faultAt(node, `the rule has no 'match': expected a pattern, or a list of patterns`))
  if (to === undefined)
    report(() => faultAt(node, `the rule has no 'to': expected a target, a list, or targets by zone`))
  const targets = to === undefined ? undefined : readTargets(to, report)
  const isOver = to !== undefined && targets !== undefined && targets.targets.length > maxTargets
  if (isOver) report(() => faultAt(to, `a rule has at most ${maxTargets} targets, this one ${targets.targets.length}`))
  return {
    node,
    index,
    profile,
    form: targets?.form ?? 'one',
    targets: isOver ? [] : (targets?.targets ?? []),
    nameservers: nameservers === undefined ? null : readTexts(nameservers, 'nameservers', report),
    allow: allow === undefined ? null : readTexts(allow, 'CIDR blocks', report),
    fallback: fallback === undefined ? null : (scalarOf(fallback, 'system, original or none', report) ?? null),
    match: match === undefined ? [] : readPatterns(match, report),
  }
}

function readPatterns(node: MapNode, report: Report): readonly ScalarNode[] {
  const expected =
    node.kind === 'pairs' ? 'a pattern; an unquoted { begins a map in YAML: put the pattern in quotes' : 'a pattern'
  const items = node.kind === 'list' ? node.items : [node]
  if (items.length === 0) report(() => faultAt(node, 'the list is empty: expected at least one pattern'))
  return defined(items.map(item => scalarOf(item, expected, report)))
}

function readTargets(node: MapNode, report: Report): Pick<RuleNode, 'form' | 'targets'> | undefined {
  if (node.kind === 'broken') return undefined
  if (node.kind === 'scalar') return { form: 'one', targets: [{ zone: null, target: node }] }
  if (node.kind === 'list') return { form: 'list', targets: listTargets(null, node.items, node, report) }
  // `to: {host}` is a map with an empty value to YAML.
  if (node.pairs.length > 0 && node.pairs.every(({ value }) => isEmpty(value))) {
    report(() => faultAt(node, 'an unquoted { begins a map in YAML: put the target in quotes'))
    return undefined
  }
  const targets: TargetNode[] = []
  for (const { key, value } of pairsOf(node, 'targets by zone', report, text => text.toLowerCase())) {
    if (key.text.trim() === '') report(() => faultAt(key, `a zone's name cannot be empty`))
    targets.push(...listTargets(key, value.kind === 'list' ? value.items : [value], value, report))
  }
  if (node.pairs.length === 0) report(() => faultAt(node, 'no zone: expected at least one target'))
  return { form: 'zones', targets }
}

function listTargets(zone: ScalarNode | null, items: readonly MapNode[], node: MapNode, report: Report): TargetNode[] {
  if (items.length === 0) report(() => faultAt(node, 'the list is empty: expected at least one target'))
  const targets: TargetNode[] = []
  for (const item of items) {
    const target = scalarOf(item, 'a target; one that begins with { must be in quotes', report)
    if (target !== undefined) targets.push({ zone, target })
  }
  return targets
}

// A text with commas is a list too, as in the environment variables of the same names.
function readTexts(node: MapNode, what: string, report: Report): readonly ScalarNode[] | null {
  const items = node.kind === 'list' ? node.items : [node]
  const texts: ScalarNode[] = []
  for (const item of items) {
    const scalar = scalarOf(item, what, report)
    if (scalar === undefined) continue
    for (const text of scalar.text.split(',', maxTexts + 1)) {
      if (text.trim() !== '') texts.push({ ...scalar, text: text.trim() })
    }
    if (texts.length > maxTexts) {
      report(() => faultAt(node, `expected at most ${maxTexts} of the ${what}`))
      return null
    }
  }
  if (texts.length === 0 && node.kind !== 'broken') report(() => faultAt(node, `expected at least one of the ${what}`))
  return texts
}

/** A table and its name in the document. */
export interface TableNode extends Table {
  readonly node: ScalarNode
}

const lower = (text: string) => text.toLowerCase()

/** The tables by their names in lower case. */
function readTables(node: MapNode, report: Report): ReadonlyMap<string, TableNode> {
  const tables = new Map<string, TableNode>()
  if (isEmpty(node)) return tables
  for (const { key, value } of pairsOf(node, "tables' names, each with keys and values", report, lower)) {
    if (!/^[A-Za-z_][\w-]*$/.test(key.text)) {
      report(() => faultAt(key, `'${key.text}' is no table's name: expected letters, digits, '_' and '-'`))
    }
    tables.set(lower(key.text), { name: key.text, node: key, values: readValues(value, report) })
  }
  return tables
}

function readValues(node: MapNode, report: Report): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const { key, value } of pairsOf(node, 'keys and values', report, lower)) {
    const scalar = scalarOf(value, "a part of a target's name", report)
    if (scalar === undefined) continue
    const text = toAsciiName(scalar.text.trim())
    if (text === undefined || text === '' || !isNamePart(text)) {
      const hint = scalar.text.includes('${') ? ': tables are constant, ${} is for patterns and targets' : ''
      report(() => faultAt(scalar, `'${scalar.text}' cannot be part of a target's name${hint}`))
    } else values.set(lower(key.text), text)
  }
  return values
}
