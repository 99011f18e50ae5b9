import type { Milliseconds } from '../../../lib/units.js'
import type { CompiledMap } from '../../map/types.js'
import { closed, notReady } from '../report/connect-errors.js'
import type { ConnectContext } from '../context.js'

/**
 * The map in force, waited for until the deadline. Rejects with `ERR_SPLIT_DNS_CLOSED` or `ERR_SPLIT_DNS_NOT_READY`;
 * `broker` is how the error calls what was asked.
 */
export async function readyMap(
  context: ConnectContext,
  broker: string,
  deadlineMs: Milliseconds,
): Promise<CompiledMap> {
  if (context.isClosed()) throw closed(broker)
  const startedAtMs = context.now()
  const cause = context.currentMap() === undefined ? await waitUntil(context, deadlineMs) : undefined
  if (context.isClosed()) throw closed(broker)
  const map = context.currentMap()
  if (map === undefined) throw notReady(broker, context.now() - startedAtMs, cause)
  return map
}

/** Resolves when the owner is ready or the time is over, with the reason why it never will be, if there is one. */
function waitUntil(context: ConnectContext, deadlineMs: Milliseconds): Promise<unknown> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, Math.max(deadlineMs - context.now(), 0))
    const settle = (cause?: unknown) => {
      clearTimeout(timer)
      resolve(cause)
    }
    context.whenReady().then(() => settle(), settle)
  })
}
