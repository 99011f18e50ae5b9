import type { Upstream } from '../../transport/upstream.js'
import type { Milliseconds } from '../../units.js'

interface ServerState {
  lastHeardMs: Milliseconds
  /** The zones of the names that it has been silent on since it was last heard. */
  readonly silentZones: Set<string>
  demotions: number
  demotedUntilMs: Milliseconds
  /** How long it was last remembered as silent to queries with EDNS; 0 once it has answered one. */
  plainForMs: Milliseconds
  plainUntilMs: Milliseconds
}

const firstDemotionMs: Milliseconds = 5_000
const longestDemotionMs: Milliseconds = 60_000
/** One zone whose own servers are down silences a forwarder for that zone alone; two zones are the forwarder itself. */
const silentZonesForDemotion = 2
/** A server is upgraded now and then; until it is, each query would cost a second one. */
const longestPlainMs: Milliseconds = 3_600_000
/** A query with EDNS may simply have been lost, so the first time counts for little. */
const firstPlainMs: Milliseconds = 60_000
/** More servers than any map names in a lifetime of reloads. */
const maxServers = 1_000

/** Identifies an upstream. A label leaves a URL's query out. */
export const upstreamKey = (upstream: Upstream): string => (upstream.kind === 'https' ? upstream.url : upstream.label)

/** Identifies a list of upstreams. */
export const listKey = (upstreams: readonly Upstream[]): string =>
  upstreams.length === 1 && upstreams[0] !== undefined
    ? upstreamKey(upstreams[0])
    : upstreams.map(upstreamKey).join(' ')

/** The zone of a name, roughly: its last two labels. */
function zoneOf(name: string): string {
  const dot = name.lastIndexOf('.', name.lastIndexOf('.') - 1)
  return name.slice(dot + 1)
}

/** What has been observed of each server. */
export class ServerStates {
  readonly #states = new Map<string, ServerState>()

  /** In the configured order, but those that are demoted at the moment come last. */
  order(upstreams: readonly Upstream[], nowMs: Milliseconds): readonly Upstream[] {
    if (upstreams.length === 1) return upstreams
    const isLast = (upstream: Upstream) => this.#state(upstream).demotedUntilMs > nowMs
    const last = upstreams.filter(isLast)
    return last.length === 0 ? upstreams : [...upstreams.filter(upstream => !isLast(upstream)), ...last]
  }

  /**
   * It was waited for, and said nothing. It is demoted where it has been silent on names of several zones since it was
   * last heard: a query gets lost, some servers never answer AAAA, and a zone's own servers may be down.
   */
  wasSilent(upstream: Upstream, name: string, askedAtMs: Milliseconds, nowMs: Milliseconds): void {
    const state = this.#state(upstream)
    // It has answered something in the meantime. What was asked at the same moment may be half of a pair.
    if (state.lastHeardMs >= askedAtMs) return
    if (state.silentZones.size < silentZonesForDemotion) state.silentZones.add(zoneOf(name))
    if (state.silentZones.size < silentZonesForDemotion || state.demotedUntilMs > nowMs) return
    state.demotedUntilMs = nowMs + Math.min(firstDemotionMs * 2 ** state.demotions, longestDemotionMs)
    state.demotions++
  }

  /** A response of any kind came. */
  wasHeard(upstream: Upstream, nowMs: Milliseconds): void {
    const state = this.#state(upstream)
    state.lastHeardMs = nowMs
    if (state.silentZones.size > 0) state.silentZones.clear()
    state.demotions = 0
    state.demotedUntilMs = -Infinity
  }

  takesEdns(upstream: Upstream, nowMs: Milliseconds): boolean {
    return this.#state(upstream).plainUntilMs <= nowMs
  }

  /** It has answered a query with EDNS. */
  hasTakenEdns(upstream: Upstream): void {
    this.#state(upstream).plainForMs = 0
  }

  /** It has answered a query without EDNS after it had refused one with it, or had been silent on it. */
  needsPlain(upstream: Upstream, after: 'refusal' | 'silence', nowMs: Milliseconds): void {
    const state = this.#state(upstream)
    const longer = Math.min(Math.max(firstPlainMs, state.plainForMs * 8), longestPlainMs)
    state.plainForMs = after === 'refusal' ? longestPlainMs : longer
    state.plainUntilMs = nowMs + state.plainForMs
  }

  /** Made at the first ask: that a server was heard counts for questions that are still out. */
  #state(upstream: Upstream): ServerState {
    const key = upstreamKey(upstream)
    const known = this.#states.get(key)
    if (known !== undefined) return known
    if (this.#states.size >= maxServers) this.#states.clear()
    const state = {
      lastHeardMs: -Infinity,
      silentZones: new Set<string>(),
      demotions: 0,
      demotedUntilMs: -Infinity,
      plainForMs: 0,
      plainUntilMs: -Infinity,
    }
    this.#states.set(key, state)
    return state
  }
}
