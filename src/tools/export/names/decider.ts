import { isSplitDnsError, type Fault } from '../../../errors.js'
import type { PlacedRule } from '../../../map/compile.js'
import { CompiledTable } from '../../../map/match/compiled-table.js'
import { faultAt } from '../../../map/document/node.js'
import { describeRule } from '../../../map/match/rule.js'
import type { Pattern } from '../../../map/rule/pattern.js'
import type { Decision, RuleName } from '../../../map/types.js'
import { commandLine, type ExportRequest } from '../format.js'

/** The map's decision for a host, and the rule that made it; undefined where none matches. */
export interface Decided {
  readonly decision: Decision
  readonly placed: PlacedRule | undefined
}

/** Decides as a client with the map does; a text, the reason, where the matching rule has no usable target. */
export type Decide = (host: string, port: number | undefined) => Decided | string

/** A decider by the rules in the request. */
export function createDecider({ rules, table, read }: ExportRequest): Decide {
  const map = new CompiledTable(table, read.settings.unmapped)
  const placed = new Map<RuleName, PlacedRule>(rules.map(one => [one.rule.name, one]))
  return (host, port) => {
    try {
      const decision = map.decide(host, port)
      const { rule } = decision.route
      return { decision, placed: rule === null ? undefined : placed.get(rule) }
    } catch (error) {
      if (isSplitDnsError(error)) return error.message
      throw error
    }
  }
}

/** The rules that decide for names on the command line: for their patterns a list of names is complete enough. */
export function rulesOfNames({ names, flags }: ExportRequest, decide: Decide): ReadonlySet<PlacedRule> {
  const decided = names.map(({ host, port = flags.port }) => decide(host, port))
  return new Set(decided.flatMap(found => (typeof found === 'string' ? [] : (found.placed ?? []))))
}

/** The warning where only some names of a pattern are in the list. */
export const onlyNames = ({ rule }: PlacedRule): string =>
  `rule ${describeRule(rule.name)}: only its names on the command line are written`

/** The fault for a host without a usable target, at its rule where that is known. */
export const undecided = (reason: string, placed: PlacedRule | undefined): Fault =>
  placed === undefined ? { message: reason, origin: commandLine } : faultAt(placed.node, reason)

/** The one name or address that the pattern matches; undefined where it matches more. */
export function exactHost({ parts: [only, ...others], isWildcard }: Pattern): string | undefined {
  return typeof only === 'string' && others.length === 0 && !isWildcard ? only : undefined
}
