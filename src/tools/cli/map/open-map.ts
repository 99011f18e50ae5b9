import { compileSettings, readSettings, type Environment, type ReadSettings } from '../../../config/settings.js'
import { ConfigError, formatFault, type Fault } from '../../../errors.js'
import { compileSources, type Compilation, type CompileSettings, type MapSource } from '../../../map/compile.js'
import { CompiledTable } from '../../../map/match/compiled-table.js'
import { SplitDns } from '../../../split-dns.js'
import type { Run } from '../command.js'
import { MapCapture } from './map-capture.js'
import { mapInputs } from './map-options.js'
import { warningsTo } from './warnings.js'

/** The map that a command's flags and variables name, in force. */
export interface CommandMap {
  /** The caller closes it. */
  readonly splitDns: SplitDns
  readonly read: ReadSettings
  /** What was compiled to the map in force. */
  readonly compilation: Compilation
  /** What it was compiled from, nearest first; empty where no map is set. */
  readonly sources: readonly MapSource[]
  /** The maps that would be in force if one profile more were chosen, by its name. */
  readonly withProfile: () => ReadonlyMap<string, Compilation>
}

interface MapForCommandOptions {
  /** In place of the command's own environment. */
  readonly env?: Environment
  /** Orders zones that nobody chose; left out: as this process orders them. */
  readonly random?: () => number
}

/**
 * Reads, compiles and puts in force the map that a service with these flags and variables would use. Does not wait for a
 * better copy after the first failed. Throws an error that shows each fault in its line.
 */
export async function openMapForCommand(run: Run, options: MapForCommandOptions = {}): Promise<CommandMap> {
  const { env = run.env, random } = options
  const inputs = mapInputs(run)
  const capture = new MapCapture()
  let compilation: Compilation | undefined
  let splitDns: SplitDns | undefined
  try {
    const read = readSettings(inputs, env)
    const logger = warningsTo(run.streams)
    const warn = (fault: Fault) => logger.warn(formatFault(fault))
    const settings = { ...compileSettings(read, env), warn, ...(random === undefined ? {} : { random }) }
    splitDns = new SplitDns({ ...inputs, logger }, env, (values, origins, keeperOptions) =>
      capture.open(values, origins, {
        ...keeperOptions,
        // One compilation serves the connects and what the command prints.
        compile: (sources, isComplete) => {
          const compiled = compileSources(sources, { ...settings, isPartial: !isComplete })
          if (compiled.faults.length > 0) throw new ConfigError(compiled.faults)
          compilation = compiled
          return { map: new CompiledTable(compiled.table, values.unmapped, warn), warnings: compiled.warnings }
        },
      }),
    )
    await capture.ready()
    if (compilation === undefined) throw new Error('no map came into force')
    const [inForce, { sources }] = [compilation, capture]
    const withProfile = () => compileUnchosen(inForce, sources, settings)
    return { splitDns, read, compilation, sources, withProfile }
  } catch (error) {
    await splitDns?.close()
    throw capture.withLines(error)
  }
}

/** How many profiles are tried. A map with more belongs to a platform, whose tenants know their profile. */
const mostProfiles = 50

function compileUnchosen(
  { documents }: Compilation,
  sources: readonly MapSource[],
  settings: CompileSettings,
): ReadonlyMap<string, Compilation> {
  const names = new Set(documents.flatMap(({ profiles }) => [...profiles.keys()]))
  const unchosen = [...names].filter(name => !settings.profiles.includes(name)).slice(0, mostProfiles)
  // They are not in force, so their warnings would only confuse.
  const quiet = { ...settings, warn: () => undefined }
  return new Map(
    unchosen.map(name => [name, compileSources(sources, { ...quiet, profiles: [...settings.profiles, name] })]),
  )
}

/** All that compiling the sources reports, as a service with these settings would compile them. */
export function compileThoroughly(sources: readonly MapSource[], read: ReadSettings, env: Environment): Compilation {
  return compileSources(read.settings.disable ? [] : sources, { ...compileSettings(read, env), thorough: true })
}
