import dns, { type LookupAddress, type LookupAllOptions, type LookupOneOptions, type LookupOptions } from 'node:dns'
import { promisify } from 'node:util'
import type { Address, Family } from '../../lib/address/address.js'
import type { ResolveOptions } from '../../lib/resolver/types.js'
import { catchRejection, codeOf, isError } from '../../lib/thrown.js'
import { onNextTick } from '../../lib/timers.js'
import type { ConnectContext } from './context.js'
import { arrange, familyToResolve, readArguments, type LookupRequest } from './lookup-arguments.js'
import type { Plan } from './plan.js'
import { closed, lookupError, portNeeded } from './report/connect-errors.js'
import { annotate, describeMapping, describeUnmapped, nearMatch } from './report/describe.js'
import { LookupFlights } from './target/lookup-flights.js'
import { route, routeWhenReady } from './target/route.js'

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

type Callback = (...args: unknown[]) => unknown

/**
 * A drop-in for `dns.lookup` that leads mapped names to their targets' addresses; all other names and literals are
 * Node's own. It knows no port: rules with a port don't count, and a target that sets one is `ERR_SPLIT_DNS_TARGET`.
 * Never answers an empty list. The hint ADDRCONFIG is ignored.
 * @internal
 */
export function createLookup(context: ConnectContext): Lookup {
  const flights = new LookupFlights(context)
  // Answers from memory where that is possible, without a promise. Throws only on wrong arguments.
  const lookup = (hostname: unknown, options: unknown, callback?: unknown): void => {
    if (typeof hostname !== 'string' || hostname === '') {
      leaveToNode(hostname, options, callback)
      return
    }
    const request = readArguments(options, callback)
    const done = (typeof options === 'function' ? options : callback) as Callback
    try {
      const plan = route(context, hostname, undefined)
      if (plan === undefined) {
        // Off the promise, as in `callLater`.
        const again = () => onNextTick(() => lookup(hostname, options, callback))
        const failed = (error: unknown) => callLater(context, () => done(error))
        routeWhenReady(context, hostname, undefined, context.now() + context.settings.timeoutMs).then(again, failed)
      } else if (plan.outcome === 'system' || plan.isLiteral)
        leaveToNode(hostname, ...explained(plan, options, callback))
      else if (plan.setsPort) callLater(context, () => done(portNeeded(plan)))
      else {
        const family = familyToResolve(request, context.settings.family)
        const known = flights.has(plan, family) ? undefined : peek(context, plan, request, family)
        if (known === undefined) resolve(context, flights.resolve(plan, family), plan, request, done)
        else deliver(context, known, request, done)
      }
    } catch (error) {
      callLater(context, () => done(error))
    }
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
function leaveToNode(hostname: unknown, options: unknown, callback: unknown): void {
  Reflect.apply(dns.lookup, dns, callback === undefined ? [hostname, options] : [hostname, options, callback])
}

/**
 * The arguments after the host name, with a callback whose error says why no rule counts where a map is set, or which rule
 * nearly matched: one with a port never matches here.
 */
function explained(plan: Plan, options: unknown, callback: unknown): [options: unknown, callback: unknown] {
  if (!plan.hasRules && plan.whyNoRules === undefined) return [options, callback]
  const done = (typeof options === 'function' ? options : callback) as Callback
  const explain: Callback = (error, ...rest) => {
    if (isError(error) && (plan.whyNoRules !== undefined || nearMatch(plan) !== undefined)) {
      annotate(error, `getaddrinfo ${codeOf(error) ?? 'failed'} ${plan.host}`, describeUnmapped(plan))
    }
    return done(error, ...rest)
  }
  return typeof options === 'function' ? [explain, callback] : [options, explain]
}

/** The addresses that need no waiting: of the first target, and of the others as far as they are known. */
function peek(
  context: ConnectContext,
  plan: Plan,
  request: LookupRequest,
  family: 0 | Family,
): LookupAddress[] | undefined {
  const { resolver, observer } = context
  const { targets } = plan.decision.route
  const options = plan.resolveOptions[family]
  // Not destructured: an iterator costs as much as reading the clock.
  const first = targets[0]
  const answer = first === undefined ? undefined : resolver.peek(first.host, options)
  if (answer === undefined) return undefined
  const { usable } = plan.gate.vet(answer, plan.decision.targetIsComputed[0])
  if (usable.length === 0) return undefined
  const found = arrange(targets.length === 1 ? usable : [...usable, ...peekOthers(context, plan, options)], request)
  if (found.length === 0) return undefined
  try {
    observer.hit(plan, answer)
  } catch {
    // As in `notify`, whose closure is saved here.
  }
  return found
}

function peekOthers({ resolver }: ConnectContext, plan: Plan, options: ResolveOptions): readonly Address[] {
  const { route, targetIsComputed } = plan.decision
  return route.targets.flatMap(({ host }, index) => {
    const answer = index === 0 ? undefined : resolver.peek(host, options)
    return answer === undefined ? [] : plan.gate.vet(answer, targetIsComputed[index]).usable
  })
}

function resolve(
  context: ConnectContext,
  addresses: Promise<readonly Address[]>,
  plan: Plan,
  request: LookupRequest,
  done: Callback,
): void {
  addresses.then(
    usable => {
      const found = arrange(usable, request)
      if (found.length > 0) deliver(context, found, request, done)
      else callLater(context, () => done(noneOfFamily(plan, request)))
    },
    (error: unknown) => {
      callLater(context, () => done(context.isClosed() ? closed(plan.host) : error))
    },
  )
}

function deliver(context: ConnectContext, found: LookupAddress[], { all }: LookupRequest, done: Callback): void {
  callLater(context, all ? () => done(null, found) : () => done(null, found[0]?.address, found[0]?.family))
}

/**
 * On a later tick and off every promise: what the caller's callback throws is an uncaught exception, as with Node. What a
 * promise that it returns rejects with is reported, and does not end the process.
 */
function callLater({ observer }: ConnectContext, callback: () => unknown): void {
  onNextTick(() => catchRejection(callback(), error => observer.callbackFailed?.('the callback of lookup', error)))
}

function noneOfFamily(plan: Plan, { family }: LookupRequest): Error {
  return lookupError('ENOTFOUND', plan.host, `${describeMapping(plan)}; no IPv${family} address`)
}
