import { ConfigError, type Fault } from '../errors.js'
import { compileSources, readNodes, type MapSource } from './compile.js'
import { expand, readServiceAccountNamespace, type ExpansionScope } from './document/expansion.js'
import type { MapNode, Pair } from './document/node.js'
import { toMap } from './document/object-nodes.js'
import { guessFormat } from './document/one-line.js'
import type { SplitDnsMap } from './types.js'
import { FaultList, sortFaults } from './fault-list.js'
import { quoteText } from '../text/quote-text.js'
import { runAtOnce } from './steps.js'

/** How a map's text is written. JSON is read as YAML, of which it is a part. */
type MapFormat = 'yaml' | 'json' | 'inline'

/** How `parseMap` reads a text. */
export interface ParseMapOptions {
  /** Default: guessed from the name and the text. */
  readonly format?: MapFormat
  /** The variables for `${}`. Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The name of the text in faults. */
  readonly filename?: string
}

/**
 * The text's map as a frozen plain object with its `${}` filled in. Throws ConfigError with every fault of the rules that
 * are in force everywhere; a profile is checked when it is chosen. Faults of the object, or of parts of it, that
 * compiling finds later still have the text's lines and columns.
 */
export function parseMap(text: string, options: ParseMapOptions = {}): SplitDnsMap {
  const { filename, env = process.env } = options
  const format = readFormat(options.format) ?? guessFormat(text, filename)
  const source: MapSource = { kind: 'file', origin: filename ?? 'map', text, format }
  const unreadable = new FaultList()
  const nodes = runAtOnce(readNodes(source, unreadable.report))
  const scope = { env, readNamespace: readServiceAccountNamespace, isRemote: false }
  const map = toMap(expandNodes(nodes, scope))
  const faults = [...unreadable.found(), ...check({ kind: 'file', origin: source.origin, map }, env)]
  if (faults.length > 0) throw new ConfigError(sortFaults(faults))
  return map
}

const formats: readonly unknown[] = ['yaml', 'json', 'inline'] satisfies readonly MapFormat[]

/** The format as the compiler names it. Callers without types may pass anything. */
function readFormat(format: MapFormat | undefined): 'yaml' | 'inline' | undefined {
  if (format === undefined || formats.includes(format)) return format === 'json' ? 'yaml' : format
  const message = `unknown format ${quoteText(format)}: expected yaml, json or inline`
  throw new ConfigError([{ message, origin: 'option format' }])
}

function check(source: MapSource, env: Readonly<Record<string, string | undefined>>): readonly Fault[] {
  const settings = {
    profiles: [],
    profilesOrigin: 'profile',
    zone: undefined,
    unmapped: 'system',
    env,
    readNamespace: readServiceAccountNamespace,
  } as const
  return compileSources([source], settings).faults
}

/**
 * The document with every `${}` of its patterns and targets filled in. One without a value stays as it is written:
 * compiling reports it if its rule is in force.
 */
function expandNodes(root: MapNode, scope: ExpansionScope): MapNode {
  return mapPairs(root, ({ key, value }) => {
    if (key.text === 'rules') return expandRules(value, scope)
    if (key.text === 'profiles') return mapPairs(value, profile => expandRules(profile.value, scope))
    return value
  })
}

function expandRules(node: MapNode, scope: ExpansionScope): MapNode {
  if (node.kind !== 'list') return node
  const expandRule = (rule: MapNode) =>
    mapPairs(rule, ({ key, value }) => (key.text === 'match' || key.text === 'to' ? expandTexts(value, scope) : value))
  return { ...node, items: node.items.map(expandRule) }
}

function expandTexts(node: MapNode, scope: ExpansionScope): MapNode {
  if (node.kind === 'list') return { ...node, items: node.items.map(item => expandTexts(item, scope)) }
  if (node.kind === 'pairs') return mapPairs(node, ({ value }) => expandTexts(value, scope))
  if (node.kind !== 'scalar' || !node.text.includes('${')) return node
  const expanded = expand(node, scope, () => undefined)
  return expanded === undefined ? node : { ...node, expanded }
}

function mapPairs(node: MapNode, change: (pair: Pair) => MapNode): MapNode {
  if (node.kind !== 'pairs') return node
  return { ...node, pairs: node.pairs.map(pair => ({ key: pair.key, value: change(pair) })) }
}
