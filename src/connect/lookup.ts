import dns, { type LookupAddress, type LookupAllOptions, type LookupOneOptions, type LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import type { Address } from '../../lib/address/address.js'
import type { ResolveOptions } from '../../lib/resolver/types.js'
import type { CompiledMap, Decision } from '../map/types.js'
import { closed, lookupError, notAHostName, portNeeded } from './report/connect-errors.js'
import type { ConnectContext } from './context.js'
import { describeMapping } from './report/describe.js'
import { refuse } from './socket/dial.js'
import { isHostName } from './host-name.js'
import { arrange, familyToAsk, readArguments, type Asked } from './lookup-arguments.js'
import { createPlans, type Plan, type Plans } from './target/plan.js'
import { readyMap } from './target/ready-map.js'
import { resolveTargets, usableOutcomes } from './target/resolve-targets.js'

type OneCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void
type AllCallback = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void
type AnyCallback = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

/** `dns.lookup` with all its call forms; it calls back on a later tick, once. */
export interface Lookup {
  (hostname: string, callback: OneCallback): void
  (hostname: string, options: number | LookupOneOptions, callback: OneCallback): void
  (hostname: string, options: LookupAllOptions, callback: AllCallback): void
  (hostname: string, options: LookupOptions, callback: AnyCallback): void
}

type Callback = (...args: unknown[]) => void

/**
 * A drop-in for `dns.lookup` that leads mapped names to their targets' addresses; all other names and literals are
 * Node's own. It knows no port: rules with a port don't count, and a target that sets one is `ERR_SPLIT_DNS_TARGET`.
 * Never answers an empty list. The hint ADDRCONFIG is ignored.
 * @internal
 */
export function createLookup(context: ConnectContext): Lookup {
  const mapped = new MappedLookup(context)
  const lookup = (hostname: unknown, options: unknown, callback?: unknown): void => {
    mapped.look({ hostname, options, callback })
  }
  const promised = (hostname: string, options?: LookupOptions | number) =>
    new Promise((resolve, reject) => {
      lookup(hostname, options, (error: Error | null, address: unknown, family: unknown) => {
        if (error) reject(error)
        else resolve(Array.isArray(address) ? address : { address, family })
      })
    })
  return Object.defineProperty(lookup, promisify.custom, { value: promised })
}

/** The arguments of one call, as they came. */
interface Call {
  readonly hostname: unknown
  readonly options: unknown
  readonly callback: unknown
}

/** As a property at call time: tools that wrap it keep their spans. With as many arguments as it was called with. */
function leaveToNode({ hostname, options, callback }: Call): void {
  Reflect.apply(dns.lookup, dns, callback === undefined ? [hostname, options] : [hostname, options, callback])
}

/** A decision with what a look-up in memory needs at hand. */
interface Known {
  readonly plan: Plan
  /** Node answers a literal with itself, whatever a rule says of it: a socket never asks for one. */
  readonly isLiteral: boolean
  /** The last answer's addresses and what the gate made of them: as a rule it is the same answer again. */
  addresses: readonly Address[] | undefined
  usable: readonly Address[]
}

// As many as the map's own memory of decisions holds for a time.
const maxKnown = 2048

class MappedLookup {
  readonly #context: ConnectContext
  readonly #plans: Plans
  // By the host as it was asked, for the map in force: deciding again would cost more than all the rest.
  readonly #known = new Map<string, Known>()
  #knownIn: CompiledMap | undefined

  constructor(context: ConnectContext) {
    this.#context = context
    this.#plans = createPlans(context.settings)
  }

  /** Answers from memory where that is possible, without a promise. Throws on wrong arguments alone. */
  look(call: Call): void {
    const { hostname, options, callback } = call
    if (hostname && typeof hostname !== 'string') {
      leaveToNode(call)
      return
    }
    const asked = readArguments(options, callback)
    const done = (typeof options === 'function' ? options : callback) as Callback
    const host = typeof hostname === 'string' ? hostname : ''
    const context = this.#context
    if (context.isClosed()) {
      process.nextTick(done, closed(host))
      return
    }
    const map = context.currentMap()
    if (map === undefined) {
      this.#lookLate(call, host, done)
      return
    }
    try {
      this.#lookIn(map, call, host, asked, done)
    } catch (error) {
      process.nextTick(done, error)
    }
  }

  #lookIn(map: CompiledMap, call: Call, host: string, asked: Asked, done: Callback): void {
    if (map !== this.#knownIn) this.#forget(map)
    const known = this.#known.get(host)
    if (known !== undefined) {
      this.#lookUp(known, call, host, asked, done)
      return
    }
    const decision = map.decide(host)
    switch (decision.route.action) {
      case 'map':
        this.#lookUp(this.#remember(host, decision), call, host, asked, done)
        return
      case 'refuse':
        process.nextTick(done, refuse(this.#context, decision))
        return
      case 'system':
        if (map.ruleCount > 0) this.#context.observer.unmapped?.(decision)
        if (map.ruleCount === 0 || isHostName(host) || isIP(host) !== 0) leaveToNode(call)
        else process.nextTick(done, notAHostName(host))
    }
  }

  #lookUp(known: Known, call: Call, host: string, asked: Asked, done: Callback): void {
    if (known.isLiteral) {
      leaveToNode(call)
      return
    }
    if (known.plan.setsPort) {
      process.nextTick(done, portNeeded(known.plan.decision))
      return
    }
    const found = this.#peek(known, asked)
    if (found === undefined) this.#resolve(known.plan, host, asked, done)
    else deliver(found, asked, done)
  }

  #remember(host: string, decision: Decision): Known {
    if (this.#known.size >= maxKnown) this.#known.clear()
    const isLiteral = isIP(decision.route.host) !== 0
    const known: Known = { plan: this.#plans(decision), isLiteral, addresses: undefined, usable: [] }
    this.#known.set(host, known)
    return known
  }

  #forget(map: CompiledMap): void {
    this.#known.clear()
    this.#knownIn = map
  }

  /** The addresses that need no waiting: of the first target, and of the others as far as they are known. */
  #peek(known: Known, asked: Asked): LookupAddress[] | undefined {
    const { resolver, observer, settings } = this.#context
    const { decision, ask } = known.plan
    const { targets } = decision.route
    const options = ask[familyToAsk(asked, settings.family)]
    // Not destructured: an iterator costs as much as the clock.
    const first = targets[0]
    const answer = first === undefined ? undefined : resolver.peek(first.host, options)
    if (first === undefined || answer === undefined) return undefined
    if (answer.addresses !== known.addresses) {
      known.usable = known.plan.gate.vet(first.host, answer).usable
      known.addresses = answer.addresses
    }
    const found = arrange(targets.length === 1 ? known.usable : this.#addOthers(known, options), asked)
    if (found.length === 0 || known.usable.length === 0) return undefined
    try {
      observer.hit(decision, answer)
    } catch {
      // As in `notify`, whose closure is saved here.
    }
    return found
  }

  #addOthers({ plan, usable }: Known, options: ResolveOptions): readonly Address[] {
    const others = plan.decision.route.targets.slice(1).flatMap(({ host }) => {
      const answer = this.#context.resolver.peek(host, options)
      return answer === undefined ? [] : plan.gate.vet(host, answer).usable
    })
    return [...usable, ...others]
  }

  #resolve(plan: Plan, host: string, asked: Asked, done: Callback): void {
    const { settings, now } = this.#context
    const { decision } = plan
    const question = {
      plan,
      indexes: decision.route.targets.map((_, index) => index),
      family: familyToAsk(asked, settings.family),
      deadlineMs: now() + settings.timeoutMs,
      waitForAll: false,
    }
    resolveTargets(this.#context, question).then(
      resolved => {
        const found = arrange(
          usableOutcomes(resolved).flatMap(({ usable }) => usable),
          asked,
        )
        if (found.length > 0) deliver(found, asked, done)
        else process.nextTick(done, noneOfFamily(decision, host, asked))
      },
      (error: unknown) => {
        process.nextTick(done, this.#context.isClosed() ? closed(host) : error)
      },
    )
  }

  #lookLate(call: Call, host: string, done: Callback): void {
    const { now, settings } = this.#context
    readyMap(this.#context, host, now() + settings.timeoutMs).then(
      () => process.nextTick(() => this.look(call)),
      (error: unknown) => process.nextTick(done, error),
    )
  }
}

/** On a later tick and off every promise: what the caller's callback throws is an uncaught exception, as with Node. */
function deliver(found: LookupAddress[], { all }: Asked, done: Callback): void {
  if (all) process.nextTick(done, null, found)
  else process.nextTick(done, null, found[0]?.address, found[0]?.family)
}

function noneOfFamily(decision: Decision, host: string, { family }: Asked): Error {
  const indexes = decision.route.targets.map((_, index) => index)
  return lookupError('ENOTFOUND', host, `${describeMapping(decision, indexes)}; no IPv${family} address`)
}
