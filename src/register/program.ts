import { basename } from 'node:path'

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
