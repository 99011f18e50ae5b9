import dns, { type LookupOptions } from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import type { Family } from '../../../lib/address/address.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { Decision } from '../../map/types.js'
import { chooseAddresses, chooseTargets, type Candidate, type Choice } from './choose.js'
import { closed, notAHostName, refusedByMap } from '../report/connect-errors.js'
import { notify, type ConnectContext } from '../context.js'
import { hostPort } from '../../../lib/address/host-port.js'
import { describeMapping, describeUnmapped } from '../report/describe.js'
import { isHostName } from '../host-name.js'
import { isGivenUp } from './given-up.js'
import type { Plans } from '../target/plan.js'
import { readyMap } from '../target/ready-map.js'
import { resolveTargets, usableOutcomes } from '../target/resolve-targets.js'

/** What the client asked to be connected to. */
export interface Destination {
  readonly host: string
  readonly port: number
  /** The address that the socket is bound to, where the client gave one. */
  readonly localAddress?: unknown
}

/** Where a look-up leads. */
interface Found {
  readonly port: number
  readonly candidates: readonly Candidate[]
}

type LookupCallback = Parameters<LookupFunction>[2]

/** Connects the socket once more, to the port and by the look-up given. */
export type Redial = (port: number, lookup: LookupFunction) => void

/** The way of one connect from the broker's name to addresses: decided by the map, looked up, handed to Node once. */
export class Dial {
  readonly broker: string
  readonly #context: ConnectContext
  readonly #plans: Plans
  readonly #destination: Destination
  readonly #deadlineMs: Milliseconds
  #decision: Decision | undefined
  #choice: Choice
  #candidates: readonly Candidate[] = []

  /** Without a decision the map is awaited when Node looks up. */
  constructor(context: ConnectContext, plans: Plans, destination: Destination, decision?: Decision) {
    this.#context = context
    this.#plans = plans
    this.#destination = destination
    this.broker = hostPort(destination.host, destination.port)
    this.#deadlineMs = context.now() + context.settings.timeoutMs
    this.#decision = decision
    this.#choice = this.#choose(decision)
  }

  get decision(): Decision | undefined {
    return this.#decision
  }

  /** What the client asked for. */
  get asked(): Destination {
    return this.#destination
  }

  /** The port that the socket is dialled at, as far as is known now. */
  get port(): number {
    return this.#choice.port
  }

  /** The target that the address belongs to, by its index; null for none. */
  targetOf(address: string): number | null {
    return this.#candidates.find(candidate => candidate.address === address)?.index ?? null
  }

  /** What the map did, for errors. */
  describe(): string {
    if (this.#decision === undefined) return `${this.broker}; no map was in force yet`
    if (this.#decision.route.action !== 'map') return describeUnmapped(this.#decision)
    return describeMapping(this.#decision, this.#choice.indexes)
  }

  /**
   * The function that Node is given to look the host up. It answers on a later tick, once, or never: where the socket
   * is over by then (it is destroyed, so that no connection is made that nobody waits for), and where another port
   * turned out to be right, to which `redial` then connects.
   */
  lookupFor(getSocket: () => Socket, redial: Redial): LookupFunction {
    return (_host, options, callback) => {
      const dialledPort = this.port
      // Off the promise: what Node's callback throws is no rejection.
      const later = (act: () => void) =>
        process.nextTick(() => {
          const socket = getSocket()
          if (isGivenUp(socket)) socket.destroy()
          else act()
        })
      this.#find(options).then(
        found =>
          later(() => {
            if (found?.port === dialledPort) answer(found, options, callback)
            else this.#goElsewhere(found, options, callback, redial)
          }),
        (error: unknown) => later(() => callback(toError(error), [])),
      )
    }
  }

  /** To the system's own answer or to another port. A replaced dns.lookup or connect may throw: that fails the connect. */
  #goElsewhere(found: Found | undefined, options: LookupOptions, callback: LookupCallback, redial: Redial): void {
    try {
      if (found === undefined) dns.lookup(this.#destination.host, options, callback)
      else redial(found.port, lateAnswer(found))
    } catch (error) {
      callback(toError(error), [])
    }
  }

  /** The addresses to dial; undefined where the map leaves the host to the system. */
  async #find({ family }: LookupOptions): Promise<Found | undefined> {
    const decision = (this.#decision ??= await this.#decideLate())
    if (decision.route.action !== 'map') return undefined
    const plan = this.#plans(decision)
    const { settings, health } = this.#context
    const question = {
      plan,
      indexes: this.#choice.indexes,
      family: toFamily(family) ?? this.#localFamily() ?? settings.family,
      deadlineMs: this.#deadlineMs,
      waitForAll: false,
    }
    const resolved = await resolveTargets(this.#context, question).catch((error: unknown) => {
      throw this.#context.isClosed() ? closed(this.broker) : error
    })
    // The broker's own name is dialled at the broker's own port.
    const port = resolved.original === null ? this.#choice.port : this.#destination.port
    this.#candidates = chooseAddresses(health, usableOutcomes(resolved), port)
    this.#choice = { ...this.#choice, port }
    return { port, candidates: this.#candidates }
  }

  async #decideLate(): Promise<Decision> {
    const map = await readyMap(this.#context, this.broker, this.#deadlineMs)
    const { host, port } = this.#destination
    const decision = map.decide(host, port)
    if (decision.route.action === 'refuse') throw refuse(this.#context, decision)
    if (decision.route.action === 'system' && map.ruleCount > 0 && !isHostName(host) && isIP(host) === 0) {
      throw notAHostName(host)
    }
    if (decision.route.action === 'system' && map.ruleCount > 0) this.#context.observer.unmapped?.(decision)
    this.#choice = this.#choose(decision)
    return decision
  }

  #choose(decision: Decision | undefined): Choice {
    const { port } = this.#destination
    if (decision?.route.action !== 'map') return { indexes: [], port }
    return chooseTargets(this.#context.health, decision.route, port)
  }

  /** A socket bound to a local address can reach no other family. */
  #localFamily(): Family | undefined {
    const { localAddress } = this.#destination
    return typeof localAddress === 'string' ? toFamily(isIP(localAddress)) : undefined
  }
}

/** The error for a broker that the map refuses; the owner is told. */
export function refuse(context: ConnectContext, decision: Decision): Error {
  const error = refusedByMap(decision)
  const { host, port, rule } = decision.route
  const reason = rule === null ? 'unmapped' : 'rule'
  notify(() => context.observer.refused({ host, port, decision, reason, error }))
  return error
}

/** In the form that Node asked for: with `family`, `localAddress` or no family selection it takes one address. */
function answer({ candidates }: Found, { all }: LookupOptions, callback: LookupCallback): void {
  const [first] = candidates
  if (all === true) {
    callback(
      null,
      candidates.map(({ address, family }) => ({ address, family })),
    )
  } else if (first !== undefined) {
    callback(null, first.address, first.family)
  }
}

const lateAnswer =
  (found: Found): LookupFunction =>
  (_host, options, callback) =>
    process.nextTick(answer, found, options, callback)

function toFamily(family: number | string | undefined): Family | undefined {
  if (family === 4 || family === 'IPv4') return 4
  return family === 6 || family === 'IPv6' ? 6 : undefined
}

const toError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)))
