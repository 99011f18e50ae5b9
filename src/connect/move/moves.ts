import { isIP, type Socket } from 'node:net'
import type { Address } from '../../../lib/address/address.js'
import type { ResolveOptions } from '../../../lib/resolver/types.js'
import type { Milliseconds } from '../../../lib/units.js'
import { SplitDnsError } from '../../errors.js'
import type { CompiledMap } from '../../map/types.js'
import type { ConnectContext, LiveConnection } from '../context.js'
import { hostPort } from '../../../lib/address/host-port.js'
import { describeMapping, describeTarget, describeUnmapped, oneLine } from '../report/describe.js'
import { PacedEnds } from './paced-ends.js'
import type { Plan } from '../plan.js'
import { TargetWatch } from './target-watch.js'

/** What moving connections needs of connecting. */
type MovesContext = Pick<ConnectContext, 'resolver' | 'settings' | 'health' | 'plans' | 'currentMap' | 'now'>

/** A target's name as it is followed for the connections that may lead there. */
interface FollowedTarget {
  readonly key: string
  readonly host: string
  readonly watch: TargetWatch
  readonly users: Set<FollowedConnection>
}

interface TargetAtPort {
  readonly followed: FollowedTarget
  readonly port: number
}

interface FollowedConnection extends LiveConnection {
  readonly onClose: () => void
  plan: Plan
  /** Where the map leads its broker now. */
  targets: readonly TargetAtPort[]
  /** The target whose answers count; undefined where a reload has taken the one away that it was found under. */
  currentTarget: TargetAtPort | undefined
  /** Since when, and in how many answers, its address is missing. */
  missing: { readonly sinceMs: Milliseconds; readonly answers: number } | undefined
  /** Why it is to be ended. */
  reason: string | undefined
}

const missingForMs: Milliseconds = 60_000
const missingAnswers = 2

/**
 * For so long after its last failure no further client is sent to an address, unless a connect has succeeded since. The
 * client that was sent there first tries again more often than that, and the others keep the connections they have.
 */
const failingForMs: Milliseconds = 10_000

/**
 * `onMove: reconnect`. Knows the live mapped connections, and ends those whose address is out of use: gone after a
 * reload, or missing from every good answer for 60 s and two answers. One by one, with an error that says why, and only
 * where there is another address that does not fail. Holds nothing of a connection that is over, and no process open.
 */
export class Moves {
  readonly #context: MovesContext
  readonly #onMoved: ((why: Error) => void) | undefined
  readonly #connections = new Map<Socket, FollowedConnection>()
  readonly #targets = new Map<string, FollowedTarget>()
  readonly #ends: PacedEnds<FollowedConnection>
  #isClosed = false

  /** `onMoved` is called for each connection that was ended. */
  constructor(context: MovesContext, onMoved?: (why: Error) => void) {
    this.#context = context
    this.#onMoved = onMoved
    this.#ends = new PacedEnds<FollowedConnection>({
      brokerOf: ({ plan: { host, port } }) => hostPort(host, port),
      mayEnd: connection => this.#mayEnd(connection),
      end: connection => this.#end(connection),
    })
  }

  /** How many connections, and how many targets' names, are followed. */
  get sizes(): { readonly connections: number; readonly targets: number } {
    return { connections: this.#connections.size, targets: this.#targets.size }
  }

  /** The connection is followed until it closes. */
  follow(live: LiveConnection): void {
    const { socket, plan, targetIndex } = live
    if (this.#isClosed || socket.destroyed) return
    this.#ends.connected(hostPort(plan.host, plan.port))
    const onClose = () => this.#drop(connection)
    const nothingYet = { targets: [], currentTarget: undefined, missing: undefined, reason: undefined }
    const connection: FollowedConnection = { ...live, onClose, ...nothingYet }
    this.#connections.set(socket, connection)
    socket.once('close', onClose)
    this.#settle(connection, plan, 'later')
    // One that the fallback `original` led elsewhere goes back to the targets by their answers, too.
    connection.currentTarget = connection.targets[targetIndex ?? 0]
    // The map may have been replaced while it connected.
    const map = this.#context.currentMap()
    if (map !== undefined && this.#planIn(map, connection) !== plan) this.#reroute(connection, map)
  }

  /** Another map is in force. */
  mapChanged(map: CompiledMap): void {
    for (const connection of [...this.#connections.values()]) this.#reroute(connection, map)
  }

  /** Nothing is followed or ended any more; the connections stay. */
  close(): void {
    this.#isClosed = true
    this.#ends.close()
    for (const connection of [...this.#connections.values()]) this.#drop(connection)
  }

  #reroute(connection: FollowedConnection, map: CompiledMap): void {
    const plan = this.#planIn(map, connection)
    // A rule that gives no usable target leads nowhere: what there is, is better.
    if (plan === undefined) return
    if (plan.outcome !== 'map') {
      this.#leave(connection, [])
      connection.currentTarget = undefined
      connection.missing = undefined
      const refused = `${hostPort(plan.host, plan.port)} is refused now`
      this.#scheduleEnd(connection, plan.outcome === 'refuse' ? refused : `${describeUnmapped(plan)} now`)
      return
    }
    this.#settle(connection, plan, 'at once')
    this.#ends.remove(connection)
    this.#review(connection)
  }

  /** undefined where a rule matches but gives no usable target. */
  #planIn(map: CompiledMap, { plan: { host, port } }: FollowedConnection): Plan | undefined {
    try {
      return this.#context.plans.find(map, host, port)
    } catch {
      return undefined
    }
  }

  /** The connection may lead to the plan's targets. */
  #settle(connection: FollowedConnection, plan: Plan, when: 'at once' | 'later'): void {
    const options = this.#resolveOptions(plan, connection)
    const targets = plan.decision.route.targets.map(({ host, port = plan.port ?? connection.addressPort }) => ({
      followed: this.#followTarget(host, options, connection, when),
      port,
    }))
    const { currentTarget: before } = connection
    connection.plan = plan
    connection.currentTarget = targets.find(
      ({ followed, port }) => followed === before?.followed && port === before.port,
    )
    if (connection.currentTarget === undefined) connection.missing = undefined
    this.#leave(connection, targets)
  }

  /** As connecting asked, but never without the family that the connection is of. */
  #resolveOptions({ policy }: Plan, { address }: FollowedConnection): ResolveOptions {
    const { family } = this.#context.settings
    return policy.resolveOptions[family === isIP(address) ? family : 0]
  }

  #followTarget(
    host: string,
    options: ResolveOptions,
    connection: FollowedConnection,
    when: 'at once' | 'later',
  ): FollowedTarget {
    const { family, fallback, upstreams } = options
    const key = [host, family, fallback, ...(upstreams?.map(({ label }) => label) ?? [])].join('|')
    const known = this.#targets.get(key)
    known?.users.add(connection)
    if (known !== undefined) return known
    const { resolver } = this.#context
    const onSettled = (isGood: boolean) => this.#onAnswer(target, isGood)
    const watch = new TargetWatch({ host, options, resolver, onSettled })
    const target: FollowedTarget = { key, host, watch, users: new Set([connection]) }
    this.#targets.set(key, target)
    watch.start(when)
    return target
  }

  #leave(connection: FollowedConnection, targets: readonly TargetAtPort[]): void {
    const kept = new Set(targets.map(({ followed }) => followed))
    for (const { followed } of connection.targets) if (!kept.has(followed)) this.#unfollow(followed, connection)
    connection.targets = targets
  }

  #unfollow(target: FollowedTarget, connection: FollowedConnection): void {
    target.users.delete(connection)
    if (target.users.size > 0) return
    target.watch.close()
    this.#targets.delete(target.key)
  }

  #drop(connection: FollowedConnection): void {
    connection.socket.off('close', connection.onClose)
    this.#connections.delete(connection.socket)
    this.#ends.remove(connection)
    this.#leave(connection, [])
  }

  #onAnswer(target: FollowedTarget, isGood: boolean): void {
    for (const connection of [...target.users]) {
      if (isGood && connection.currentTarget?.followed === target && !this.#isInUse(connection))
        this.#miss(connection, target)
      this.#review(connection)
    }
  }

  /** One more good answer without the connection's address. One without the whole family says nothing of it. */
  #miss(connection: FollowedConnection, { watch, host }: FollowedTarget): void {
    const addresses = watch.last?.addresses ?? []
    if (!addresses.some(({ family }) => family === isIP(connection.address))) return
    const nowMs = this.#context.now()
    const { sinceMs, answers } = connection.missing ?? { sinceMs: nowMs, answers: 0 }
    connection.missing = { sinceMs, answers: answers + 1 }
    const forMs = nowMs - sinceMs
    if (connection.missing.answers < missingAnswers || forMs < missingForMs) return
    const target = this.#written(connection, host)
    const count = `${connection.missing.answers} answers in ${Math.round(forMs / 1000)} s`
    this.#scheduleEnd(connection, `${target} has another address now, by ${count}`)
  }

  #written({ plan }: FollowedConnection, host: string): string {
    return describeTarget(
      plan,
      plan.decision.route.targets.findIndex(target => target.host === host),
    )
  }

  #review(connection: FollowedConnection): void {
    if (this.#isInUse(connection)) {
      connection.missing = undefined
      connection.reason = undefined
      this.#ends.remove(connection)
      return
    }
    const last = connection.currentTarget?.followed.watch.last
    const isRefused = last?.addresses.some(({ address }) => address === connection.address) === true
    if (connection.currentTarget === undefined ? this.#isElsewhere(connection) : isRefused) {
      this.#scheduleEnd(
        connection,
        isRefused ? 'its address is refused now' : `now ${describeMapping(connection.plan)}`,
      )
    }
  }

  /** All targets have been asked, and there is an address among them. */
  #isElsewhere(connection: FollowedConnection): boolean {
    return (
      connection.targets.every(({ followed }) => followed.watch.isSettled) && this.#addresses(connection).length > 0
    )
  }

  #isInUse(connection: FollowedConnection): boolean {
    return this.#addresses(connection).some(
      ({ address, port }) => address === connection.address && port === connection.addressPort,
    )
  }

  /** The addresses, with their ports, that the map leads the broker to, as far as is known. */
  #addresses(connection: FollowedConnection): readonly (Address & { readonly port: number })[] {
    const { policy, decision } = connection.plan
    return connection.targets.flatMap(({ followed: { watch }, port }, index) => {
      if (watch.last === undefined) return []
      const { usable } = policy.vet(watch.last, decision.targetIsComputed[index] === true)
      return usable.map(address => ({ ...address, port }))
    })
  }

  #scheduleEnd(connection: FollowedConnection, reason: string): void {
    connection.reason = reason
    this.#ends.add(connection)
  }

  /** Where the map leaves no place, the client is not to stay; else only if another place does not fail. */
  #mayEnd(connection: FollowedConnection): boolean {
    if (connection.targets.length === 0) return true
    const { health } = this.#context
    return this.#addresses(connection).some(({ address, port }) => !health.isFailing(address, port, failingForMs))
  }

  #end(connection: FollowedConnection): void {
    const { socket, plan, address, addressPort, reason = 'it is out of use' } = connection
    this.#drop(connection)
    const what = `ended the connection of ${hostPort(plan.host, plan.port)} to ${hostPort(address, addressPort)}`
    const error = new SplitDnsError('ERR_SPLIT_DNS_MOVED', oneLine(`kafka-split-dns: ${what}: ${reason}`))
    this.#onMoved?.(error)
    // An error that nobody listens to would end the process.
    if (socket.listenerCount('error') > 0) socket.destroy(error)
    else socket.destroy()
  }
}
