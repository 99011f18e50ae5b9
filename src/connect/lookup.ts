import dns, { type LookupAddress, type LookupAllOptions, type LookupOneOptions, type LookupOptions } from 'node:dns'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import type { Address } from '../../lib/address/address.js'
import type { CompiledMap, Decision } from '../map/types.js'
import { closed, lookupError, notAHostName, portNeeded } from './connect-errors.js'
import type { ConnectContext } from './context.js'
import { describeMapping } from './describe.js'
import { refuse } from './dial.js'
import { isHostName } from './host-name.js'
import { arrange, familyToAsk, readArguments, type Asked } from './lookup-arguments.js'
import { createPlans, type Plan } from './plan.js'
import { readyMap } from './ready-map.js'
import { resolveTargets, usableOutcomes } from './resolve-targets.js'

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
 */
export function createLookup(context: ConnectContext): Lookup {
  const mapped = new MappedLookup(context)
  const lookup = (hostname: unknown, options: unknown, callback?: unknown): void => {
    if (hostname && typeof hostname !== 'string') {
      nodeLookup(hostname, options, callback)
      return
    }
    const asked = readArguments(options, callback)
    const done = (typeof options === 'function' ? options : callback) as Callback
    const host = typeof hostname === 'string' ? hostname : ''
    mapped.look(host, asked, done, () => nodeLookup(hostname, options, callback))
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

/** As a property at call time: tools that wrap it keep their spans. With as many arguments as it was called with. */
function nodeLookup(hostname: unknown, options: unknown, callback: unknown): void {
  Reflect.apply(dns.lookup, dns, callback === undefined ? [hostname, options] : [hostname, options, callback])
}

class MappedLookup {
  readonly #context: ConnectContext
  readonly #plans: (decision: Decision) => Plan

  constructor(context: ConnectContext) {
    this.#context = context
    this.#plans = createPlans(context.settings)
  }

  /** Answers from memory where that is possible, without a promise; `leave` hands the call to Node. */
  look(host: string, asked: Asked, done: Callback, leave: () => void): void {
    const context = this.#context
    if (context.isClosed()) {
      process.nextTick(done, closed(host))
      return
    }
    const map = context.currentMap()
    if (map === undefined) {
      this.#lookLate(host, asked, done, leave)
      return
    }
    try {
      this.#lookIn(map, host, asked, done, leave)
    } catch (error) {
      process.nextTick(done, error)
    }
  }

  #lookIn(map: CompiledMap, host: string, asked: Asked, done: Callback, leave: () => void): void {
    const decision = map.decide(host)
    switch (decision.route.action) {
      case 'map':
        // Node answers a literal with itself, whatever a rule says of it: a socket never asks for one.
        if (isLiteral(decision)) leave()
        else this.#lookUp(decision, host, asked, done)
        return
      case 'refuse':
        process.nextTick(done, refuse(this.#context, decision))
        return
      case 'system':
        if (map.ruleCount === 0 || isHostName(host) || isIP(host) !== 0) leave()
        else process.nextTick(done, notAHostName(host))
    }
  }

  #lookUp(decision: Decision, host: string, asked: Asked, done: Callback): void {
    const plan = this.#plans(decision)
    if (plan.setsPort) {
      process.nextTick(done, portNeeded(decision))
      return
    }
    const known = this.#peek(plan, asked)
    if (known === undefined) this.#resolve(plan, host, asked, done)
    else deliver(known, asked, done)
  }

  /** The addresses that need no waiting: of the first target, and of the others as far as they are known. */
  #peek(plan: Plan, asked: Asked): LookupAddress[] | undefined {
    const { resolver, observer, settings } = this.#context
    const { targets } = plan.decision.route
    const options = plan.ask[familyToAsk(asked, settings.family)]
    let found: readonly Address[] | undefined
    for (const { host } of targets) {
      const answer = resolver.peek(host, options)
      if (answer === undefined) {
        if (found === undefined) return undefined
        continue
      }
      const { usable } = plan.gate.vet(host, answer)
      if (found === undefined) {
        if (usable.length === 0) return undefined
        try {
          observer.hit(plan.decision, answer)
        } catch {
          // As in `notify`, whose closure is saved here.
        }
      }
      found = found === undefined ? usable : [...found, ...usable]
    }
    const arranged = found === undefined ? [] : arrange(found, asked)
    return arranged.length === 0 ? undefined : arranged
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

  #lookLate(host: string, asked: Asked, done: Callback, leave: () => void): void {
    const { now, settings } = this.#context
    readyMap(this.#context, host, now() + settings.timeoutMs).then(
      () => process.nextTick(() => this.look(host, asked, done, leave)),
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

// By decision, because isIP costs more than the rest of a warm look-up.
const literals = new WeakMap<Decision, boolean>()

function isLiteral(decision: Decision): boolean {
  const known = literals.get(decision)
  if (known !== undefined) return known
  const is = isIP(decision.route.host) !== 0
  literals.set(decision, is)
  return is
}
