import { hostPort } from '../../../lib/address/host-port.js'
import { keepAlive, startTimer, stopTimer } from '../../../lib/timers.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { ConnectContext } from '../context.js'
import type { Plan } from '../plan.js'
import { closed, notAHostName, notReady, refusedByMap } from '../report/connect-errors.js'
import { notify } from '../report/traces.js'

/**
 * Where the host and port lead: a plan whose `outcome` is `map` or `system`; undefined until a map is in force. Throws
 * what the connect or look-up fails with: `ERR_SPLIT_DNS_CLOSED`, `_REFUSED`, `_TARGET`, or ENOTFOUND for a text that
 * can't be a host's name. The one way in for every door but `reroute`, which leaves what no rule matches to Node.
 */
export function route(context: ConnectContext, host: string, port: number | undefined): Plan | undefined {
  if (context.isClosed()) throw closed(hostPort(host, port))
  const map = context.currentMap()
  if (map === undefined) return undefined
  const plan = context.plans.find(map, host, port)
  if (plan.outcome === 'map') return plan
  if (plan.outcome === 'refuse') throw refuse(context, plan)
  if (plan.hasRules) context.observer.unmapped?.(plan)
  if (plan.outcome === 'invalid') throw notAHostName(host)
  return plan
}

/** The same once a map is in force, waited for until the deadline: then it rejects with `ERR_SPLIT_DNS_NOT_READY`. */
export async function routeWhenReady(
  context: ConnectContext,
  host: string,
  port: number | undefined,
  deadlineMs: Milliseconds,
): Promise<Plan> {
  const startedAtMs = context.now()
  const cause =
    !context.isClosed() && context.currentMap() === undefined ? await whenReady(context, deadlineMs) : undefined
  const plan = route(context, host, port)
  if (plan === undefined) throw notReady(hostPort(host, port), context.now() - startedAtMs, cause)
  return plan
}

/** The error for a broker that the map refuses; reported to the observer. */
export function refuse(context: ConnectContext, plan: Plan): Error {
  const error = refusedByMap(plan)
  const { host, port, rule } = plan.decision.route
  const reason = rule === null ? 'unmapped' : 'rule'
  notify(() => context.observer.refused({ host, port, rule, reason, error }))
  return error
}

/** Resolves when the owner is ready or the time is over, with the reason why it never will be, if there is one. */
function whenReady(context: ConnectContext, deadlineMs: Milliseconds): Promise<unknown> {
  const settled = new Promise(resolve => {
    const timer = startTimer(() => resolve(undefined), Math.max(deadlineMs - context.now(), 0))
    const settle = (cause?: unknown) => {
      stopTimer(timer)
      resolve(cause)
    }
    context.whenReady().then(() => settle(), settle)
  })
  return keepAlive(settled)
}
