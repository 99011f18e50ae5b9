import { defer } from '../../../../lib/deferred.js'
import { keepAlive } from '../../../../lib/timers.js'
import type { OptionInputs } from '../../../config/option-inputs.js'
import { compileSettings, readSettings, type Environment, type ReadSettings } from '../../../config/settings.js'
import { ConfigError, formatFault, type Fault } from '../../../errors.js'
import {
  compileSources,
  describeNoRules,
  type Compilation,
  type CompileSettings,
  type MapSource,
} from '../../../map/compile.js'
import { CompiledTable } from '../../../map/match/compiled-table.js'
import { RuleTable } from '../../../map/match/rule-table.js'
import type { Logger } from '../../../observe/log.js'
import { openMap } from '../../../source/map-keeper.js'
import { SplitDns } from '../../../split-dns.js'
import { now, type Run } from '../command.js'
import { reportFault } from './fault-report.js'
import { mapInputs } from './map-options.js'
import type { Streams } from '../terminal/streams.js'
import { printable } from '../terminal/style.js'

/** The map that a command's flags and variables name, in force. */
export interface CommandMap {
  /** The caller closes it. */
  readonly splitDns: SplitDns
  readonly read: ReadSettings
  /** What was compiled to the map in force. */
  readonly compilation: Compilation
  /** What it was compiled from, nearest first; empty where no map is set. */
  readonly sources: readonly MapSource[]
  /** Why no rule is in force, in one sentence; undefined where one is. */
  readonly nothingInForce: string | undefined
  /** The maps that would be in force if one profile more were chosen, by its name. */
  readonly withProfile: () => ReadonlyMap<string, CompiledTable>
}

export interface MapForCommandOptions {
  /** In place of the command's own flags. */
  readonly inputs?: OptionInputs
  /** In place of the command's own environment. */
  readonly env?: Environment
  /** Orders zones that nobody chose; left out: as this process orders them. */
  readonly random?: () => number
}

/**
 * Reads, compiles and puts in force the map that a service with these flags and variables would use. Throws an error that
 * shows each fault in its line.
 */
export async function openMapForCommand(run: Run, options: MapForCommandOptions = {}): Promise<CommandMap> {
  const { inputs = mapInputs(run), env = run.env, random } = options
  const logger = warningsTo(run.streams)
  const warn = (fault: Fault) => logger.warn(formatFault(fault))
  let sources: readonly MapSource[] = []
  try {
    const read = readSettings(inputs, env)
    const settings = { ...compileSettings(read, env), warn, ...(random === undefined ? {} : { random }) }
    const compilation = await readSources(read, (found, isComplete) => {
      sources = found
      const compiled = compileSources(found, { ...settings, isPartial: !isComplete })
      if (compiled.faults.length > 0) throw new ConfigError(compiled.faults)
      return compiled
    })
    // One compilation serves the connects and what the command prints.
    const map = new CompiledTable(compilation.table, read.settings.unmapped, warn)
    const compile = () => ({ map, warnings: compilation.warnings })
    const splitDns = new SplitDns({ ...inputs, logger }, env, (values, origins, hooks) =>
      openMap({ ...values, mapFile: null, mapUrl: null }, origins, { ...hooks, compile }),
    )
    return {
      ...{ splitDns, read, compilation, sources },
      nothingInForce: nothingInForce(compilation, sources, read),
      withProfile: () => compileUnchosen(compilation, sources, settings),
    }
  } catch (error) {
    throw withLines(error, sources)
  }
}

/**
 * What `compile` makes of the sources as they are now, nearest first. It is called before a URL has answered too, with what
 * is there. Rejects with what a source or `compile` failed with: a command does not wait for a better copy.
 */
export async function readSources<Result>(
  { settings, origins }: ReadSettings,
  compile: (sources: readonly MapSource[], isComplete: boolean) => Result,
): Promise<Result> {
  const result = defer<Result>()
  const keeper = openMap(settings, origins, {
    now,
    compile: (sources, isComplete) => {
      const compiled = compile(sources, isComplete)
      if (isComplete) result.resolve(compiled)
      return { map: new CompiledTable(new RuleTable(), settings.unmapped), warnings: [] }
    },
    onReloadError: error => {
      result.reject(error)
    },
  })
  try {
    return await keepAlive(result.promise)
  } finally {
    keeper.close()
  }
}

/** A `ConfigError` as an error that shows each fault in its line, so that printing it is enough; others as they are. */
function withLines(error: unknown, sources: readonly MapSource[]): unknown {
  if (!(error instanceof ConfigError)) return error
  return new Error(error.faults.map(fault => reportFault(fault, sources)).join('\n'), { cause: error })
}

/** How many profiles are tried. A map with more belongs to a platform, whose tenants know their profile. */
const mostProfiles = 50

function compileUnchosen(
  { documents }: Compilation,
  sources: readonly MapSource[],
  settings: CompileSettings,
): ReadonlyMap<string, CompiledTable> {
  const names = new Set(documents.flatMap(({ profiles }) => [...profiles.keys()]))
  const unchosen = [...names].filter(name => !settings.profiles.includes(name)).slice(0, mostProfiles)
  // They are not in force, so their warnings would only confuse.
  const quiet = { ...settings, warn: () => undefined }
  return new Map(
    unchosen.map(name => {
      const { table } = compileSources(sources, { ...quiet, profiles: [...settings.profiles, name] })
      return [name, new CompiledTable(table, 'system')]
    }),
  )
}

/** Why no rule is in force, in one sentence; undefined where one is. */
export function nothingInForce(
  { rules, documents }: Pick<Compilation, 'rules' | 'documents'>,
  sources: readonly MapSource[],
  { settings, origins }: Pick<ReadSettings, 'settings' | 'origins'>,
): string | undefined {
  if (rules.length > 0) return undefined
  if (settings.disable) return `${origins.disable ?? 'disable'} is set: no map is in force`
  if (sources.length === 0)
    return 'no map is set: set KAFKA_SPLIT_DNS_MAP, KAFKA_SPLIT_DNS_MAP_FILE or KAFKA_SPLIT_DNS_MAP_URL'
  const profiles = new Set(documents.flatMap(document => [...document.profiles.keys()]))
  const documentsRead = sources.map(({ origin }) => origin)
  return `no rule is in force: ${describeNoRules(documentsRead, [...profiles], settings.profile)}`
}

/** A logger in place of `process.emitWarning`: a line on standard error for each message, none twice. */
function warningsTo({ stderr }: Streams): Logger {
  const written = new Set<string>()
  const write = (message: string) => {
    if (written.has(message)) return
    written.add(message)
    stderr.write(`kafka-split-dns: warning: ${printable(message)}\n`)
  }
  return { warn: write, error: write }
}
