import { isSplitDnsError, ConfigError, type Fault } from '../../../src/errors.js'
import { compileMap, type CompileSettings, type MapSource } from '../../../src/map/compile.js'
import type { CompiledTable } from '../../../src/map/match/compiled-table.js'

/** Settings that read nothing of the machine. */
export function settings(more: Partial<CompileSettings> = {}): CompileSettings {
  return {
    profiles: [],
    profilesOrigin: 'KAFKA_SPLIT_DNS_PROFILE',
    zone: undefined,
    unmapped: 'system',
    env: {},
    readNamespace: () => undefined,
    random: () => 0,
    ...more,
  }
}

export const yamlSource = (text: string, origin = 'map.yaml'): MapSource => ({ kind: 'file', origin, text })
export const inlineSource = (text: string, origin = 'KAFKA_SPLIT_DNS_MAP'): MapSource => ({
  kind: 'inline',
  origin,
  text,
})

/** The table of a one-line map. */
export function table(text: string, more: Partial<CompileSettings> = {}): CompiledTable {
  return compileMap([inlineSource(text)], settings(more)).map
}

/** The table of a YAML map. */
export function yamlTable(text: string, more: Partial<CompileSettings> = {}): CompiledTable {
  return compileMap([yamlSource(text)], settings(more)).map
}

/** The faults that the work throws; an error if it throws none, or something else. */
export function faultsOf(work: () => unknown): readonly Fault[] {
  try {
    work()
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  throw new Error('no ConfigError was thrown')
}

export const yamlFaults = (text: string, more: Partial<CompileSettings> = {}) => faultsOf(() => yamlTable(text, more))
export const inlineFaults = (text: string, more: Partial<CompileSettings> = {}) => faultsOf(() => table(text, more))

/** `host:port` of each target in order, the action where it is not `map`, or the code of the error. */
export function ask(map: CompiledTable, host: string, port?: number): string {
  try {
    const { route } = map.decide(host, port)
    if (route.rule === null) return `unmapped ${route.action}`
    if (route.action !== 'map') return route.action
    return route.targets.map(target => `${target.host}:${target.port ?? ''}`).join(' ')
  } catch (error) {
    if (isSplitDnsError(error)) return error.code
    throw error
  }
}
