import { ConfigError, type Fault } from '../errors.js'
import { compileSources, type CompileSettings, type MapSource } from './compilation.js'
import { CompiledTable } from './match/compiled-table.js'

export type { CompileSettings, MapSource } from './compilation.js'

/**
 * The sources' rules as one table, the nearest source first. Throws ConfigError with every fault of all sources; what
 * is not in force here can't stop anybody and comes as a warning. Pure but for `readNamespace`.
 */
export function compileMap(
  sources: readonly MapSource[],
  settings: CompileSettings,
): { map: CompiledTable; warnings: readonly Fault[] } {
  const { rules, faults, warnings } = compileSources(sources, settings)
  if (faults.length > 0) throw new ConfigError(faults)
  return { map: new CompiledTable(rules, settings.unmapped, settings.warn), warnings }
}
