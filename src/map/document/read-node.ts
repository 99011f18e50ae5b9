import { nearest } from '../../text/nearest.js'
import { quoteText } from '../../text/quote-text.js'
import { faultAt, type MapNode, type Pair, type Report, type ScalarNode } from './node.js'

/**
 * The values of the known keys, in their order. `x-` keys are ignored; an unknown key is reported with the nearest known
 * one.
 */
export function readKeys(
  node: MapNode,
  known: readonly string[],
  expected: string,
  report: Report,
): readonly (MapNode | undefined)[] {
  const values: (MapNode | undefined)[] = known.map(() => undefined)
  if (isEmpty(node)) return values
  if (node.kind !== 'pairs') {
    if (node.kind !== 'broken') report(() => faultAt(node, `expected ${expected}, found ${describe(node)}`))
    return values
  }
  const unknown: Pair[] = []
  for (const pair of node.pairs) {
    const index = known.indexOf(pair.key.text)
    if (index < 0) unknown.push(pair)
    else if (values[index] === undefined) values[index] = pair.value
    else report(() => twice(pair.key))
  }
  if (unknown.length > 0) readUnknownKeys(unknown, known, values, report)
  return values
}

function readUnknownKeys(
  pairs: readonly Pair[],
  known: readonly string[],
  values: (MapNode | undefined)[],
  report: Report,
): void {
  for (const { key, value } of uniquePairs(pairs, report, text => text)) {
    if (key.text.startsWith('x-')) continue
    if (key.text === '<<') {
      report(() => faultAt(key, `merge keys ('<<') are not read: write the keys out, or use an alias`))
      continue
    }
    const near = nearest(key.text, known)
    const hint = near === undefined ? `: expected ${known.join(', ')}` : ` (did you mean '${near}'?)`
    report(() => faultAt(key, `unknown key ${quoteText(key.text)}${hint}`))
    // Read as the key that it was meant to be: its value's own faults are reported too, and not that the key is missing.
    if (near !== undefined) values[known.indexOf(near)] ??= value
  }
}

/** The pairs, each key once; a key that appears twice is reported. */
export function pairsOf(
  node: MapNode,
  expected: string,
  report: Report,
  fold = (text: string) => text,
): readonly Pair[] {
  if (node.kind !== 'pairs') {
    if (node.kind !== 'broken') report(() => faultAt(node, `expected ${expected}, found ${describe(node)}`))
    return []
  }
  return uniquePairs(node.pairs, report, fold)
}

function uniquePairs(pairs: readonly Pair[], report: Report, fold: (text: string) => string): readonly Pair[] {
  const seen = new Set<string>()
  return pairs.filter(({ key }) => {
    const folded = fold(key.text)
    const isNew = !seen.has(folded)
    seen.add(folded)
    if (!isNew) report(() => twice(key))
    return isNew
  })
}

const twice = (key: ScalarNode) => faultAt(key, `the key ${quoteText(key.text)} appears twice`)

/** The list without what is undefined; mostly the list itself, as a filter's copy takes 150 bytes. */
export function defined<T>(list: readonly (T | undefined)[]): readonly T[] {
  return list.every(item => item !== undefined) ? list : list.filter(item => item !== undefined)
}

/** The scalar; undefined, with a report of what was expected, if the node is another. */
export function scalarOf(node: MapNode, expected: string, report: Report): ScalarNode | undefined {
  if (node.kind === 'scalar') return node
  if (node.kind !== 'broken') report(() => faultAt(node, `expected ${expected}, found ${describe(node)}`))
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

/** True for a key without a value, as in `rules:`. */
export const isEmpty = (node: MapNode) => node.kind === 'scalar' && node.text === ''
