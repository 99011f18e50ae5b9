import type { HostPart as TargetPart, HostRead } from '../../../map/rule/host-template.js'
import type { Table } from '../../../map/types.js'
import { hostExpression, isHostOf, joined, type HostPart, type HostPattern } from './host-pattern.js'
import { Inexpressible } from './target-name.js'

/** A target, as parts. */
export type TargetTemplate = readonly TargetPart[]

/** Hosts that read certain keys of tables, and their target: no table is left to read. */
export interface Bound {
  readonly pattern: HostPattern
  readonly target: HostPattern
}

type From = HostRead['from']
type Keys = ReadonlyMap<From, string>

// Each becomes one to three lines of the output; no map that is written by hand has more.
const mostBound = 10_000

/**
 * The target for each combination of keys in its tables; `also` are the rule's other targets, whose tables must have the
 * keys too. Throws `Inexpressible` where there are too many.
 */
export function bindKeys(
  pattern: HostPattern,
  target: TargetTemplate,
  also: readonly TargetTemplate[],
): readonly Bound[] {
  const tables = new Map<From, Table[]>()
  for (const part of [target, ...also].flat()) {
    if (typeof part !== 'string' && part.table !== null)
      tables.set(part.from, [...(tables.get(part.from) ?? []), part.table])
  }
  let combinations: Keys[] = [new Map()]
  for (const [from, used] of tables) {
    const keys = commonKeys(used).filter(key => fits(pattern, from, key))
    if (keys.length * combinations.length > mostBound) throw new Inexpressible('its tables have too many keys')
    combinations = combinations.flatMap(known => keys.map(key => new Map([...known, [from, key]])))
  }
  return combinations.flatMap(keys => {
    const bound = bindPattern(pattern, keys)
    return bound === undefined ? [] : [{ pattern: bound.pattern, target: bindTarget(pattern, target, bound.keys) }]
  })
}

function commonKeys([first, ...others]: readonly Table[]): readonly string[] {
  return [...(first?.values.keys() ?? [])].filter(key => others.every(({ values }) => values.has(key)))
}

function fits(pattern: HostPattern, from: From, key: string): boolean {
  return readPart(pattern, from).length > 0 && isHostOf(readPart(pattern, from), key)
}

/** The pattern with the keys filled in, and all keys known then; undefined where no host has these keys. */
function bindPattern(pattern: HostPattern, keys: Keys): { pattern: HostPattern; keys: Keys } | undefined {
  const bound = joined(pattern.map(part => bindPart(part, keys)))
  const host = keys.get('host')
  if (host === undefined) return { pattern: bound, keys }
  const read = hostExpression(bound).exec(host)
  if (read === null) return undefined
  const all = new Map(keys)
  bound
    .filter(part => part.kind !== 'literal')
    .forEach((part, index) => all.set(part.kind === 'star' ? '*' : part.number, read[index + 1] ?? ''))
  return { pattern: [{ kind: 'literal', text: host }], keys: all }
}

function bindPart(part: HostPart, keys: Keys): HostPart {
  const key = part.kind === 'literal' ? undefined : keys.get(part.kind === 'star' ? '*' : part.number)
  return key === undefined ? part : { kind: 'literal', text: key }
}

function bindTarget(pattern: HostPattern, target: TargetTemplate, keys: Keys): HostPattern {
  return joined(
    target.flatMap((part): readonly HostPart[] => {
      if (typeof part === 'string') return [{ kind: 'literal', text: part }]
      const key = keys.get(part.from)
      if (part.table !== null) return [{ kind: 'literal', text: part.table.values.get(key ?? '') ?? '' }]
      return readPart(pattern, part.from).map(read => bindPart(read, keys))
    }),
  )
}

function readPart(pattern: HostPattern, from: From): HostPattern {
  if (from === 'host') return pattern
  return pattern.filter(part => (from === '*' ? part.kind === 'star' : part.kind === 'capture' && part.number === from))
}
