import { matchesRun, type CaptureType } from '../../map/rule/label-pattern.js'
import type { Pattern } from '../../map/rule/pattern.js'
import type { RuleNode } from '../../map/document/read-document.js'
import type { Table } from '../../map/types.js'

/** A target's `{table[capture]}`, both in lower case. */
export interface TableRead {
  readonly table: string
  /** A capture's name, `host` or `*`. */
  readonly capture: string
}

/** Every look-up in a table that the rule's targets make. */
export function tableReads(rule: RuleNode | undefined): readonly TableRead[] {
  const texts = rule?.targets.map(({ target }) => target.expanded?.text ?? target.text) ?? []
  return texts.flatMap(text =>
    [...text.toLowerCase().matchAll(/\{\s*([a-z_][\w-]*)\s*\[\s*(\*|[a-z_]\w*)\s*\]\s*\}/g)].map(
      ([, table = '', capture = '']) => ({ table, capture }),
    ),
  )
}

const values: Readonly<Record<CaptureType, string>> = { int: '1', word: 'a1', any: 'a1' }

/** A host that the pattern matches; its captures read keys of the tables that they are looked up in. */
export function sampleHost(pattern: Pattern, reads: readonly TableRead[], tables: ReadonlyMap<string, Table>): string {
  const keyFor = (capture: string, isFit: (key: string) => boolean) => {
    const read = reads.find(read => read.capture === capture)
    return read && [...(tables.get(read.table)?.values.keys() ?? [])].find(isFit)
  }
  const captures = pattern.captures.map(({ name, type }) => {
    const isFit = (key: string) => matchesRun(type, key, 0, key.length)
    return keyFor(name.toLowerCase(), isFit) ?? (pattern.kind === 'ipv4' ? '1' : values[type])
  })
  const parts = pattern.parts.toReversed().map(part => {
    if (typeof part === 'string') return part
    return part.shape.replace(/\{[^}]*\}/g, () => captures.shift() ?? 'a1')
  })
  return (pattern.isWildcard ? [keyFor('*', () => true) ?? 'a1', ...parts] : parts).join('.')
}
