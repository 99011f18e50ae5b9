import type { Expanded } from './document/node.js'
import { expand, type ExpansionScope } from './document/expansion.js'
import { Malformed } from './rule/malformed.js'
import { faultAt, type MapNode, type Report, type ScalarNode } from './document/node.js'
import { parsePattern, type KnownLabels, type Pattern } from './rule/pattern.js'
import { quoteText } from '../text/quote-text.js'
import type { RuleNode } from './document/read-document.js'
import type { CompiledRule } from './match/rule.js'
import { SettingsReader } from './rule/rule-settings.js'
import { bindTarget, parseTarget, type BoundTarget, type TargetTemplate } from './rule/target.js'
import type { Action, RuleName, Table } from './types.js'
import { orderByZone } from './rule/zones.js'

/** What rules are compiled with. */
export interface RuleScope extends ExpansionScope {
  readonly tables: ReadonlyMap<string, Table>
  readonly zone: string | undefined
  readonly zoneSeed: number
}

/** One of a rule's patterns, read. */
export interface ReadPattern {
  readonly node: ScalarNode
  readonly pattern: Pattern
  readonly name: RuleName
}

/** A target with its zone, its names not yet found. */
interface ZonedTemplate {
  readonly zone: string | null
  readonly node: ScalarNode
  readonly template: TargetTemplate
}

interface RuleTargets {
  readonly action: Action
  /** Left out where the action is not `map`. */
  readonly targets?: readonly ZonedTemplate[]
}

/** Compiles the rules of one source. Faults are reported, and what has one is left out. */
export class RuleCompiler {
  readonly #scope: RuleScope
  readonly #warn: Report
  readonly #settings = new SettingsReader()
  readonly #labels: KnownLabels = new Map()

  /** `warn` takes faults that leave the rules usable. */
  constructor(scope: RuleScope, warn: Report) {
    this.#scope = scope
    this.#warn = warn
  }

  /** The rule's patterns that can be read. */
  readPatterns(rule: RuleNode, report: Report): readonly ReadPattern[] {
    const patterns: ReadPattern[] = []
    for (const node of rule.match) {
      const source = expand(node, this.#scope, report, patternPrefix)
      if (source === undefined) continue
      try {
        const pattern = parsePattern(source, this.#labels)
        patterns.push({ node, pattern, name: ruleName(rule, node, source.written) })
      } catch (error) {
        reportMalformed(error, node, source, patternPrefix, report)
      }
    }
    return patterns
  }

  /** The rule, compiled for each of the patterns; `firstOrder` is the order of the first. */
  compile(
    rule: RuleNode,
    patterns: readonly ReadPattern[],
    firstOrder: number,
    report: Report,
  ): readonly CompiledRule[] {
    const settings = this.#settings.read(rule, report)
    // With a fault in its targets the rule still has its patterns, so that no other rule gets them.
    const { action, targets = [] } = this.#readTargets(rule, report) ?? { action: 'map' }
    return patterns.map(({ pattern, name }, index) => ({
      name,
      pattern,
      order: firstOrder + index,
      action,
      settings,
      targets: this.#bind(targets, pattern, rule, report),
    }))
  }

  #readTargets(rule: RuleNode, report: Report): RuleTargets | undefined {
    const prefix = targetPrefix(rule)
    const targets: ZonedTemplate[] = []
    for (const { zone, target: node } of rule.targets) {
      const template = this.#readTarget(node, prefix, report)
      if (typeof template === 'object') targets.push({ zone: zone?.text ?? null, node, template })
      else if (template !== undefined && rule.form === 'one') return { action: template }
      else if (template !== undefined)
        report(() => faultAt(node, `'${template}' must be the only target, not in a list or by zone`))
    }
    if (targets.length === 0 || targets.length < rule.targets.length) return undefined
    return { action: 'map', targets: rule.form === 'zones' ? this.#orderByZone(rule, targets) : targets }
  }

  #readTarget(node: ScalarNode, prefix: Prefix, report: Report): TargetTemplate | 'system' | 'refuse' | undefined {
    const source = expand(node, this.#scope, report, prefix)
    if (source === undefined) return undefined
    try {
      return parseTarget(source)
    } catch (error) {
      reportMalformed(error, node, source, prefix, report)
      return undefined
    }
  }

  #orderByZone(rule: RuleNode, targets: readonly ZonedTemplate[]): readonly ZonedTemplate[] {
    const { zone, zoneSeed } = this.#scope
    const zones = [...new Set(targets.map(target => target.zone ?? ''))]
    if (zone !== undefined && !zones.some(known => known.toLowerCase() === zone.toLowerCase())) {
      const node: MapNode = rule.targets[0]?.zone ?? rule.node
      this.#warn(() => {
        const known = zones.map(name => quoteText(name)).join(', ')
        const what = `rule ${quoteText(rule.match[0]?.text ?? '')}`
        const advice = 'its targets are tried in a shuffled order'
        return faultAt(node, `${what} knows no zone ${quoteText(zone)}, only ${known}: ${advice}`)
      })
    }
    return orderByZone(targets, zone, zoneSeed)
  }

  /** The targets for the pattern; none where one of them has a fault. */
  #bind(targets: readonly ZonedTemplate[], pattern: Pattern, rule: RuleNode, report: Report): readonly BoundTarget[] {
    const bound = targets.map(({ zone, node, template }) => {
      try {
        return bindTarget(template, zone, pattern, this.#scope.tables)
      } catch (error) {
        reportMalformed(error, node, template.source, targetPrefix(rule), report)
        return undefined
      }
    })
    return bound.every(target => target !== undefined) ? bound : []
  }
}

function ruleName({ index, profile }: RuleNode, node: ScalarNode, match: string): RuleName {
  const { origin } = node.source
  const number = `rule ${index + 1}`
  const place = node.source.place(node, profile === null ? number : `profile '${profile}' ${number}`)
  return Object.freeze(profile === null ? { match, index, origin, place } : { match, index, origin, profile, place })
}

/** What comes before the message of a fault in the text. */
type Prefix = (node: ScalarNode) => string

const patternPrefix: Prefix = ({ text }) => `pattern ${quoteText(text)}`

const targetPrefix =
  ({ match }: RuleNode): Prefix =>
  ({ text }) =>
    `rule ${quoteText(match[0]?.text ?? '')}: target ${quoteText(text)}`

/** Throws the error again if it is not the text's. */
function reportMalformed(
  error: unknown,
  node: ScalarNode,
  source: Expanded,
  prefix: Prefix,
  report: Report,
): undefined {
  if (!(error instanceof Malformed)) throw error
  report(() => faultAt(node, `${prefix(node)}: ${error.describe()}`, source.writtenIndex(error.index)))
}
