import { ConfigError, type Fault } from '../errors.js'
import { didYouMean } from '../text/nearest.js'
import { quoteText } from '../text/quote-text.js'
import { visibleText } from '../text/visible-text.js'
import { faultAt, type MapNode, type Report } from './document/node.js'
import { guessFormat } from './document/one-line.js'
import { objectNodes } from './document/object-nodes.js'
import { readOneLine } from './document/one-line.js'
import { readDocument, readRules, type MapDocument, type RuleList, type RuleNode } from './document/read-document.js'
import type { TableNode } from './document/read-document.js'
import { SourceText } from './document/source-text.js'
import { readYaml } from './document/yaml.js'
import { FaultList } from './fault-list.js'
import { CompiledTable } from './match/compiled-table.js'
import { ruleFor, RuleTable } from './match/rule-table.js'
import type { CompiledRule } from './match/rule.js'
import { patternKey, type Pattern } from './rule/pattern.js'
import { zoneSeed } from './rule/zones.js'
import { RuleCompiler, type ReadPattern, type RuleScope } from './rule-compiler.js'
import { runAtOnce, runInSlices } from './steps.js'
import type { SplitDnsMap, Table, Unmapped } from './types.js'

/** Where rules come from. Either `text` or `map` is set. */
export interface MapSource {
  readonly kind: 'inline' | 'file' | 'url'
  /** Its name in faults and routes: a path, a URL without credentials, a variable or an option. */
  readonly origin: string
  readonly text?: string
  /** Of `text`. Default: `inline` for the kind `inline`, else `yaml`. */
  readonly format?: 'yaml' | 'inline'
  readonly map?: SplitDnsMap
}

/** What a map is compiled for. */
export interface CompileSettings {
  /** The profiles that are chosen here. */
  readonly profiles: readonly string[]
  /** The variable or option that chose them, for faults. */
  readonly profilesOrigin: string
  readonly zone: string | undefined
  readonly unmapped: Unmapped
  readonly env: Readonly<Record<string, string | undefined>>
  /** Reads the service account's namespace file; called only if `${NAMESPACE}` has no variable. */
  readonly readNamespace: () => string | undefined
  /** From 0 up to 1, called once a compilation. Default: the order of zones stays the same for the whole process. */
  readonly random?: () => number
  /** Called once for each key that a table lacks, when a host needs it. Must not throw. */
  readonly warn?: (fault: Fault) => void
  /** True: another source is still to be read; the profiles and tables that it may bring are no faults. */
  readonly isPartial?: boolean
  /** True: every fault of profiles that are not chosen is a warning; else one warning for each such profile. */
  readonly thorough?: boolean
}

/** A rule in force, with its place. */
export interface PlacedRule {
  readonly pattern: Pattern
  readonly rule: CompiledRule
  readonly node: MapNode
  readonly source: number
}

/** What compiling gives. `rules` and `table` are complete only if there is no fault. */
export interface Compilation {
  readonly rules: readonly PlacedRule[]
  /** The same rules, by their patterns. */
  readonly table: RuleTable
  readonly documents: readonly MapDocument[]
  readonly tables: ReadonlyMap<string, TableNode>
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** Patterns that a nearer source has as well, whose rule is in force. */
  readonly overridden: readonly Fault[]
}

export interface CompiledSources {
  readonly map: CompiledTable
  readonly warnings: readonly Fault[]
}

/**
 * The sources' rules as one table, the nearest source first. Throws ConfigError with every fault of all sources; a fault
 * of rules that are not in force here is a warning. Pure but for `readNamespace`.
 */
export function compileMap(sources: readonly MapSource[], settings: CompileSettings): CompiledSources {
  return toTable(sources, compileSources(sources, settings), settings)
}

/** The same as compileMap, in slices of some milliseconds with the event loop free in between. */
export async function compileMapInSlices(
  sources: readonly MapSource[],
  settings: CompileSettings,
): Promise<CompiledSources> {
  return toTable(sources, await runInSlices(new Compiler(sources, settings).steps()), settings)
}

function toTable(
  sources: readonly MapSource[],
  compilation: Compilation,
  { unmapped, warn, profiles, isPartial }: CompileSettings,
): CompiledSources {
  const { table, documents, faults, warnings } = compilation
  if (faults.length > 0) throw new ConfigError(faults)
  const names = new Set(documents.flatMap(document => [...document.profiles.keys()]))
  const notes = { profiles: [...names] }
  // Without a source nobody expects a rule.
  if (table.size > 0 || sources.length === 0 || isPartial === true) {
    return { map: new CompiledTable(table, unmapped, warn, notes), warnings }
  }
  const reason = describeNoRules(
    sources.map(({ origin }) => origin),
    notes.profiles,
    profiles,
  )
  const warning: Fault = { message: reason, origin: 'no rule is in force' }
  return {
    map: new CompiledTable(table, unmapped, warn, { ...notes, whyNoRules: reason }),
    warnings: [...warnings, warning],
  }
}

/** Compiles the sources, the nearest first. Throws for none of their faults. */
export function compileSources(sources: readonly MapSource[], settings: CompileSettings): Compilation {
  return runAtOnce(new Compiler(sources, settings).steps())
}

// Far above any map's need. A longer text is not parsed.
const maxTextLength = 1024 * 1024

/** The source's document, as nodes. */
export function* readNodes(source: MapSource, report: Report): Generator<undefined, MapNode> {
  if (source.map !== undefined) return objectNodes(source.map, source.origin, report)
  const format = source.format ?? (source.kind === 'inline' ? 'inline' : 'yaml')
  const isOneLine = source.kind === 'inline' || format === 'inline'
  const text = new SourceText(source.origin, (source.text ?? '').replace(/^\ufeff/, ''), isOneLine)
  if (text.text.length > maxTextLength) {
    report(() => text.faultAtOffset(0, `the map has ${text.text.length} characters, more than ${maxTextLength}`))
    return { kind: 'broken', source: text, offset: 0 }
  }
  if (format === 'yaml' && !isOneLine && guessFormat(text.text) === 'inline') {
    const expected = 'expected a map with the keys version, tables, rules, profiles'
    report(() => text.faultAtOffset(0, `${expected}, found a text: PATTERN=TARGET is for KAFKA_SPLIT_DNS_MAP alone`))
    return { kind: 'broken', source: text, offset: 0 }
  }
  return format === 'yaml' ? yield* readYaml(text, report) : readOneLine(text, report)
}

// Beyond that a map takes more memory than its client.
const maxPairs = 100_000

/** Counts each pattern with each target. */
class PairCount {
  #pairs = 0

  /** False, with a report, if the rule is one too many. */
  add({ node, match, targets }: RuleNode, report: Report): boolean {
    const isOver = this.#pairs > maxPairs
    this.#pairs += match.length * Math.max(1, targets.length)
    if (this.#pairs <= maxPairs) return true
    if (!isOver)
      report(() =>
        faultAt(node, `the map has more than ${maxPairs} patterns and targets (each pattern counts with each target)`),
      )
    return false
  }
}

/** A source's number, and how many rules were in force before it. */
interface SourcePlace {
  readonly source: number
  readonly firstOrder: number
}

// Few enough that a slice of steps ends in time, and so many that a step costs nothing beside them.
const rulesPerStep = 32

class Compiler {
  readonly #sources: readonly MapSource[]
  readonly #settings: CompileSettings
  readonly #faults: readonly FaultList[]
  readonly #warnings = new FaultList()
  readonly #overridden = new FaultList()
  readonly #tables = new Map<string, TableNode>()
  readonly #table = new RuleTable()
  readonly #rules: PlacedRule[] = []
  readonly #pairs = new PairCount()

  constructor(sources: readonly MapSource[], settings: CompileSettings) {
    this.#sources = sources
    this.#settings = settings
    this.#faults = sources.map(() => new FaultList())
  }

  /** A step is some rules. */
  *steps(): Generator<undefined, Compilation> {
    const documents: MapDocument[] = []
    for (const [source, { report }] of this.#faults.entries()) {
      const map = this.#sources[source]
      if (map !== undefined) documents.push(readDocument(yield* readNodes(map, report), report))
      yield
    }
    for (const { tables } of documents) {
      for (const [name, table] of tables) if (!this.#tables.has(name)) this.#tables.set(name, table)
    }
    const { profiles } = this.#settings
    const knownProfiles = new Set<string>()
    const seed = zoneSeed(this.#settings.random)
    for (const [source, document] of documents.entries())
      yield* this.#addDocument(document, source, seed, knownProfiles)
    return {
      rules: this.#rules,
      table: this.#table,
      documents,
      tables: this.#tables,
      faults: [
        ...this.#faults.flatMap(list => list.inOrder()),
        ...(profiles.length === 0 ? [] : this.#unknownProfiles(knownProfiles)),
      ],
      warnings: this.#warnings.found(),
      overridden: this.#overridden.found(),
    }
  }

  *#addDocument(
    { rules, profiles }: MapDocument,
    source: number,
    zoneSeed: number,
    knownProfiles: Set<string>,
  ): Generator<undefined> {
    const { env, readNamespace, zone, isPartial } = this.#settings
    const isRemote = this.#sources[source]?.kind === 'url'
    const tables = isPartial === true ? new TablesToCome(this.#tables) : this.#tables
    const scope: RuleScope = { env, readNamespace, isRemote, tables, zone, zoneSeed }
    const compiler = new RuleCompiler(scope, this.#warnings.report)
    const placed = { source, firstOrder: this.#rules.length }
    if (rules !== undefined) yield* this.#addRules(rules, compiler, placed)
    for (const [name, profile] of profiles) {
      const isInForce = this.#settings.profiles.includes(name) && !knownProfiles.has(name)
      knownProfiles.add(name)
      yield* isInForce ? this.#addRules(profile, compiler, placed) : this.#checkUnchosen(profile, compiler)
    }
  }

  *#addRules(list: RuleList, compiler: RuleCompiler, placed: SourcePlace): Generator<undefined> {
    const faults = this.#faults[placed.source] ?? new FaultList()
    for (const rule of readRules(list, faults.report)) {
      if (!this.#pairs.add(rule, faults.reportEnd)) return
      this.#addRule(rule, compiler, placed, faults.report)
      if (rule.index % rulesPerStep === 0) yield
    }
  }

  #addRule(rule: RuleNode, compiler: RuleCompiler, { source, firstOrder }: SourcePlace, report: Report): void {
    const patterns = compiler.readPatterns(rule, report)
    const inForce = this.#take(patterns, firstOrder, report)
    // Faults of a rule that a nearer source overrides are warnings.
    const isOverridden = inForce.length === 0 && patterns.length > 0 && patterns.length === rule.match.length
    const reportTargets = isOverridden ? this.#warnings.report : report
    for (const one of compiler.compile(rule, inForce, this.#rules.length, reportTargets)) {
      this.#table.add(one)
      this.#rules.push({ pattern: one.pattern, rule: one, node: rule.node, source })
    }
  }

  /** A rule's patterns without those that a rule before it has: twice in one source is a fault, a nearer source overrides. */
  #take(patterns: readonly ReadPattern[], firstOrder: number, report: Report): readonly ReadPattern[] {
    const ofRule = patterns.length > 1 ? new Map<string, ReadPattern>() : undefined
    return patterns.filter(read => {
      const { node, name, pattern } = read
      const earlier = ruleFor(this.#table.rulesOf(pattern), pattern.port)
      const key = ofRule === undefined ? '' : patternKey(pattern)
      const first = earlier?.name ?? ofRule?.get(key)?.name
      ofRule?.set(key, read)
      if (first === undefined) return true
      if (earlier !== undefined && earlier.order < firstOrder)
        this.#overridden.report(() => faultAt(node, `pattern '${name.match}' is overridden by ${first.place}`))
      else report(() => faultAt(node, `pattern '${name.match}' appears twice: the first is at ${first.place}`))
      return false
    })
  }

  // Profiles that are not chosen here are read as well, so that their faults are found.
  *#checkUnchosen(profile: RuleList, compiler: RuleCompiler): Generator<undefined> {
    const found = new FaultList()
    const { report } = found
    const seen = new Set<string>()
    const pairs = new PairCount()
    for (const rule of readRules(profile, report)) {
      if (!pairs.add(rule, found.reportEnd)) break
      const patterns = compiler.readPatterns(rule, report)
      for (const { node, name, pattern } of patterns) {
        const key = patternKey(pattern)
        if (seen.has(key)) report(() => faultAt(node, `pattern '${name.match}' appears twice in the profile`))
        seen.add(key)
      }
      compiler.compile(rule, patterns, 0, report)
      if (rule.index % rulesPerStep === 0) yield
    }
    this.#warnOfUnchosen(profile.profile?.text ?? '', found)
  }

  #warnOfUnchosen(profile: string, found: FaultList): void {
    const [first, ...others] = found.inOrder()
    if (first === undefined) return
    const prefix = `profile ${quoteText(profile)}, not in force here: `
    if (this.#settings.thorough === true) {
      for (const fault of [first, ...others])
        this.#warnings.report(() => ({ ...fault, message: prefix + fault.message }))
    } else {
      const more = found.count === 1 ? '' : ` (and ${found.count - 1} more)`
      this.#warnings.report(() => ({ ...first, message: prefix + first.message + more }))
    }
  }

  #unknownProfiles(known: ReadonlySet<string>): readonly Fault[] {
    if (this.#settings.isPartial === true) return []
    const unknown = [...new Set(this.#settings.profiles)].filter(name => !known.has(name))
    const found = new FaultList()
    for (const name of unknown) {
      found.report(() => {
        const names = [...known].slice(0, 20).map(profile => visibleText(profile, 60))
        const all = known.size === 0 ? 'the map has none' : `expected one of ${names.join(', ')}`
        const message = `no profile ${quoteText(name)} in the map${didYouMean(name, known)}: ${all}`
        return { message, origin: this.#settings.profilesOrigin }
      })
    }
    return found.found()
  }
}

/** Every table: one that is not read yet is an empty one. */
class TablesToCome extends Map<string, Table> {
  override get(name: string): Table {
    return super.get(name) ?? { name, values: new Map() }
  }
}

const mostShown = 20

/** Why a map that is set puts no rule in force, in words. `profiles` are those that it has, `chosen` those in force here. */
export function describeNoRules(
  origins: readonly string[],
  profiles: readonly string[],
  chosen: readonly string[],
): string {
  const where = origins.join(', ')
  if (profiles.length === 0) return `${where}: the map has no rules`
  const known = profiles.slice(0, mostShown).join(', ') + (profiles.length > mostShown ? ', ...' : '')
  if (chosen.length > 0) return `${where}: the chosen profiles (${chosen.join(', ')}) have no rules; there are ${known}`
  return `${where}: all rules are in profiles (${known}), and KAFKA_SPLIT_DNS_PROFILE chooses none`
}
