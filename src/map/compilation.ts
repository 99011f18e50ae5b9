import type { Fault } from '../errors.js'
import type { SplitDnsMap } from './map-types.js'
import { faultAt, type MapNode, type Report } from './document/node.js'
import { didYouMean } from '../text/nearest.js'
import { objectNodes } from './document/object-nodes.js'
import { readOneLine } from './document/one-line.js'
import { readDocument, type MapDocument, type ProfileNode, type RuleNode } from './document/read-document.js'
import type { TableNode } from './document/read-tables.js'
import { RuleCompiler, type PatternRule, type ReadPattern, type RuleScope } from './rule-compiler.js'
import { SourceText } from './document/source-text.js'
import type { Table } from './tables.js'
import type { Unmapped } from './types.js'
import { readYaml } from './document/yaml.js'
import { zoneSeed } from './rule/zones.js'

/** Where rules come from. Either `text` or `map` is set. */
export interface MapSource {
  readonly kind: 'inline' | 'file' | 'url'
  /** How faults and routes call it: a path, a URL without credentials, a variable's or an option's name. */
  readonly origin: string
  readonly text?: string
  /** Of `text`; left out: `inline` for the kind `inline`, else `yaml`. */
  readonly format?: 'yaml' | 'inline'
  readonly map?: SplitDnsMap
}

/** What a map is compiled for. */
export interface CompileSettings {
  /** The profiles that are in force here. */
  readonly profiles: readonly string[]
  /** What named them, for faults. */
  readonly profilesOrigin: string
  readonly zone: string | undefined
  readonly unmapped: Unmapped
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads the service account's namespace file; asked only where `${NAMESPACE}` has no variable. */
  readonly readNamespace: () => string | undefined
  /** From 0 up to 1, drawn once a compilation; left out: the order of zones stays the same for the whole process. */
  readonly random?: () => number
  /** Told once of each key that a table lacks, when a host is asked. Must not throw. */
  readonly warn?: (fault: Fault) => void
  /** True: another source is still to come, and the profiles and tables that it may bring are no faults. */
  readonly isPartial?: boolean
  /** True: all warnings about profiles that nobody chose, else one for each such profile. */
  readonly thorough?: boolean
}

/** A rule in force, with its place. */
export interface PlacedRule extends PatternRule {
  readonly node: MapNode
  readonly source: number
}

/** All that compiling has found out. `rules` is complete only where there is no fault. */
export interface Compilation {
  readonly rules: readonly PlacedRule[]
  readonly documents: readonly MapDocument[]
  readonly tables: ReadonlyMap<string, TableNode>
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** Patterns that a nearer source has as well: the nearer rule is in force. */
  readonly overridden: readonly Fault[]
}

interface Place {
  readonly source: number
  readonly node: MapNode
}

/** Compiles the sources, the nearest first. Never throws for what they hold. */
export function compileSources(sources: readonly MapSource[], settings: CompileSettings): Compilation {
  const faults: Fault[][] = sources.map(() => [])
  const reportTo =
    (source: number): Report =>
    fault =>
      faults[source]?.push(fault)
  const documents = sources.map((source, index) => readDocument(readNodes(source, reportTo(index)), reportTo(index)))
  return new Compiler(sources, settings, documents, faults).run()
}

/** The source's document, as nodes. */
export function readNodes(source: MapSource, report: Report): MapNode {
  if (source.map !== undefined) return objectNodes(source.map, source.origin, report)
  const format = source.format ?? (source.kind === 'inline' ? 'inline' : 'yaml')
  const isOneLine = source.kind === 'inline' || format === 'inline'
  const text = new SourceText(source.origin, (source.text ?? '').replace(/^\ufeff/, ''), isOneLine)
  return format === 'yaml' ? readYaml(text, report) : readOneLine(text, report)
}

class Compiler {
  readonly #settings: CompileSettings
  readonly #documents: readonly MapDocument[]
  readonly #faults: Fault[][]
  readonly #compilers: readonly RuleCompiler[]
  readonly #tables = new Map<string, TableNode>()
  readonly #taken = new Map<string, Place>()
  readonly #rules: PlacedRule[] = []
  readonly #warnings: Fault[] = []
  readonly #overridden: Fault[] = []

  constructor(
    sources: readonly MapSource[],
    settings: CompileSettings,
    documents: readonly MapDocument[],
    faults: Fault[][],
  ) {
    this.#settings = settings
    this.#documents = documents
    this.#faults = faults
    for (const document of documents) {
      for (const [name, table] of document.tables) if (!this.#tables.has(name)) this.#tables.set(name, table)
    }
    const { env, readNamespace, zone, random, isPartial } = settings
    const tables = isPartial === true ? new TablesToCome(this.#tables) : this.#tables
    const seed = zoneSeed(random)
    this.#compilers = sources.map(({ kind }) => {
      const scope: RuleScope = {
        env,
        readNamespace,
        isRemote: kind === 'url',
        tables,
        zone,
        zoneSeed: seed,
      }
      return new RuleCompiler(scope, fault => this.#warnings.push(fault))
    })
  }

  run(): Compilation {
    const chosen = new Set(this.#settings.profiles)
    const seen = new Set<string>()
    this.#documents.forEach((document, source) => {
      this.#addRules(document.rules, source)
      for (const [name, profile] of document.profiles) {
        const isInForce = chosen.has(name) && !seen.has(name)
        seen.add(name)
        if (!isInForce) this.#checkUnchosen(profile, source)
        else {
          this.#faults[source]?.push(...profile.faults)
          this.#addRules(profile.rules, source)
        }
      }
    })
    const faults = [...this.#faults.flatMap(inOrder), ...this.#unknownProfiles(seen)]
    const [rules, documents, tables] = [this.#rules, this.#documents, this.#tables]
    return { rules, documents, tables, faults, warnings: this.#warnings, overridden: this.#overridden }
  }

  #addRules(rules: readonly RuleNode[], source: number): void {
    const report: Report = fault => this.#faults[source]?.push(fault)
    const compiler = this.#compilers[source]
    if (compiler === undefined) return
    for (const rule of rules) {
      const patterns = compiler.readPatterns(rule, report)
      const outcomes = patterns.map(pattern => this.#take(pattern, source, report))
      const inForce = patterns.filter((_, index) => outcomes[index] !== 'overridden')
      // What a nearer source has taken the place of stops nobody.
      const isOverridden = inForce.length === 0 && patterns.length > 0 && patterns.length === rule.match.length
      const compiled = compiler.compile(
        rule,
        inForce,
        this.#rules.length,
        isOverridden ? fault => this.#warnings.push(fault) : report,
      )
      for (const one of compiled) this.#rules.push({ ...one, node: rule.node, source })
    }
  }

  /** Sees to it that a pattern and port stand once: twice in one source is a fault, the nearer source's wins. */
  #take({ node, source: text, pattern }: ReadPattern, source: number, report: Report): 'new' | 'twice' | 'overridden' {
    const earlier = this.#taken.get(pattern.key)
    if (earlier === undefined) {
      this.#taken.set(pattern.key, { source, node })
      return 'new'
    }
    const first = faultAt(earlier.node, '')
    const place = first.line === undefined ? first.message.replace(/: $/, '') : `line ${first.line}`
    if (earlier.source === source) {
      report(faultAt(node, `pattern '${text.written}' stands twice: the first is at ${place}`))
      return 'twice'
    }
    this.#overridden.push(faultAt(node, `pattern '${text.written}' is overridden by ${first.origin}, ${place}`))
    return 'overridden'
  }

  // Rules of profiles that are not in force here are read all the same, so that their faults are known.
  #checkUnchosen(profile: ProfileNode, source: number): void {
    const found: Fault[] = [...profile.faults]
    const report: Report = fault => found.push(fault)
    const compiler = this.#compilers[source]
    const seen = new Set<string>()
    for (const rule of profile.rules) {
      const patterns = compiler?.readPatterns(rule, report) ?? []
      for (const { node, source: text, pattern } of patterns) {
        if (seen.has(pattern.key)) report(faultAt(node, `pattern '${text.written}' stands twice in the profile`))
        seen.add(pattern.key)
      }
      compiler?.compile(rule, patterns, 0, report)
    }
    const [first] = found
    if (first === undefined) return
    const prefix = `profile '${profile.name.text}', not in force here: `
    if (this.#settings.thorough === true) {
      for (const fault of inOrder(found)) this.#warnings.push({ ...fault, message: prefix + fault.message })
    } else {
      const more = found.length === 1 ? '' : ` (and ${found.length - 1} more)`
      this.#warnings.push({ ...first, message: prefix + first.message + more })
    }
  }

  #unknownProfiles(known: ReadonlySet<string>): readonly Fault[] {
    if (this.#settings.isPartial === true) return []
    const unknown = [...new Set(this.#settings.profiles)].filter(name => !known.has(name))
    return unknown.map(name => {
      const all = known.size === 0 ? 'the map has none' : `expected one of ${[...known].slice(0, 20).join(', ')}`
      const message = `no profile '${name}' in the map${didYouMean(name, known)}: ${all}`
      return { message, origin: this.#settings.profilesOrigin }
    })
  }
}

/** Every table: one that isn't here yet is taken for an empty one. */
class TablesToCome extends Map<string, Table> {
  override get(name: string): Table {
    return super.get(name) ?? { name, values: new Map() }
  }
}

/** The faults by line and column; those without keep their order, before the others. */
export function inOrder(faults: readonly Fault[]): readonly Fault[] {
  return faults.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}
