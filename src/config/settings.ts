import { ConfigError, type Fault } from '../errors.js'
import { didYouMean } from '../text/nearest.js'
import {
  isOtherVariable,
  optionNames,
  optionTable,
  variablePrefix,
  type OptionInputs,
  type OptionName,
  type OptionRow,
  type Settings,
} from './option-table.js'

/** Variables as `process.env` gives them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What the options and the environment say, checked. */
export interface ReadSettings {
  readonly settings: Settings
  /** Where each value came from: the variable's name, `option NAME`, or null for the default. */
  readonly origins: Readonly<Record<OptionName, string | null>>
  /** What is odd, but stops nothing: unknown variables. */
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
  const faults: Fault[] = []
  const values = new Map<OptionName, unknown>()
  const origins = new Map<OptionName, string | null>()
  const read = (name: OptionName) => {
    const row = optionTable[name] as OptionRow<unknown, unknown>
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

function find(
  name: OptionName,
  row: OptionRow<unknown, unknown>,
  options: OptionInputs,
  env: Environment,
): Found | undefined {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option !== undefined) return { value: option, origin: `option ${name}` }
  // Own ones alone: what somebody put on Object.prototype is no variable.
  if (row.variable === null || !Object.hasOwn(env, row.variable)) return undefined
  const variable = env[row.variable]
  if (variable === undefined || variable.trim() === '') return undefined
  return { value: variable, origin: row.variable }
}

function parse(row: OptionRow<unknown, unknown>, { value, origin }: Found, faults: Fault[]): unknown {
  try {
    return row.parse(value)
  } catch (error) {
    faults.push({ message: error instanceof Error ? error.message : String(error), origin })
    return row.default
  }
}

/** Values that are each fine but can't hold together. */
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
    .map(name => ({ message: `no such variable, it is ignored${didYouMean(name, known)}`, origin: name }))
}
