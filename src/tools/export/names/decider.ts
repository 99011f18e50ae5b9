import { isSplitDnsError, type Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import { CompiledTable } from '../../../map/match/compiled-table.js'
import { RuleTable } from '../../../map/match/rule-table.js'
import { faultAt } from '../../../map/document/node.js'
import type { Pattern } from '../../../map/rule/pattern.js'
import type { Decision, RuleName } from '../../../map/types.js'
import { commandLine, type ExportRequest } from '../format.js'

/** What the map makes of a host, and the rule that says so: undefined where none matches. */
export interface Decided {
  readonly decision: Decision
  readonly placed: PlacedRule | undefined
}

/** Decides as a client with the map would; in words where the rule that matches gives no usable target. */
export type Decide = (host: string, port: number | undefined) => Decided | string

/** Decides by the very rules that are written. */
export function createDecide({ rules, read }: ExportRequest): Decide {
  const table = new CompiledTable(RuleTable.of(rules.map(({ rule }) => rule)), read.settings.unmapped)
  const placed = new Map<RuleName, PlacedRule>(rules.map(one => [one.rule.name, one]))
  return (host, port) => {
    try {
      const decision = table.decide(host, port)
      const { rule } = decision.route
      return { decision, placed: rule === null ? undefined : placed.get(rule) }
    } catch (error) {
      if (isSplitDnsError(error)) return error.message
      throw error
    }
  }
}

/** The fault that a host's rule gives it no usable target, at the rule where it is known. */
export const undecided = (reason: string, placed: PlacedRule | undefined): Fault =>
  placed === undefined ? { message: reason, origin: commandLine } : faultAt(placed.node, reason)

/** The one name or address that the pattern is for; undefined where it is for more. */
export function exactHost({ kind, labels, isWildcard }: Pattern): string | undefined {
  if (isWildcard) return undefined
  const texts = labels.filter(label => typeof label === 'string')
  if (texts.length < labels.length) return undefined
  return kind === 'ipv6' ? texts[0] : texts.toReversed().join('.')
}
