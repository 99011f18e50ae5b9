import { hostPort } from '../../lib/address/host-port.js'
import type { Milliseconds } from '../../lib/units.js'
import type { ConnectPayload } from '../connect/report/events.js'
import { describeRule, oneLine } from '../connect/report/describe.js'
import type { Log } from './log.js'

const intervalMs: Milliseconds = 60_000
// Targets stand as the map writes them; maps that are reloaded for years bring new ones.
const mostTargets = 1000

/**
 * Warns where a client gave up on a connect while an address was silent, which kafkajs itself reports as `Connection
 * timeout` alone: once a minute and target at most.
 */
export class SilenceWarnings {
  readonly #log: Pick<Log, 'warn'>
  readonly #now: () => Milliseconds
  readonly #warnedAtMs = new Map<string, Milliseconds>()

  constructor(log: Pick<Log, 'warn'>, now: () => Milliseconds) {
    this.#log = log
    this.#now = now
  }

  /** The client gave up on this connect. */
  ended(payload: ConnectPayload): void {
    const last = payload.tried.at(-1)
    if (last?.outcome.startsWith('given up') !== true || last.outcome === 'given up soon') return
    const { host, port, target } = payload
    const key = target ?? `fallback original (${host})`
    const nowMs = this.#now()
    const warnedAtMs = this.#warnedAtMs.get(key)
    if (warnedAtMs !== undefined && nowMs - warnedAtMs < intervalMs) return
    if (this.#warnedAtMs.size >= mostTargets) this.#warnedAtMs.clear()
    this.#warnedAtMs.set(key, nowMs)
    const what =
      last.outcome === 'given up' ? 'did not answer' : 'accepted the connection but did not complete the TLS handshake'
    const mapping = `${hostPort(host, port)} -> ${key} by ${describeRule(payload)}`
    this.#log.warn(oneLine(`${mapping}: ${hostPort(last.address, last.port)} ${what} until the client gave up`))
  }
}
