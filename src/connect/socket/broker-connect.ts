import dns, { type LookupOptions } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import type { Address, Family } from '../../../lib/address/address.js'
import { hostPort } from '../../../lib/address/host-port.js'
import { toError } from '../../../lib/thrown.js'
import { onNextTick } from '../../../lib/timers.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { ConnectContext } from '../context.js'
import type { Plan, TargetOutcome } from '../plan.js'
import { annotate, describeMapping, describeUnmapped } from '../report/describe.js'
import { usableOutcomes } from '../report/outcome.js'
import { findOutcomes, reportLookup } from '../target/resolve-targets.js'
import { routeWhenReady } from '../target/route.js'
import { chooseRoutedAddresses, chooseTargets } from './choose.js'

/** What the client asked to be connected to. */
export interface Destination {
  readonly host: string
  readonly port: number
  /** The address that the socket is bound to, where the client gave one. */
  readonly localAddress?: unknown
}

type LookupCallback = Parameters<LookupFunction>[2]

/** Connects the socket once more, to the port and by the look-up given. */
export type Redial = (port: number, lookup: LookupFunction) => void

/** The way of one connect from the broker's name to addresses: decided by the map, looked up, handed to Node once. */
export class BrokerConnect {
  /** What the client asked for. */
  readonly destination: Destination
  /** undefined until a map is in force. */
  plan: Plan | undefined
  /** The port that the socket is dialled at, as far as is known now. */
  port: number
  readonly #context: ConnectContext
  readonly #deadlineMs: Milliseconds
  #indexes: readonly number[] = []
  #outcomes: readonly TargetOutcome[] = []

  /** Without a plan the map is awaited when Node looks up. */
  constructor(context: ConnectContext, destination: Destination, plan?: Plan) {
    this.#context = context
    this.destination = destination
    this.#deadlineMs = context.now() + context.settings.timeoutMs
    this.port = destination.port
    this.plan = plan
    if (plan !== undefined) this.#choose(plan)
  }

  /** The target that the address belongs to, by its index; null for none. */
  targetOf(address: string): number | null {
    const isOf = ({ usable }: TargetOutcome) => usable.some(known => known.address === address)
    return this.#outcomes.find(isOf)?.index ?? null
  }

  /** What the map did, for errors. */
  describe(): string {
    const { host, port } = this.destination
    if (this.plan === undefined) return `${hostPort(host, port)}; no map was in force yet`
    return this.plan.outcome === 'map' ? describeMapping(this.plan, this.#indexes) : describeUnmapped(this.plan)
  }

  /**
   * The function that Node is given to look the host up. It answers on a later tick, once, or never: where the socket
   * is over by then, so that no connection is made that nobody waits for, and where another port
   * turned out to be right, to which `redial` then connects.
   */
  lookupFor(isOver: () => boolean, redial: Redial): LookupFunction {
    return (_host, options, callback) => {
      const dialledPort = this.port
      // Off the promise: what Node's callback throws is no rejection.
      const later = (act: () => void) =>
        onNextTick(() => {
          if (!isOver()) act()
        })
      this.#resolve(options).then(
        addresses =>
          later(() => {
            if (addresses !== undefined && this.port === dialledPort) answer(addresses, options, callback)
            else this.#goElsewhere(addresses, options, callback, redial)
          }),
        (error: unknown) => later(() => callback(toError(error), [])),
      )
    }
  }

  /** To the system's own answer or to another port. A replaced dns.lookup or connect may throw: that fails the connect. */
  #goElsewhere(
    addresses: readonly Address[] | undefined,
    options: LookupOptions,
    callback: LookupCallback,
    redial: Redial,
  ): void {
    try {
      if (addresses === undefined) dns.lookup(this.destination.host, options, callback)
      else redial(this.port, lateAnswer(addresses))
    } catch (error) {
      const reason = toError(error)
      annotate(reason, 'connect failed', this.describe())
      callback(reason, [])
    }
  }

  /** The addresses to dial; undefined where the map leaves the host to the system. */
  async #resolve({ family }: LookupOptions): Promise<readonly Address[] | undefined> {
    const context = this.#context
    const { host, port, localAddress } = this.destination
    const plan = this.plan ?? (await routeWhenReady(context, host, port, this.#deadlineMs))
    if (this.plan === undefined) {
      this.plan = plan
      this.#choose(plan)
    }
    if (plan.outcome !== 'map') {
      if (plan.hasRules && plan.decision.route.rule === null) context.observer.unmappedConnect?.(plan)
      return undefined
    }
    // A socket bound to a local address can reach no other family.
    const localFamily = typeof localAddress === 'string' ? isIP(localAddress) : 0
    const request = {
      plan,
      indexes: this.#indexes,
      family: toFamily(family) ?? toFamily(localFamily) ?? context.settings.family,
      deadlineMs: this.#deadlineMs,
      waitForAll: false,
    }
    this.#outcomes = await reportLookup(context, plan, () => findOutcomes(context, request))
    // The broker's own name is dialled at the broker's own port.
    if (this.#outcomes.at(-1)?.index === null) this.port = port
    return chooseRoutedAddresses(context, usableOutcomes(this.#outcomes), this.port)
  }

  #choose(plan: Plan): void {
    if (plan.outcome !== 'map') return
    const { indexes, port } = chooseTargets(this.#context.health, plan.decision.route, this.destination.port)
    this.#indexes = indexes
    this.port = port
  }
}

/** In the form that Node asked for: with `family`, `localAddress` or no family selection it takes one address. */
function answer(addresses: readonly Address[], { all }: LookupOptions, callback: LookupCallback): void {
  const [first] = addresses
  if (all === true) {
    callback(
      null,
      addresses.map(({ address, family }) => ({ address, family })),
    )
  } else if (first !== undefined) {
    callback(null, first.address, first.family)
  }
}

const lateAnswer =
  (addresses: readonly Address[]): LookupFunction =>
  (_host, options, callback) =>
    onNextTick(answer, addresses, options, callback)

function toFamily(family: number | string | undefined): Family | undefined {
  if (family === 4 || family === 'IPv4') return 4
  return family === 6 || family === 'IPv6' ? 6 : undefined
}
