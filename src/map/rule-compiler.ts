import type { Expanded } from './document/node.js'
import { expand, type ExpansionScope } from './document/expansion.js'
import { Malformed } from './rule/malformed.js'
import { defined } from './document/read-node.js'
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
    return defined(
      rule.match.map(node => {
        const prefix = () => `pattern ${quoteText(node.text)}`
        const source = expand(node, this.#scope, report, prefix)
        if (source === undefined) return undefined
        const pattern = attempt(() => parsePattern(source, this.#labels), node, source, prefix, report)
        return pattern && { node, pattern, name: ruleName(rule, node, source.written) }
      }),
    )
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
    let alone: Exclude<Action, 'map'> | undefined
    const targets = defined(
      rule.targets.map(({ zone, target: node }) => {
        const template = this.#readTarget(rule, node, report)
        if (typeof template === 'object') return { zone: zone?.text ?? null, node, template }
        if (rule.form === 'one') alone = template
        else if (template !== undefined)
          report(() => faultAt(node, `'${template}' must be the only target, not in a list or by zone`))
        return undefined
      }),
    )
    if (alone !== undefined) return { action: alone }
    if (targets.length === 0 || targets.length < rule.targets.length) return undefined
    return { action: 'map', targets: rule.form === 'zones' ? this.#orderByZone(rule, targets) : targets }
  }

  #readTarget(rule: RuleNode, target: ScalarNode, report: Report): TargetTemplate | 'system' | 'refuse' | undefined {
    const prefix = () => targetPrefix(rule, target)
    const source = expand(target, this.#scope, report, prefix)
    return source && attempt(() => parseTarget(source), target, source, prefix, report)
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

  #bind(targets: readonly ZonedTemplate[], pattern: Pattern, rule: RuleNode, report: Report): readonly BoundTarget[] {
    const bound = targets.map(({ zone, node, template }) => {
      const bind = () => bindTarget(template, zone, pattern, this.#scope.tables)
      return attempt(bind, node, template.source, () => targetPrefix(rule, node), report)
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

const targetPrefix = (rule: RuleNode, target: ScalarNode) =>
  `rule ${quoteText(rule.match[0]?.text ?? '')}: target ${quoteText(target.text)}`

function attempt<T>(
  parse: () => T,
  node: ScalarNode,
  source: Expanded,
  prefix: () => string,
  report: Report,
): T | undefined {
  try {
    return parse()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    report(() => faultAt(node, `${prefix()}: ${error.describe()}`, source.writtenIndex(error.index)))
    return undefined
  }
}
