import { basename } from 'node:path'
import { ConfigError, type Fault } from '../errors.js'
import { readSettings, type Environment } from '../config/settings.js'
import { SplitDns } from '../split-dns.js'

const urlVariable = 'KAFKA_SPLIT_DNS_MAP_URL'

/**
 * The `SplitDns` that the environment asks for; undefined where it asks for none: it is disabled, or names no map.
 * Throws `ConfigError` with every fault; a map from a URL is one, because the first connects could not wait for it.
 */
export function openFromEnvironment(env: Environment): SplitDns | undefined {
  // Own ones only: what other code has put on Object.prototype is no variable.
  const others: Record<string, string | undefined> = { ...env }
  const url = Object.hasOwn(others, urlVariable) ? others[urlVariable] : undefined
  Reflect.deleteProperty(others, urlVariable)
  const faults: Fault[] = []
  let splitDns: SplitDns | undefined
  try {
    const { disable, map, mapFile } = readSettings({}, others).settings
    if (disable) return undefined
    if (map !== null || mapFile !== null) splitDns = new SplitDns({}, others)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    faults.push(...error.faults)
  }
  if (url !== undefined && url.trim() !== '') faults.push({ message: urlMessage, origin: urlVariable })
  if (faults.length === 0) return splitDns
  void splitDns?.close()
  throw new ConfigError(faults)
}

const urlMessage =
  'kafka-split-dns/register takes inline rules and a file, no URL: the first connects could not wait for it'

/**
 * What kind of program this process runs. `NODE_OPTIONS` reaches package managers and this package's own commands as well:
 * were a bad map to stop those, nobody could install or start anything to correct it.
 */
export type Program = 'service' | 'package manager' | 'own command'

/** Judges by the path of the main script, as `process.argv[1]` has it. Pure. */
export function programOf(script: string | undefined): Program {
  if (script === undefined) return 'service'
  const path = script.replaceAll('\\', '/')
  if (ownCommand.test(path)) return 'own command'
  return packageManager.test(basename(path)) ? 'package manager' : 'service'
}

const packageManager = /^(npm|npx|pnpm|pnpx|yarn|yarnpkg|corepack)(-cli)?(\.[cm]?js)?$/
// The link in a bin folder, or the file that it leads to.
const ownCommand = /\/(kafka-split-dns|kafka-split-dns\/dist\/cjs\/cli\.js)$/
