import dns, { type LookupAddress, type LookupAllOptions, type LookupOneOptions, type LookupOptions } from 'node:dns'
import { promisify } from 'node:util'
import type { Family } from '../../lib/address/address.js'
import { catchRejection, codeOf, isError, isThenable } from '../../lib/thrown.js'
import { onNextTick } from '../../lib/timers.js'
import type { Milliseconds } from '../../lib/units.js'
import type { ConnectContext } from './context.js'
import type { Plan, TargetOutcome } from './plan.js'
import { lookupError, portNeeded } from './report/connect-errors.js'
import { annotate, describeMapping, describeUnmapped, nearMatch } from './report/describe.js'
import { findOutcomes, graceMs, peekTargets, reportLookup } from './target/resolve-targets.js'
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

/** What a caller of `lookup` asked for, checked. */
interface LookupRequest {
  readonly family: 0 | Family
  readonly all: boolean
  readonly hints: number
  /** undefined: the process' default order. */
  readonly order: 'ipv4first' | 'ipv6first' | 'verbatim' | undefined
}

/** The targets of a plan being looked up, for all who wait for it. */
interface PendingTargets {
  readonly startedAtMs: Milliseconds
  readonly outcomes: Promise<readonly TargetOutcome[]>
}

/**
 * By family and plan. A look-up that starts while the same one is under way waits for that one, and gets a report and an
 * error of its own: thousands at once for a name that is not cached make one look-up.
 */
type Pending = Readonly<Record<0 | Family, Map<Plan, PendingTargets>>>

/**
 * A drop-in for `dns.lookup` that leads mapped names to their targets' addresses; all other names and literals are
 * Node's own. It knows no port: rules with a port don't count, and a target that sets one is `ERR_SPLIT_DNS_TARGET`.
 * Never answers an empty list. The hint ADDRCONFIG is ignored.
 * @internal
 */
export function createLookup(context: ConnectContext): Lookup {
  const pending: Pending = { 0: new Map(), 4: new Map(), 6: new Map() }
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
      if (plan === undefined) whenRouted(context, hostname, done, lookup, [hostname, options, callback])
      else if (plan.outcome === 'system' || plan.isLiteral) leaveToNode(hostname, ...explained(plan, options, callback))
      else if (plan.setsPort) fail(context, portNeeded(plan), done)
      else {
        // For v4-mapped addresses IPv4 is needed too.
        const needsBoth = request.family === 6 && (request.hints & dns.V4MAPPED) !== 0
        const family = needsBoth ? 0 : request.family === 0 ? context.settings.family : request.family
        // While it is looked up it is not known.
        const known = pending[family].has(plan) ? nothing : peekTargets(context, plan, family)
        if (known.length === 0) resolve(context, pending[family], plan, request, family, done)
        else deliver(context, plan, known, request, done)
      }
    } catch (error) {
      fail(context, error, done)
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

/** Calls `again` with its arguments once a map is in force: off the promise, as in `deliver`. */
function whenRouted<Arguments extends unknown[]>(
  context: ConnectContext,
  hostname: string,
  done: Callback,
  again: (...args: Arguments) => void,
  args: Arguments,
): void {
  const deadlineMs = context.now() + context.settings.timeoutMs
  routeWhenReady(context, hostname, undefined, deadlineMs).then(
    () => onNextTick(again, ...args),
    (error: unknown) => fail(context, error, done),
  )
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

/** Waits for the plan's targets, with those who wait already, and calls back with their addresses. */
function resolve(
  context: ConnectContext,
  pending: Map<Plan, PendingTargets>,
  plan: Plan,
  request: LookupRequest,
  family: 0 | Family,
  done: Callback,
): void {
  const startedAtMs = context.now()
  let joined = pending.get(plan)
  // An older one is given up before this look-up's own time is over.
  if (joined === undefined || startedAtMs - joined.startedAtMs > graceMs) {
    const indexes = [...plan.decision.route.targets.keys()]
    const deadlineMs = startedAtMs + context.settings.timeoutMs
    const outcomes = findOutcomes(context, { plan, indexes, family, deadlineMs, waitForAll: false })
    const started = { startedAtMs, outcomes }
    const leave = () => {
      if (pending.get(plan) === started) pending.delete(plan)
    }
    outcomes.then(leave, leave)
    pending.set(plan, started)
    joined = started
  }
  const { outcomes } = joined
  reportLookup(context, plan, () => outcomes).then(
    found => deliver(context, plan, found, request, done),
    (error: unknown) => fail(context, error, done),
  )
}

/** On a later tick and off every promise: what the caller's callback throws is an uncaught exception, as with Node. */
function deliver(
  context: ConnectContext,
  plan: Plan,
  outcomes: readonly TargetOutcome[],
  request: LookupRequest,
  done: Callback,
): void {
  const found = arrange(outcomes, request)
  if (found.length === 0) {
    fail(context, noneOfFamily(plan, request), done)
    return
  }
  onNextTick(() => {
    const returned = request.all ? done(null, found) : done(null, found[0]?.address, found[0]?.family)
    if (isThenable(returned)) reportRejection(context, returned)
  })
}

/** The same with an error. */
function fail(context: ConnectContext, error: unknown, done: Callback): void {
  onNextTick(() => reportRejection(context, done(error)))
}

/** What a promise that the caller's callback returned rejects with is reported, and does not end the process. */
function reportRejection({ observer }: ConnectContext, returned: unknown): void {
  catchRejection(returned, error => observer.callbackFailed?.('the callback of lookup', error))
}

function noneOfFamily(plan: Plan, { family }: LookupRequest): Error {
  return lookupError('ENOTFOUND', plan.host, `${describeMapping(plan)}; no IPv${family} address`)
}

const orders: readonly unknown[] = ['ipv4first', 'ipv6first', 'verbatim']
const knownHints = dns.ADDRCONFIG | dns.V4MAPPED | dns.ALL
const noop = () => undefined
const nothing: readonly TargetOutcome[] = []
const plainly: LookupRequest = Object.freeze({ family: 0, all: false, hints: 0, order: undefined })

/** What the arguments after the host name ask for. Throws what Node's own `dns.lookup` throws on them. */
function readArguments(options: unknown, callback: unknown): LookupRequest {
  if (typeof options === 'function') return plainly
  const given: unknown = typeof options === 'number' ? { family: options } : (options ?? plainly)
  if (typeof callback === 'function' && typeof given === 'object' && given !== null) {
    const asked: LookupOptions & { readonly order?: unknown } = given
    const family = asked.family === 'IPv4' ? 4 : asked.family === 'IPv6' ? 6 : (asked.family ?? 0)
    const all = asked.all ?? false
    const hints = asked.hints ?? 0
    const verbatim = asked.verbatim ?? undefined
    // Most callers give neither.
    const order = asked.order === undefined && verbatim === undefined ? undefined : readOrder(asked)
    const isRight =
      typeof all === 'boolean' &&
      typeof hints === 'number' &&
      ((hints >>> 0) & ~knownHints) === 0 &&
      (verbatim === undefined || typeof verbatim === 'boolean') &&
      order !== null
    if (isRight && (family === 0 || family === 4 || family === 6)) return { family, all, hints: hints >>> 0, order }
  }
  letNodeThrow(options, callback)
  return plainly
}

/** Calls Node's `dns.lookup` with these arguments for an address, which it answers without a look-up. */
function letNodeThrow(options: unknown, callback: unknown): void {
  // With as many arguments as there were: the message says which of them is wrong.
  const rest = callback === undefined ? [options] : [options, typeof callback === 'function' ? noop : callback]
  Reflect.apply(dns.lookup, dns, ['127.0.0.1', ...rest])
}

/** null where it is no order. `order` goes before the older `verbatim`. */
function readOrder(options: { readonly order?: unknown; readonly verbatim?: unknown }): LookupRequest['order'] | null {
  const { order } = options
  if (order === undefined || order === null) {
    const { verbatim } = options
    return verbatim === undefined ? undefined : verbatim ? 'verbatim' : 'ipv4first'
  }
  return orders.includes(order) ? (order as LookupRequest['order']) : null
}

/** The addresses as the caller wants them, copied; empty where none is of the family. */
function arrange(outcomes: readonly TargetOutcome[], asked: LookupRequest): LookupAddress[] {
  const addresses = (outcomes.length === 1 ? outcomes[0]?.usable : undefined) ?? outcomes.flatMap(each => each.usable)
  const first = addresses[0]
  // By far the most common, and the hot path.
  if (first !== undefined && addresses.length === 1 && asked.family === 0)
    return [{ address: first.address, family: first.family }]
  const found = addresses.flatMap(({ address, family }) =>
    asked.family === 0 || asked.family === family ? { address, family } : [],
  )
  // Where there is no IPv6 address, or all are wanted, each IPv4 address in its v4-mapped form.
  const wantsMapped = asked.family === 6 && (asked.hints & dns.V4MAPPED) !== 0
  if (wantsMapped && (found.length === 0 || (asked.hints & dns.ALL) !== 0)) {
    for (const { address, family } of addresses)
      if (family === 4) found.push({ address: `::ffff:${address}`, family: 6 })
  }
  return found.length > 1 ? byResultOrder(found, asked) : found
}

function byResultOrder(found: LookupAddress[], { family, order }: LookupRequest): LookupAddress[] {
  if (family !== 0) return found
  const wanted = order ?? dns.getDefaultResultOrder()
  if (wanted === 'verbatim') return found
  const sign = wanted === 'ipv6first' ? -1 : 1
  return found.sort((a, b) => sign * (a.family - b.family))
}
