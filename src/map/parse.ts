import { ConfigError, type Fault } from '../errors.js'
import { compileSources, readNodes, type MapSource } from './compile.js'
import { expandNodes } from './document/expand-nodes.js'
import { guessFormat, type MapFormat } from './document/format.js'
import type { SplitDnsMap } from './types.js'
import { readServiceAccountNamespace } from './document/namespace.js'
import { toMap } from './document/object-nodes.js'
import { FaultList, sortFaults } from './fault-list.js'
import { quoteText } from '../text/quote-text.js'
import { runAtOnce } from './steps.js'

/** How `parseMap` reads a text. */
export interface ParseMapOptions {
  /** Left out: guessed, see `guessFormat`. */
  readonly format?: MapFormat
  /** What `${}` stands for; left out: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What faults call the text. */
  readonly filename?: string
}

/**
 * The map that the text holds, as a frozen plain object with its `${}` filled in. Throws ConfigError with every fault
 * of what is in force for all; profiles are checked where they are chosen. A later compile of the object, also of
 * parts of it, still tells lines and columns.
 */
export function parseMap(text: string, options: ParseMapOptions = {}): SplitDnsMap {
  const { filename, env = process.env } = options
  const format = readFormat(options.format) ?? guessFormat(text, filename)
  const source: MapSource = { kind: 'file', origin: filename ?? 'map', text, format }
  const unreadable = new FaultList()
  const nodes = runAtOnce(readNodes(source, unreadable.report))
  const scope = { env, readNamespace: readServiceAccountNamespace, isRemote: false }
  const map = toMap(expandNodes(nodes, scope))
  const faults = [...unreadable.found(), ...check({ kind: 'file', origin: source.origin, map }, env)]
  if (faults.length > 0) throw new ConfigError(sortFaults(faults))
  return map
}

const formats: readonly unknown[] = ['yaml', 'json', 'inline'] satisfies readonly MapFormat[]

/** The format by the name that compiling has for it. Callers without types may say anything. */
function readFormat(format: MapFormat | undefined): 'yaml' | 'inline' | undefined {
  if (format === undefined || formats.includes(format)) return format === 'json' ? 'yaml' : format
  const message = `unknown format ${quoteText(format)}: expected yaml, json or inline`
  throw new ConfigError([{ message, origin: 'option format' }])
}

function check(source: MapSource, env: Readonly<Record<string, string | undefined>>): readonly Fault[] {
  const settings = {
    profiles: [],
    profilesOrigin: 'profile',
    zone: undefined,
    unmapped: 'system',
    env,
    readNamespace: readServiceAccountNamespace,
  } as const
  return compileSources([source], settings).faults
}
