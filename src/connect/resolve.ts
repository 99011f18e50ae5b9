import dns from 'node:dns'
import { isIP } from 'node:net'
import type { Address, Family } from '../../lib/address/address.js'
import type { AnswerSource } from '../../lib/resolver/types.js'
import type { Seconds } from '../../lib/units.js'
import type { Decision, Route } from '../map/types.js'
import { closed, lookupError, notAHostName, tellOutcome } from './report/connect-errors.js'
import type { ConnectContext } from './context.js'
import { hostPort } from '../../lib/address/host-port.js'
import { describeMapping, describeUnmapped } from './report/describe.js'
import { refuse } from './socket/dial.js'
import { isHostName } from './host-name.js'
import { createPlans, type Plan, type Plans } from './target/plan.js'
import { readyMap } from './target/ready-map.js'
import { resolveTargets, usableOutcomes, type Resolved, type TargetOutcome } from './target/resolve-targets.js'

/** An address that a host leads to. */
export interface ResolvedAddress extends Address {
  /** undefined where neither the caller nor the map gives one. */
  readonly port: number | undefined
  /** The name or address that was resolved. */
  readonly target: string
}

/** A route with what its targets resolve to now. */
export interface Resolution extends Route {
  /** In the targets' order, IPv4 first; never empty. */
  readonly addresses: readonly ResolvedAddress[]
  /** Seconds; the smallest of the answers. */
  readonly ttl: Seconds
  /** Of the first address. */
  readonly source: AnswerSource
  /** Each step in words, first to last. */
  readonly path: readonly string[]
}

export type Resolve = (host: string, port?: number) => Promise<Resolution>

/**
 * Tells where a host leads now, every target looked up, nothing dialled. Rejects as a connect would fail: look-ups in
 * Node's shape, `ERR_SPLIT_DNS_REFUSED`, `_ADDRESS_REFUSED`, `_TARGET`, `_NOT_READY`, `_CLOSED`.
 * @internal
 */
export function createResolve(context: ConnectContext): Resolve {
  const plans = createPlans(context.settings)
  return async (host, port) => {
    const deadlineMs = context.now() + context.settings.timeoutMs
    const map = await readyMap(context, hostPort(host, port), deadlineMs)
    const decision = map.decide(host, port)
    switch (decision.route.action) {
      case 'map':
        return resolveMapped(context, plans, decision, deadlineMs)
      case 'refuse':
        throw refuse(context, decision)
      case 'system':
        if (map.ruleCount > 0 && isIP(decision.route.host) === 0 && !isHostName(host)) throw notAHostName(host)
        return resolveUnmapped(context, decision, map.ruleCount > 0)
    }
  }
}

async function resolveMapped(
  context: ConnectContext,
  plans: Plans,
  decision: Decision,
  deadlineMs: number,
): Promise<Resolution> {
  const plan = plans(decision)
  const indexes = decision.route.targets.map((_, index) => index)
  const question = { plan, indexes, family: context.settings.family, deadlineMs, waitForAll: true }
  const resolved = await resolveTargets(context, question).catch((error: unknown) => {
    throw context.isClosed() ? closed(hostPort(decision.route.host, decision.route.port)) : error
  })
  const used = usableOutcomes(resolved)
  const addresses = used.flatMap(({ usable, port, host }) =>
    usable.map(({ address, family }) => ({ address, family, port, target: host })),
  )
  return {
    ...decision.route,
    addresses,
    ttl: Math.min(...used.map(({ answer }) => answer?.ttl ?? 0)),
    source: used[0]?.answer?.source ?? 'system',
    path: pathOf(plan, resolved, indexes),
  }
}

function pathOf({ decision }: Plan, { outcomes, original }: Resolved, indexes: readonly number[]): readonly string[] {
  const steps = (outcome: TargetOutcome) => {
    const own = outcome.answer?.path ?? [tellOutcome(outcome)]
    const refused = outcome.refused.map(({ address, reason }) => `${address} is refused: ${reason}`)
    return [...own, ...refused].map(step => `${outcome.index === null ? outcome.label : outcome.host}: ${step}`)
  }
  const rest = original === null ? [] : steps(original)
  return [`map: ${describeMapping(decision, indexes)}`, ...outcomes.flatMap(steps), ...rest]
}

async function resolveUnmapped(
  context: ConnectContext,
  decision: Decision,
  isMapInForce: boolean,
): Promise<Resolution> {
  const { host, port } = decision.route
  const said = isMapInForce ? describeUnmapped(decision) : 'no map is in force'
  const version = isIP(host)
  const isLiteral = version === 4 || version === 6
  const found = isLiteral
    ? [{ address: host, family: version } as const]
    : await getaddrinfo(host, context.settings.family, isMapInForce ? said : null)
  const texts = found.map(({ address }) => address).join(', ')
  return {
    ...decision.route,
    addresses: found.map(({ address, family }) => ({ address, family, port, target: host })),
    ttl: 0,
    source: isLiteral ? 'literal' : 'system',
    path: [`map: ${said}`, isLiteral ? `${host}: is an address` : `system: ${texts}`],
  }
}

function getaddrinfo(host: string, family: 0 | Family, note: string | null): Promise<readonly Address[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(host, { all: true, family }, (error, found) => {
      const addresses = error ? [] : found.map(({ address }) => toAddress(address)).filter(known => known !== undefined)
      if (addresses.length > 0) resolve(addresses)
      else if (note === null && error) reject(error)
      else reject(lookupError(error?.code ?? 'ENOTFOUND', host, note ?? 'no address', error ?? undefined))
    })
  })
}

function toAddress(address: string): Address | undefined {
  const family = isIP(address)
  return family === 4 || family === 6 ? { address, family } : undefined
}
