import { ConfigError, type Fault } from '../errors.js'
import { didYouMean, nearest } from '../text/nearest.js'
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
  const values = new Map<OptionName, unknown>()
  const origins = new Map<OptionName, string | null>()
  const read = (name: OptionName) => {
    const row = optionTable[name] as OptionRow<unknown>
    const found = find(name, row, options, env)
    origins.set(name, found?.origin ?? null)
    values.set(name, found === undefined ? row.default : parse(row, found, faults))
  }
  read('disable')
  const isDisabled = values.get('disable') === true
  if (!isDisabled) for (const name of optionNames) if (name !== 'disable') read(name)
  if (!isDisabled) faults.push(...contradictions(values, origins), ...unknownOptions(options))
  if (faults.length > 0) throw new ConfigError(faults)
  const defaults = optionNames.map(name => [name, values.has(name) ? values.get(name) : optionTable[name].default])
  return Object.freeze({
    // Each value came out of its row's own parser, or is its default.
    settings: Object.freeze(Object.fromEntries(defaults)) as Settings,
    origins: Object.freeze(
      Object.fromEntries(optionNames.map(name => [name, origins.get(name) ?? null])),
    ) as ReadSettings['origins'],
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

function find(name: OptionName, row: OptionRow<unknown>, options: OptionInputs, env: Environment): Found | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option !== undefined) return { value: option, origin: `option ${name}` }
  // Own properties only: what other code has put on Object.prototype is no variable.
  if (row.variable === null || !Object.hasOwn(env, row.variable)) return undefined
  const variable = env[row.variable]
  if (variable === undefined || variable.trim() === '') return undefined
  return { value: variable, origin: row.variable }
}

function parse(row: OptionRow<unknown>, { value, origin }: Found, faults: Fault[]): unknown {
  try {
    return row.parse(value)
  } catch (error) {
    faults.push({ message: error instanceof Error ? error.message : String(error), origin })
    return row.default
  }
}

/** Values that are valid one by one but not together. */
function contradictions(
  values: ReadonlyMap<OptionName, unknown>,
  origins: ReadonlyMap<OptionName, string | null>,
): Fault[] {
  const minTtl = Number(values.get('minTtl'))
  const maxTtl = Number(values.get('maxTtl'))
  if (minTtl <= maxTtl) return []
  const origin = origins.get('minTtl') ?? origins.get('maxTtl') ?? 'option minTtl'
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

// Without the prefix that they share: with it, any two names would be near.
function suggestVariable(name: string, known: readonly string[]): string {
  const rests = known.map(variable => variable.slice(variablePrefix.length))
  const rest = name.slice(variablePrefix.length)
  const words = rest.split('_')
  const longer = rests.filter(candidate => words.every(word => candidate.split('_').includes(word)))
  const best = longer.length === 1 ? longer[0] : nearest(rest, rests)
  return best === undefined ? '' : ` (did you mean '${variablePrefix}${best}'?)`
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
