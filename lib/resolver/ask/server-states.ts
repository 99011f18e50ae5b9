import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'

interface ServerState {
  failures: number
  askedLastUntilMs: Milliseconds
  plainUntilMs: Milliseconds
}

const firstPenaltyMs: Milliseconds = 5_000
const longestPenaltyMs: Milliseconds = 60_000
/** A server is upgraded now and then; until it is, each query would cost a second one. */
const rememberPlainMs: Milliseconds = 3_600_000
/** More servers than any map names in a lifetime of reloads. */
const maxServers = 1_000

/** How an upstream is told from others. A label leaves a URL's query out. */
export const upstreamKey = (upstream: Upstream): string => (upstream.kind === 'https' ? upstream.url : upstream.label)

/** How a list of upstreams is told from others. */
export const listKey = (upstreams: readonly Upstream[]): string =>
  upstreams.length === 1 && upstreams[0] !== undefined
    ? upstreamKey(upstreams[0])
    : upstreams.map(upstreamKey).join(' ')

/** What experience taught about each server. */
export class ServerStates {
  readonly #states = new Map<string, ServerState>()

  /** In the configured order, but for those that failed a while ago at most: they come last. */
  order(upstreams: readonly Upstream[], nowMs: Milliseconds): readonly Upstream[] {
    const isLast = (upstream: Upstream) =>
      (this.#states.get(upstreamKey(upstream))?.askedLastUntilMs ?? -Infinity) > nowMs
    const last = upstreams.filter(isLast)
    return last.length === 0 ? upstreams : [...upstreams.filter(upstream => !isLast(upstream)), ...last]
  }

  /** Silence or a transport's error. SERVFAIL and REFUSED don't count: they are about a name, not about the server. */
  hasFailed(upstream: Upstream, nowMs: Milliseconds): void {
    const state = this.#state(upstream)
    // Queries that were out together fail together: once.
    if (state.askedLastUntilMs > nowMs) return
    state.askedLastUntilMs = nowMs + Math.min(firstPenaltyMs * 2 ** state.failures, longestPenaltyMs)
    state.failures++
  }

  /** A response of any kind. */
  hasAnswered(upstream: Upstream): void {
    const state = this.#states.get(upstreamKey(upstream))
    if (state === undefined) return
    state.failures = 0
    state.askedLastUntilMs = -Infinity
  }

  takesEdns(upstream: Upstream, nowMs: Milliseconds): boolean {
    return (this.#states.get(upstreamKey(upstream))?.plainUntilMs ?? -Infinity) <= nowMs
  }

  /** It has answered a query without EDNS after it had refused one with it. */
  needsPlain(upstream: Upstream, nowMs: Milliseconds): void {
    this.#state(upstream).plainUntilMs = nowMs + rememberPlainMs
  }

  #state(upstream: Upstream): ServerState {
    const key = upstreamKey(upstream)
    const known = this.#states.get(key)
    if (known !== undefined) return known
    if (this.#states.size >= maxServers) this.#states.clear()
    const state = { failures: 0, askedLastUntilMs: -Infinity, plainUntilMs: -Infinity }
    this.#states.set(key, state)
    return state
  }
}
