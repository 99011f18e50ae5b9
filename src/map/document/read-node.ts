import { nearest } from '../../text/nearest.js'
import { quoteText } from '../../text/quote-text.js'
import { faultAt, type MapNode, type Pair, type PairsNode, type Report, type ScalarNode } from './node.js'

/** The pairs' values by key, `x-` keys left out; unknown keys are told with the nearest known one. */
export function readKeys(
  node: MapNode,
  known: readonly string[],
  expected: string,
  report: Report,
): Map<string, MapNode> {
  const values = new Map<string, MapNode>()
  if (isEmpty(node)) return values
  for (const { key, value } of pairsOf(node, expected, report)) {
    if (known.includes(key.text)) values.set(key.text, value)
    else if (key.text === '<<')
      report(faultAt(key, `merge keys ('<<') are not read: write the keys out, or use an alias`))
    else if (!key.text.startsWith('x-')) {
      const near = nearest(key.text, known)
      report(
        faultAt(
          key,
          `unknown key ${quoteText(key.text)}${near === undefined ? `: expected ${known.join(', ')}` : ` (did you mean '${near}'?)`}`,
        ),
      )
      // Taken for what it was meant to be, so that its value's own faults are told too, and not that it is missing.
      if (near !== undefined && !values.has(near)) values.set(near, value)
    }
  }
  return values
}

/** The pairs, each key once; a key that stands twice is told. */
export function pairsOf(
  node: MapNode,
  expected: string,
  report: Report,
  fold = (text: string) => text,
): readonly Pair[] {
  if (node.kind !== 'pairs') {
    if (node.kind !== 'broken') report(faultAt(node, `expected ${expected}, found ${describe(node)}`))
    return []
  }
  return uniquePairs(node, report, fold)
}

function uniquePairs(node: PairsNode, report: Report, fold: (text: string) => string): readonly Pair[] {
  const seen = new Set<string>()
  return node.pairs.filter(({ key }) => {
    const folded = fold(key.text)
    if (!seen.has(folded)) return Boolean(seen.add(folded))
    report(faultAt(key, `the key '${key.text}' stands twice`))
    return false
  })
}

/** The scalar, or undefined after telling what was expected. */
export function scalarOf(node: MapNode, expected: string, report: Report): ScalarNode | undefined {
  if (node.kind === 'scalar') return node
  if (node.kind !== 'broken') report(faultAt(node, `expected ${expected}, found ${describe(node)}`))
  return undefined
}

const describe = (node: MapNode) =>
  node.kind === 'pairs'
    ? 'a map'
    : node.kind === 'list'
      ? 'a list'
      : node.kind === 'scalar' && node.text !== ''
        ? 'a text'
        : 'nothing'

/** True where the document says nothing: `rules:` without a value. */
export const isEmpty = (node: MapNode) => node.kind === 'scalar' && node.text === ''
