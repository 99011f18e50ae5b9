import { isNamePart, toAsciiName } from '../host-name.js'
import { faultAt, type MapNode, type Report, type ScalarNode } from './node.js'
import { pairsOf, scalarOf } from './read-node.js'
import type { Table } from '../types.js'

/** A table and where its name stands. */
export interface TableNode extends Table {
  readonly node: ScalarNode
}

const lower = (text: string) => text.toLowerCase()

/** The tables by their names in lower case. */
export function readTables(node: MapNode | undefined, report: Report): ReadonlyMap<string, TableNode> {
  const tables = new Map<string, TableNode>()
  if (node === undefined || (node.kind === 'scalar' && node.text === '')) return tables
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
