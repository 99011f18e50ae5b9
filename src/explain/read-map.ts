import type { Environment, ReadSettings } from '../config/settings.js'
import { compileSources, type Compilation } from '../map/compilation.js'
import { readServiceAccountNamespace } from '../map/namespace.js'
import type { MapSource } from '../source/map-source.js'

/** All that compiling the sources tells, as a service with these settings would compile them. */
export function readMap(
  sources: readonly MapSource[],
  { settings, origins }: ReadSettings,
  env: Environment,
): Compilation {
  return compileSources(settings.disable ? [] : sources, {
    profiles: settings.profile,
    profilesOrigin: origins.profile ?? 'profile',
    zone: settings.zone ?? undefined,
    unmapped: settings.unmapped,
    env,
    readNamespace: readServiceAccountNamespace,
    thorough: true,
  })
}
