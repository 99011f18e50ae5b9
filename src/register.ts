import { createLog } from './observe/log.js'
import { hooked, hookSockets } from './register/hook.js'
import { watchNativeClients } from './register/native-clients.js'
import { openFromEnvironment } from './register/open.js'
import { rerouteOf, type SplitDns } from './split-dns.js'

/** What leads the connects of this thread, for events and metrics. undefined where nothing is hooked: disabled, or no map. */
export const splitDns: SplitDns | undefined = register()

/** Hooks once, however often and from whatever copy this is loaded. Throws `ConfigError`: the process stops at start. */
function register(): SplitDns | undefined {
  const known = hooked()
  if (known !== undefined) return known.splitDns
  const opened = openFromEnvironment(process.env)
  if (opened === undefined) return undefined
  hookSockets(rerouteOf(opened), opened)
  watchNativeClients(process, message => createLog(undefined).warn(message))
  return opened
}
