import { addressVersion, type Address, type Family } from '../address/address.js'
import type { Lease, PositiveEntry } from '../cache/entry.js'
import type { Milliseconds, Seconds } from '../units.js'
import type { HostsTable } from './local-files.js'
import { isLocalhost, withoutDot } from './names.js'
import type { ResolveErrorCode } from './resolve-error.js'
import type { Answer, AnswerSource, Attempt } from './types.js'

/** Why a name can't be resolved at the moment. */
export interface FailureReport {
  readonly code: ResolveErrorCode
  readonly attempts: readonly Attempt[]
}

/** How a look-up ended. Each waiter makes an error of its own from it, since callers write into errors. */
export type Outcome =
  { readonly kind: 'answer'; readonly answer: Answer } | ({ readonly kind: 'error' } & FailureReport)

/** A frozen answer; `path` has every step. */
export function makeAnswer(
  source: AnswerSource,
  addresses: readonly Address[],
  ttl: Seconds,
  path: readonly string[],
): Answer {
  return Object.freeze({ addresses, ttl, source, path: Object.freeze(path) })
}

/** An address is its own answer; undefined if the text is not an address, or one of the other family. */
export function literalAnswer(name: string, family: 0 | Family, maxTtl: Seconds): Answer | undefined {
  const version = addressVersion(name)
  if (version === 0 || (family !== 0 && family !== version)) return undefined
  const addresses = Object.freeze([Object.freeze({ address: name, family: version })])
  return makeAnswer('literal', addresses, maxTtl, ['literal: an address is itself'])
}

const loopback: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** What the hosts file says, or for `localhost` the standard; undefined where there is nothing. Takes a canonical name. */
export function hostsAnswer(hosts: HostsTable, name: string, family: 0 | Family): Answer | undefined {
  const isLoopback = isLocalhost(name)
  const listed = isLoopback ? loopback : hosts.get(withoutDot(name))
  const addresses = listed?.filter(address => family === 0 || address.family === family) ?? []
  if (addresses.length === 0) return undefined
  const step = isLoopback ? 'localhost: loopback, whatever DNS says' : 'hosts file'
  return makeAnswer('hosts', Object.freeze(addresses.map(address => Object.freeze(address))), 0, [
    `${step}: ${addresses.map(({ address }) => address).join(', ')}`,
  ])
}

/** Rounded up: an answer that is still good has a second left. */
export const secondsLeft = (good: PositiveEntry, nowMs: Milliseconds): Seconds =>
  Math.max(0, Math.ceil((good.expiresAtMs - nowMs) / 1_000))

export function cachedAnswer({ addresses, steps }: PositiveEntry, ttl: Seconds, lease: Lease): Answer {
  const path = Object.freeze([`cache: good for ${ttl} s`, ...steps])
  return Object.freeze({ addresses, ttl, source: 'cache', path, lease })
}

/** An old answer, since there is no new one; `before` is what was done until then. */
export function staleAnswer(good: PositiveEntry, before: readonly string[]): Answer {
  return makeAnswer('stale', good.addresses, 0, [...before, 'stale: the last good answer', ...good.steps])
}

/** The cache's part in a look-up that it could not answer, in words. */
export function cacheStep(good: PositiveEntry | undefined, nowMs: Milliseconds): string {
  if (good === undefined) return 'cache: nothing'
  const left = good.expiresAtMs - nowMs
  return left > 0 ? 'cache: passed over' : `cache: expired ${Math.round(-left / 1_000)} s ago`
}
