import dns, { type LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { Address, Family } from '../../lib/address/address.js'
import type { AnswerSource } from '../../lib/resolver/types.js'
import type { Milliseconds, Seconds } from '../../lib/units.js'
import type { Route } from '../map/types.js'
import type { ConnectContext } from './context.js'
import type { Plan, TargetOutcome } from './plan.js'
import { lookupError } from './report/connect-errors.js'
import { describeMapping, describeUnmapped } from './report/describe.js'
import { describeOutcomeTarget, explainOutcome, usableOutcomes } from './report/outcome.js'
import { findOutcomes, reportLookup } from './target/resolve-targets.js'
import { routeWhenReady } from './target/route.js'

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

/**
 * `SplitDns.resolve`: the route of a host and port, and what its targets resolve to now; nothing is dialled. Rejects as a
 * connect would fail: look-ups in Node's shape (`ENOTFOUND`, `EAI_AGAIN`), else a `SplitDnsError` (`ERR_SPLIT_DNS_REFUSED`,
 * `_ADDRESS_REFUSED`, `_TARGET`, `_NOT_READY`, `_CLOSED`).
 */
export type Resolve = (host: string, port?: number) => Promise<Resolution>

/**
 * Makes a `Resolve`, which looks every target up.
 * @internal
 */
export function createResolve(context: ConnectContext): Resolve {
  return async (host, port) => {
    const deadlineMs = context.now() + context.settings.timeoutMs
    const plan = await routeWhenReady(context, host, port, deadlineMs)
    return plan.outcome === 'map' ? resolveMapped(context, plan, deadlineMs) : resolveUnmapped(context, plan)
  }
}

async function resolveMapped(context: ConnectContext, plan: Plan, deadlineMs: Milliseconds): Promise<Resolution> {
  const { route } = plan.decision
  const indexes = [...route.targets.keys()]
  const request = { plan, indexes, family: context.settings.family, deadlineMs, waitForAll: true }
  const outcomes = await reportLookup(context, plan, () => findOutcomes(context, request))
  const used = usableOutcomes(outcomes)
  return {
    ...route,
    addresses: used.flatMap(({ usable, port, host }) =>
      usable.map(({ address, family }) => ({ address, family, port, target: host })),
    ),
    ttl: Math.min(...used.map(({ answer }) => answer?.ttl ?? 0)),
    source: used[0]?.answer?.source ?? 'system',
    path: [`map: ${describeMapping(plan)}`, ...outcomes.flatMap(outcome => stepsOf(plan, outcome))],
  }
}

function stepsOf(plan: Plan, outcome: TargetOutcome): readonly string[] {
  const own = outcome.answer?.path ?? [explainOutcome(plan, outcome)]
  const refused = outcome.refused.length > 0 ? [explainOutcome(plan, outcome)] : []
  const name = outcome.index === null ? describeOutcomeTarget(plan, outcome) : outcome.host
  return [...own, ...refused].map(step => `${name}: ${step}`)
}

async function resolveUnmapped(context: ConnectContext, plan: Plan): Promise<Resolution> {
  const { hasRules, whyNoRules, decision } = plan
  const { host, port } = decision.route
  const isMapSet = hasRules || whyNoRules !== undefined
  const note = isMapSet ? describeUnmapped(plan) : 'no map is in force'
  const version = isIP(host)
  const isLiteral = version === 4 || version === 6
  const found = isLiteral
    ? [{ address: host, family: version } as const]
    : await getaddrinfo(host, context.settings.family, isMapSet ? note : null)
  const texts = found.map(({ address }) => address).join(', ')
  return {
    ...decision.route,
    addresses: found.map(({ address, family }) => ({ address, family, port, target: host })),
    ttl: 0,
    source: isLiteral ? 'literal' : 'system',
    path: [`map: ${note}`, isLiteral ? `${host}: is an address` : `system: ${texts}`],
  }
}

function getaddrinfo(host: string, family: 0 | Family, note: string | null): Promise<readonly Address[]> {
  return new Promise((resolve, reject) => {
    dns.lookup(host, { all: true, family }, (error, found: readonly LookupAddress[] | string) => {
      // One that replaces Node's may answer with one address, whatever it is asked for.
      const texts = error ? [] : typeof found === 'string' ? [found] : found.map(({ address }) => address)
      const addresses = texts.map(toAddress).filter(known => known !== undefined)
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
