import { isIP, type Socket } from 'node:net'
import type { Address } from '../../../lib/address/address.js'
import type { ResolveOptions, Resolver } from '../../../lib/resolver/types.js'
import type { Milliseconds } from '../../../lib/units.js'
import { SplitDnsError } from '../../errors.js'
import type { CompiledMap, Decision } from '../../map/types.js'
import type { ConnectEvent, ConnectSettings } from '../context.js'
import { hostPort } from '../../../lib/address/host-port.js'
import { describeMapping, describeTarget, describeUnmapped } from '../report/describe.js'
import type { Health } from '../health.js'
import { PacedEnds } from './paced-ends.js'
import { createPlans, type Plan, type Plans } from '../target/plan.js'
import { TargetWatch } from './target-watch.js'

export interface MovesOptions {
  readonly resolver: Resolver
  readonly settings: ConnectSettings
  readonly health: Health
  readonly currentMap: () => CompiledMap | undefined
  /** A monotonic clock. */
  readonly now: () => Milliseconds
  /** Called for each connection that was ended. */
  readonly onMoved?: (why: Error) => void
}

/** A target's name as it is followed for the connections that may lead there. */
interface Watched {
  readonly key: string
  readonly host: string
  readonly watch: TargetWatch
  readonly users: Set<Live>
}

interface Place {
  readonly watched: Watched
  readonly port: number
}

interface Live {
  readonly socket: Socket
  readonly onClose: () => void
  readonly host: string
  readonly port: number
  readonly address: string
  readonly addressPort: number
  plan: Plan
  /** Where the map leads its broker now. */
  places: readonly Place[]
  /** The place whose answers count; undefined where a reload has taken the one away that it was found under. */
  own: Place | undefined
  /** Since when, and in how many answers, its address is missing. */
  missing: { readonly sinceMs: Milliseconds; readonly answers: number } | undefined
  /** Why it is to be ended. */
  reason: string | undefined
}

const missingForMs: Milliseconds = 60_000
const missingAnswers = 2

/**
 * For so long after its last failure an address is no place to send a client to, unless it has succeeded since: the one
 * client that was sent there first tries again more often than that, and the others keep what they have.
 */
const failingForMs: Milliseconds = 10_000

/**
 * `onMove: reconnect`. Knows the live mapped connections, and ends those whose address is out of use: gone after a
 * reload, or missing from every good answer for 60 s and two answers. One by one, with an error that says why, and only
 * where there is another address that does not fail. Holds nothing of a connection that is over, and no process open.
 */
export class Moves {
  readonly #options: MovesOptions
  readonly #plans: Plans
  readonly #lives = new Map<Socket, Live>()
  readonly #watched = new Map<string, Watched>()
  readonly #ends: PacedEnds<Live>
  #isClosed = false

  constructor(options: MovesOptions) {
    this.#options = options
    this.#plans = createPlans(options.settings)
    this.#ends = new PacedEnds<Live>({
      brokerOf: ({ host, port }) => hostPort(host, port),
      mayEnd: live => this.#mayEnd(live),
      end: live => this.#end(live),
    })
  }

  /** How many connections, and how many targets' names, are followed. */
  get sizes(): { readonly connections: number; readonly targets: number } {
    return { connections: this.#lives.size, targets: this.#watched.size }
  }

  /** A connect ended; one that is up is followed until it closes. */
  connect({ outcome, host, port, address, addressPort, targetIndex, decision }: ConnectEvent, socket: Socket): void {
    if (outcome !== 'connected' || address === null || this.#isClosed || socket.destroyed) return
    this.#ends.connected(hostPort(host, port))
    const onClose = () => this.#drop(live)
    const live: Live = {
      ...{ socket, onClose, host, port, address, addressPort, plan: this.#plans(decision) },
      ...{ places: [], own: undefined, missing: undefined, reason: undefined },
    }
    this.#lives.set(socket, live)
    socket.once('close', onClose)
    this.#settle(live, decision, 'later')
    // One that the fallback `original` led elsewhere goes back to the targets by their answers, too.
    live.own = live.places[targetIndex ?? 0]
    // The map may have been replaced while it connected.
    const map = this.#options.currentMap()
    if (map !== undefined && decide(map, live) !== decision) this.#reroute(live, map)
  }

  /** Another map is in force. */
  mapChanged(map: CompiledMap): void {
    for (const live of [...this.#lives.values()]) this.#reroute(live, map)
  }

  /** Nothing is followed or ended any more; the connections stay. */
  close(): void {
    this.#isClosed = true
    this.#ends.close()
    for (const live of [...this.#lives.values()]) this.#drop(live)
  }

  #reroute(live: Live, map: CompiledMap): void {
    const decision = decide(map, live)
    // A rule that gives no usable target leads nowhere: what there is, is better.
    if (decision === undefined) return
    if (decision.route.action !== 'map') {
      this.#leave(live, [])
      live.own = undefined
      live.missing = undefined
      const refused = `${hostPort(live.host, live.port)} is refused now`
      this.#condemn(live, decision.route.action === 'refuse' ? refused : `${describeUnmapped(decision)} now`)
      return
    }
    this.#settle(live, decision, 'at once')
    this.#ends.remove(live)
    this.#judge(live)
  }

  /** The connection's places are the decision's targets. */
  #settle(live: Live, decision: Decision, when: 'at once' | 'later'): void {
    const plan = this.#plans(decision)
    const options = this.#askFor(plan, live)
    const places = decision.route.targets.map(({ host, port = live.port }) => ({
      watched: this.#watchedFor(host, options, live, when),
      port,
    }))
    const { own } = live
    live.plan = plan
    live.own = places.find(({ watched, port }) => watched === own?.watched && port === own.port)
    if (live.own === undefined) live.missing = undefined
    this.#leave(live, places)
  }

  /** As connecting asked, but never without the family that the connection is of. */
  #askFor({ ask }: Plan, { address }: Live): ResolveOptions {
    const { family } = this.#options.settings
    return ask[family === isIP(address) ? family : 0]
  }

  #watchedFor(host: string, options: ResolveOptions, live: Live, when: 'at once' | 'later'): Watched {
    const { family, fallback, upstreams } = options
    const key = [host, family, fallback, ...(upstreams?.map(({ label }) => label) ?? [])].join('|')
    const known = this.#watched.get(key)
    known?.users.add(live)
    if (known !== undefined) return known
    const { resolver } = this.#options
    const onSettled = (isGood: boolean) => this.#heard(watched, isGood)
    const watch = new TargetWatch({ host, options, resolver, onSettled })
    const watched: Watched = { key, host, watch, users: new Set([live]) }
    this.#watched.set(key, watched)
    watch.start(when)
    return watched
  }

  #leave(live: Live, places: readonly Place[]): void {
    const kept = new Set(places.map(({ watched }) => watched))
    for (const { watched } of live.places) if (!kept.has(watched)) this.#unwatch(watched, live)
    live.places = places
  }

  #unwatch(watched: Watched, live: Live): void {
    watched.users.delete(live)
    if (watched.users.size > 0) return
    watched.watch.close()
    this.#watched.delete(watched.key)
  }

  #drop(live: Live): void {
    live.socket.off('close', live.onClose)
    this.#lives.delete(live.socket)
    this.#ends.remove(live)
    this.#leave(live, [])
  }

  #heard(watched: Watched, isGood: boolean): void {
    for (const live of [...watched.users]) {
      if (isGood && live.own?.watched === watched && !this.#isInUse(live)) this.#miss(live, watched)
      this.#judge(live)
    }
  }

  /** One more good answer without the connection's address. One without the whole family says nothing of it. */
  #miss(live: Live, { watch, host }: Watched): void {
    const addresses = watch.last?.addresses ?? []
    if (!addresses.some(({ family }) => family === isIP(live.address))) return
    const nowMs = this.#options.now()
    const { sinceMs, answers } = live.missing ?? { sinceMs: nowMs, answers: 0 }
    live.missing = { sinceMs, answers: answers + 1 }
    const forMs = nowMs - sinceMs
    if (live.missing.answers < missingAnswers || forMs < missingForMs) return
    const target = this.#written(live, host)
    const count = `${live.missing.answers} answers in ${Math.round(forMs / 1000)} s`
    this.#condemn(live, `${target} has another address now, by ${count}`)
  }

  #written({ plan: { decision } }: Live, host: string): string {
    return describeTarget(
      decision,
      decision.route.targets.findIndex(target => target.host === host),
    )
  }

  #judge(live: Live): void {
    if (this.#isInUse(live)) {
      live.missing = undefined
      live.reason = undefined
      this.#ends.remove(live)
      return
    }
    const last = live.own?.watched.watch.last
    const isRefused = last?.addresses.some(({ address }) => address === live.address) === true
    if (live.own === undefined ? this.#isElsewhere(live) : isRefused) {
      this.#condemn(live, isRefused ? 'its address is refused now' : `now ${this.#mapping(live)}`)
    }
  }

  #mapping({ plan: { decision } }: Live): string {
    return describeMapping(
      decision,
      decision.route.targets.map((_, index) => index),
    )
  }

  /** All targets have been asked, and there is an address among them. */
  #isElsewhere(live: Live): boolean {
    return live.places.every(({ watched }) => watched.watch.isSettled) && this.#others(live).length > 0
  }

  #isInUse(live: Live): boolean {
    return this.#others(live).some(({ address, port }) => address === live.address && port === live.addressPort)
  }

  /** The addresses, with their ports, that the map leads the broker to, as far as is known. */
  #others(live: Live): readonly (Address & { readonly port: number })[] {
    return live.places.flatMap(({ watched: { host, watch }, port }) => {
      const { usable } = watch.last === undefined ? { usable: [] } : live.plan.gate.vet(host, watch.last)
      return usable.map(address => ({ ...address, port }))
    })
  }

  #condemn(live: Live, reason: string): void {
    live.reason = reason
    this.#ends.add(live)
  }

  /** Where the map leaves no place, the client is not to stay; else only if another place does not fail. */
  #mayEnd(live: Live): boolean {
    if (live.places.length === 0) return true
    const { health } = this.#options
    return this.#others(live).some(({ address, port }) => !health.isFailing(address, port, failingForMs))
  }

  #end(live: Live): void {
    const { socket, host, port, address, addressPort, reason = 'it is out of use' } = live
    this.#drop(live)
    const what = `ended the connection of ${hostPort(host, port)} to ${hostPort(address, addressPort)}`
    const error = new SplitDnsError('ERR_SPLIT_DNS_MOVED', `kafka-split-dns: ${what}: ${reason}`)
    this.#options.onMoved?.(error)
    // An error that nobody listens to would end the process.
    if (socket.listenerCount('error') > 0) socket.destroy(error)
    else socket.destroy()
  }
}

function decide(map: CompiledMap, { host, port }: Live): Decision | undefined {
  try {
    return map.decide(host, port)
  } catch {
    return undefined
  }
}
