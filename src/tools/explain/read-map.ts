import { compileSettings } from '../../config/settings.js'
import type { Environment, ReadSettings } from '../../config/settings.js'
import { compileSources, type Compilation } from '../../map/compile.js'
import type { MapSource } from '../../map/compile.js'

/** All that compiling the sources reports, as a service with these settings would compile them. */
export function readMap(sources: readonly MapSource[], read: ReadSettings, env: Environment): Compilation {
  return compileSources(read.settings.disable ? [] : sources, { ...compileSettings(read, env), thorough: true })
}
