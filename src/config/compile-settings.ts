import type { CompileSettings } from '../map/compile.js'
import { readServiceAccountNamespace } from '../map/document/namespace.js'
import type { Environment, ReadSettings } from './settings.js'

/** What a service with these settings compiles its map for; the commands compile it for the same. */
export function compileSettings({ settings, origins }: ReadSettings, env: Environment): CompileSettings {
  return {
    profiles: settings.profile,
    profilesOrigin: origins.profile ?? 'profile',
    zone: settings.zone ?? undefined,
    unmapped: settings.unmapped,
    env,
    readNamespace: readServiceAccountNamespace,
  }
}
