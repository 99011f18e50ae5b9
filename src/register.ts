import { createReroute } from './connect/reroute.js'
import { isSplitDnsError } from './errors.js'
import { createLog } from './observe/log.js'
import { hooked, hookSockets } from './register/hook.js'
import { watchNativeClients } from './register/native-clients.js'
import { openFromEnvironment, programOf } from './register/open.js'
import { contextOf, type SplitDns } from './split-dns.js'

/** Routes the connects of this thread; for events and metrics. undefined where nothing is hooked: disabled, or no map. */
export const splitDns: SplitDns | undefined = register()

/**
 * Hooks once, however often and from whatever copy this is loaded. Throws `ConfigError`, so that a service stops at start;
 * package managers and this package's own commands go on without a map.
 */
function register(): SplitDns | undefined {
  const known = hooked()
  if (known !== undefined) return known.splitDns
  const opened = open()
  if (opened === undefined) return undefined
  hookSockets(createReroute(contextOf(opened)), opened)
  watchNativeClients(process, message => createLog(undefined).warn(message))
  return opened
}

function open(): SplitDns | undefined {
  try {
    return openFromEnvironment(process.env)
  } catch (error) {
    const program = programOf(process.argv[1])
    if (program === 'service' || !isSplitDnsError(error)) throw error
    // Our own commands report the faults themselves.
    if (program === 'package manager') createLog(undefined).warn(`no map is in force here: ${error.message}`)
    return undefined
  }
}
