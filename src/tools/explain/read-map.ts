import { compileSettings } from '../../config/compile-settings.js'
import type { Environment, ReadSettings } from '../../config/settings.js'
import { compileSources, type Compilation } from '../../map/compilation.js'
import type { MapSource } from '../../source/map-source.js'

/**
 * All that compiling the sources tells, as a service with these settings would compile them. With `random` zones that
 * nobody chose have the order that it gives, else this process' own.
 */
export function readMap(
  sources: readonly MapSource[],
  read: ReadSettings,
  env: Environment,
  random?: () => number,
): Compilation {
  const settings = { ...compileSettings(read, env), thorough: true, ...(random === undefined ? {} : { random }) }
  return compileSources(read.settings.disable ? [] : sources, settings)
}
