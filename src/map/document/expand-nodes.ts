import { expand, type ExpansionScope } from './expansion.js'
import type { MapNode, Pair } from './node.js'

/**
 * The document with every `${}` of its patterns and targets filled in. What has no value stays as written, to be told
 * where it is in force.
 */
export function expandNodes(root: MapNode, scope: ExpansionScope): MapNode {
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
