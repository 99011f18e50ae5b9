import { toError } from '../../lib/thrown.js'
import { ConfigError, type Fault } from '../errors.js'
import { didYouMean } from '../text/nearest.js'
import {
  isOtherVariable,
  optionNames,
  optionTable,
  variablePrefix,
  type OptionName,
  type OptionRow,
  type Settings,
} from './option-table.js'
import type { OptionInputs } from './option-inputs.js'
import type { CompileSettings } from '../map/compile.js'
import { readServiceAccountNamespace } from '../map/document/expansion.js'

/** Variables as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The settings from options and environment, checked. */
export interface ReadSettings {
  readonly settings: Settings
  /** Where each value came from: the variable's name, `option NAME`, or null for the default. */
  readonly origins: Readonly<Record<OptionName, string | null>>
  /** Unknown variables. */
  readonly warnings: readonly Fault[]
}

interface Found {
  readonly value: unknown
  readonly origin: string
}

/**
 * Options win over the environment, the environment over the defaults; an empty variable or an undefined option is
 * unset. Throws `ConfigError` with every fault at once. When `disable` is set nothing else is parsed. Pure.
 */
export function readSettings(options: OptionInputs, env: Environment): ReadSettings {
  checkIsObject(options)
  const faults: Fault[] = []
  const settings: Record<string, unknown> = {}
  const origins: Record<string, string | null> = {}
  const read = (name: OptionName, found: Found | undefined) => {
    const row: OptionRow<unknown> = optionTable[name]
    origins[name] = found?.origin ?? null
    settings[name] = found === undefined ? row.default : parse(row, found, faults)
  }
  read('disable', find('disable', options, env))
  const isDisabled = settings['disable'] === true
  for (const name of optionNames) {
    if (name !== 'disable') read(name, isDisabled ? undefined : find(name, options, env))
  }
  if (!isDisabled) faults.push(...contradictions(settings, origins), ...unknownOptions(options))
  if (faults.length > 0) throw new ConfigError(faults)
  return Object.freeze({
    // Each value came out of its row's own parser, or is its default.
    settings: Object.freeze(settings) as Settings,
    origins: Object.freeze(origins),
    warnings: isDisabled ? [] : unknownVariables(env),
  })
}

/** Callers in JavaScript pass what they like: a map's text, say, in place of the options. */
function checkIsObject(options: unknown): void {
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return
  const found = options === null ? 'null' : Array.isArray(options) ? 'an array' : `a ${typeof options}`
  const hint = typeof options === 'string' ? ': rules as text are { map: ... }' : ''
  throw new ConfigError([{ message: `expected an object, found ${found}${hint}`, origin: 'options' }])
}

// Own properties only: what other code has put on Object.prototype is no option and no variable.
function find(name: OptionName, options: OptionInputs, env: Environment): Found | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option !== undefined) return { value: option, origin: `option ${name}` }
  const { variable } = optionTable[name]
  if (variable === null || !Object.hasOwn(env, variable)) return undefined
  const value = env[variable]
  return value === undefined || value.trim() === '' ? undefined : { value, origin: variable }
}

function parse(row: OptionRow<unknown>, { value, origin }: Found, faults: Fault[]): unknown {
  try {
    return row.parse(value)
  } catch (error) {
    faults.push({ message: toError(error).message, origin })
    return row.default
  }
}

/** Values that are valid one by one but not together. */
function contradictions(settings: Record<string, unknown>, origins: Record<string, string | null>): Fault[] {
  const minTtl = Number(settings['minTtl'])
  const maxTtl = Number(settings['maxTtl'])
  if (minTtl <= maxTtl) return []
  const origin = origins['minTtl'] ?? origins['maxTtl'] ?? 'option minTtl'
  return [{ message: `the least TTL (${minTtl} s) is larger than the largest (${maxTtl} s)`, origin }]
}

/** What `createSplitDns` takes besides the rows of the table. */
const otherOptions = ['logger']

function unknownOptions(options: OptionInputs): Fault[] {
  const known = [...optionNames, ...otherOptions]
  return Object.keys(options)
    .filter(name => !known.includes(name))
    .map(name => ({ message: `no such option${didYouMean(name, known)}`, origin: `option ${name}` }))
}

function unknownVariables(env: Environment): Fault[] {
  const known = optionNames.map(name => optionTable[name].variable).filter(variable => variable !== null)
  return Object.keys(env)
    .filter(name => name.startsWith(variablePrefix) && !known.includes(name) && !isOtherVariable(name))
    .filter(name => !injectedByService.test(name))
    .map(name => ({ message: `no such variable, it is ignored${suggestVariable(name, known)}`, origin: name }))
}

/** What Kubernetes sets in every pod for a Service whose name begins with kafka-split-dns. */
const injectedByService = /_(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_.*)?)$/

/** The only variable that holds each of the name's words, else the nearest. */
function suggestVariable(name: string, known: readonly string[]): string {
  const words = name.split('_')
  const [best, ...others] = known.filter(variable => words.every(word => variable.split('_').includes(word)))
  return best !== undefined && others.length === 0 ? ` (did you mean '${best}'?)` : didYouMean(name, known)
}

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
