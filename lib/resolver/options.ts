import type { Address, Family } from '../address/address.js'
import type { AnswerCacheOptions } from '../cache/answer-cache.js'
import type { CancelSignal } from '../cancel.js'
import type { Transport } from '../transport/transport.js'
import type { Upstream } from '../transport/upstream.js'
import type { Milliseconds } from '../units.js'
import type { Attempt } from './types.js'

/** getaddrinfo. Rejects with Node's own error (`ENOTFOUND`, `EAI_AGAIN` ...) or the signal's reason. */
export type SystemLookup = (name: string, family: 0 | Family, signal: CancelSignal) => Promise<readonly Address[]>

/**
 * One query to one upstream, when it is over. Beside rcodes and system codes, `outcome` is `timeout` for silence, and
 * `cancelled` where another server was quicker.
 */
export type OnQuery = (query: Attempt) => void

/** Everything a resolver needs; nothing has a default but the two paths. */
export interface ResolverOptions extends AnswerCacheOptions {
  /** Who is asked, in order; `resolv.conf`: the servers that the file names at the time. */
  readonly upstreams: readonly Upstream[] | 'resolv.conf'
  /** The whole of one look-up. */
  readonly timeoutMs: Milliseconds
  /** How long one upstream is waited for before the next is asked as well. */
  readonly attemptMs: Milliseconds
  /** A monotonic clock. */
  readonly now: () => Milliseconds
  /** Closed with the resolver. */
  readonly transport: Transport
  readonly systemLookup: SystemLookup
  readonly resolvConfPath?: string
  /** Servers of resolv.conf that are not asked, such as one that would ask this resolver. */
  readonly isExcluded?: (server: Upstream) => boolean
  readonly hostsPath?: string
  /** What it throws is ignored. */
  readonly onQuery?: OnQuery
  /** Called once for a hosts file or resolv.conf that is there and can't be read, with a sentence that says so. */
  readonly onWarning?: (message: string) => void
}
