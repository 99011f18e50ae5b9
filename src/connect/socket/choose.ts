import type { Address, Family } from '../../../lib/address/address.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { Route } from '../../map/types.js'
import type { ConnectContext } from '../context.js'
import type { Health } from '../health.js'
import type { TargetOutcome } from '../plan.js'

/** kafkajs gives a connect 1,000 ms in all: more attempts than these find no time. */
const mostAddresses = 3

const onlyFirst: readonly number[] = Object.freeze([0])

/**
 * The targets that one socket may lead to, by their indexes: the first healthy one (where none is, the one that failed
 * longest ago) and, because a socket has one port, those others that share its port, in the map's order.
 */
export function chooseTargets(
  health: Health,
  { targets }: Route,
  advertisedPort: number,
): { readonly indexes: readonly number[]; readonly port: number } {
  const [only] = targets
  if (only !== undefined && targets.length === 1) return { indexes: onlyFirst, port: only.port ?? advertisedPort }
  let first: { port: number; failedAtMs: Milliseconds } | undefined
  for (const { host, port = advertisedPort } of targets) {
    const failedAtMs = health.targetFailedAtMs(host, port) ?? -Infinity
    if (first === undefined || failedAtMs < first.failedAtMs) first = { port, failedAtMs }
    if (failedAtMs === -Infinity) break
  }
  const port = first?.port ?? advertisedPort
  const indexes = targets.flatMap((target, index) => ((target.port ?? advertisedPort) === port ? [index] : []))
  return { indexes, port }
}

/**
 * The addresses for one connect, as `chooseAddresses` ranks them, but of the other family where this machine has a route to
 * none of the first and to one of those. A list of both families would not do: Node would leave a slow address of the
 * first for the other, which may lead nowhere.
 */
export async function chooseRoutedAddresses(
  { health, hasNetworkRoute }: Pick<ConnectContext, 'health' | 'hasNetworkRoute'>,
  outcomes: readonly TargetOutcome[],
  port: number,
): Promise<readonly Address[]> {
  const [only] = outcomes
  // By far the most common.
  if (outcomes.length === 1 && only?.usable.length === 1) return only.usable
  const chosen = chooseAddresses(health, outcomes, port)
  const family = chosen[0]?.family
  if (outcomes.every(({ usable }) => usable.every(address => address.family === family))) return chosen
  const isRouted = async (addresses: readonly Address[]) =>
    (await Promise.all(addresses.map(address => hasNetworkRoute(address, port)))).includes(true)
  if (await isRouted(chosen)) return chosen
  const others = chooseAddresses(health, outcomes, port, family === 4 ? 6 : 4)
  return (await isRouted(others)) ? others : chosen
}

/**
 * The addresses for one connect, best first: healthy before failed, in the targets' order, and of one family only,
 * because Node would put the other's between them. Without `family`, IPv4 unless all that is healthy is IPv6. At most 3.
 */
export function chooseAddresses(
  health: Health,
  outcomes: readonly TargetOutcome[],
  port: number,
  family?: Family,
): readonly Address[] {
  const ranked = outcomes.flatMap(({ usable }, order) => {
    const hasIpv4 = usable.some(({ family }) => family === 4)
    return usable.map(address => ({
      address,
      failedAtMs: health.failedAtMs(address.address, port) ?? -Infinity,
      // A target that has IPv6 alone comes in its turn; of one that has both, IPv6 is the second choice.
      isSecond: address.family === 6 && hasIpv4 ? 1 : 0,
      order,
    }))
  })
  ranked.sort((a, b) => compare(a.failedAtMs, b.failedAtMs) || a.isSecond - b.isSecond || a.order - b.order)
  const chosenFamily = family ?? ranked[0]?.address.family
  const chosen = new Map<string, Address>()
  for (const { address } of ranked) {
    if (address.family === chosenFamily && !chosen.has(address.address)) chosen.set(address.address, address)
  }
  return [...chosen.values()].slice(0, mostAddresses)
}

// Infinity - Infinity is no number.
const compare = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1)
