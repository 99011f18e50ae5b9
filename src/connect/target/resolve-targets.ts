import type { Family } from '../../../lib/address/address.js'
import { hostPort } from '../../../lib/address/host-port.js'
import { Canceller, type CancelSignal } from '../../../lib/cancel.js'
import type { Answer, ResolveOptions } from '../../../lib/resolver/types.js'
import { toError } from '../../../lib/thrown.js'
import { startTimer, stopTimer } from '../../../lib/timers.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { ConnectContext } from '../context.js'
import type { Plan, TargetOutcome } from '../plan.js'
import { closed } from '../report/connect-errors.js'
import { lookupPayload, noAddress } from '../report/outcome.js'
import { areLookupsTraced, notify, traceHit, traceLookup } from '../report/traces.js'

export interface TargetRequest {
  readonly plan: Plan
  /** Which of the route's targets. */
  readonly indexes: readonly number[]
  readonly family: 0 | Family
  /** When the whole look-up is over, on the context's clock. */
  readonly deadlineMs: Milliseconds
  /** True: every target is waited for. False: the first with an address, and what else is there by then. */
  readonly waitForAll: boolean
}

/** Added to the resolver's own deadline, whose error names each server: this limit covers the wait before the resolver is asked. */
export const graceMs: Milliseconds = 50

const nothing: readonly TargetOutcome[] = Object.freeze([])

/**
 * The plan's targets as far as they need no waiting, reported as a look-up that was answered from memory: the hot path.
 * Empty, and not reported, where the first target is not at hand or has no address that may be used.
 */
export function peekTargets(context: ConnectContext, plan: Plan, family: 0 | Family): readonly TargetOutcome[] {
  const first = peekTarget(context, plan, 0, family)
  if (first === undefined || first.usable.length === 0) return nothing
  const { targets } = plan.decision.route
  const outcomes =
    targets.length === 1
      ? [first]
      : targets.flatMap((_, index) => (index === 0 ? first : (peekTarget(context, plan, index, family) ?? [])))
  if (areLookupsTraced()) traceHit(lookupPayload(plan, outcomes, 0, null))
  try {
    context.observer.lookup(plan, outcomes, 0, null)
  } catch {
    // As in `notify`, whose closure is saved here.
  }
  return outcomes
}

/**
 * The outcomes that `find` finds, traced and reported as one look-up. At least one has an address that may be used: else
 * it rejects, each time with an error of its own, as `noAddress` makes it, or with `ERR_SPLIT_DNS_CLOSED`.
 */
export function reportLookup(
  context: ConnectContext,
  plan: Plan,
  find: () => Promise<readonly TargetOutcome[]>,
): Promise<readonly TargetOutcome[]> {
  const { observer, now } = context
  return traceLookup(plan.decision.route, onEnd => {
    const startedAtMs = now()
    // Not awaited: thousands may wait for the same look-up, and a suspended function is larger than a closure.
    return find().then(outcomes => {
      const durationMs = now() - startedAtMs
      const error = outcomes.some(({ usable }) => usable.length > 0) ? null : noAddress(plan, outcomes)
      onEnd?.(lookupPayload(plan, outcomes, durationMs, error))
      notify(() => {
        observer.lookup(plan, outcomes, durationMs, error)
        const { host, port, rule } = plan.decision.route
        for (const { index, usable, answer } of outcomes) {
          if (answer?.source !== 'stale' || usable.length === 0) continue
          const target = index === null ? null : (plan.decision.targetTexts[index] ?? null)
          observer.stale({ host, port, rule, target, addresses: usable.map(({ address }) => address) })
        }
        const isRefused = error !== null && outcomes.some(({ refused }) => refused.length > 0)
        if (isRefused) observer.refused({ host, port, rule, reason: 'address', error })
      })
      if (error !== null) throw context.isClosed() ? closed(hostPort(plan.host, plan.port)) : error
      return outcomes
    })
  })
}

/**
 * What the targets' names resolve to, in the order of the route; those still under way are left out. Where no target has
 * an address and the fallback is `original`, the broker's own name comes last, with the index null. Never rejects, and
 * reports nothing. The targets may take all the time there is: the broker's own name is asked from half of it on, used
 * after them.
 */
export async function findOutcomes(context: ConnectContext, request: TargetRequest): Promise<readonly TargetOutcome[]> {
  const { plan, indexes, family, deadlineMs, waitForAll } = request
  const canceller = new Canceller()
  const find = (index: number | null) => resolveTarget(context, plan, index, family, canceller)
  const found = indexes.map(find)
  const known = found.filter(isSettled)
  if (known.length === found.length && known.some(outcome => isAlive(context, outcome))) return known
  const hasOriginal = plan.policy.fallback === 'original'
  const leftMs = Math.max(deadlineMs - context.now(), 0)
  const timeout = () => canceller.abort(new Error(`no answer in the ${Math.round(leftMs)} ms that were left`))
  const timer = startTimer(timeout, leftMs + graceMs)
  let original: TargetOutcome | Promise<TargetOutcome> | undefined
  const findOriginal = () => (original ??= find(null))
  const half = hasOriginal ? startTimer(() => void findOriginal(), leftMs / 2) : undefined
  try {
    found.forEach((pending, place) => {
      if (!isSettled(pending)) void pending.then(outcome => (found[place] = outcome))
    })
    for (const pending of found) if (isAlive(context, await pending) && !waitForAll) break
    const outcomes = found.filter(isSettled)
    // Refused addresses are an answer too: no other is looked for behind the guard's back.
    const isAnswered = outcomes.some(({ usable, refused }) => usable.length + refused.length > 0)
    return !hasOriginal || isAnswered ? outcomes : [...outcomes, await findOriginal()]
  } finally {
    stopTimer(timer)
    stopTimer(half)
  }
}

const isSettled = (found: TargetOutcome | Promise<TargetOutcome>): found is TargetOutcome => !(found instanceof Promise)

/** True where there is an address that may be used, and one that is not known to fail. */
const isAlive = ({ health }: ConnectContext, { usable, port }: TargetOutcome): boolean =>
  usable.length > 0 && (port === undefined || !health.haveAllFailed(usable, port))

/**
 * `index` is null for the broker's own name. Never rejects. Where all known addresses have failed at the port, the name is
 * resolved afresh, so that one that moved is seen.
 */
function resolveTarget(
  context: ConnectContext,
  plan: Plan,
  index: number | null,
  family: 0 | Family,
  signal: CancelSignal,
): TargetOutcome | Promise<TargetOutcome> {
  const { resolver, health } = context
  const { host } = targetOf(plan, index)
  const known = peekTarget(context, plan, index, family)
  const isFixed = known?.answer?.source === 'literal' || known?.answer?.source === 'hosts'
  const isDead = known !== undefined && !isFixed && known.usable.length > 0 && !isAlive(context, known)
  if (known !== undefined && !(isDead && health.mayAskAfresh(host))) return known
  const { upstreams, fallback } = optionsOf(plan, index, family)
  return resolver.resolve(host, { family, upstreams, fallback, fresh: isDead, signal }).then(
    answer => outcomeOf(context, plan, index, family, answer),
    // The old addresses are better than none.
    (error: unknown) => known ?? outcomeOf(context, plan, index, family, toError(error)),
  )
}

/** What the target is known to resolve to, without waiting. While the cache stands by its answer, the same object. */
function peekTarget(
  context: ConnectContext,
  plan: Plan,
  index: number | null,
  family: 0 | Family,
): TargetOutcome | undefined {
  const known = index === null ? undefined : plan.known[family][index]
  const lease = known?.answer?.lease
  if (lease !== undefined && context.now() < lease.untilMs) return known
  const answer = context.resolver.peek(targetOf(plan, index).host, optionsOf(plan, index, family))
  return answer && outcomeOf(context, plan, index, family, answer)
}

/** What the answer gives that may be used: kept in the plan. `health`, which chooses among targets, learns of it. */
function outcomeOf(
  { health }: ConnectContext,
  plan: Plan,
  index: number | null,
  family: 0 | Family,
  answer: Answer | Error,
): TargetOutcome {
  const { host, port } = targetOf(plan, index)
  const { targetIsComputed, route } = plan.decision
  const before = index === null ? undefined : plan.known[family][index]
  let outcome: TargetOutcome
  if (!('addresses' in answer))
    outcome = { index, host, port, family, answer: null, usable: [], refused: [], error: answer }
  // The same addresses need not be vetted again.
  else if (before?.answer?.addresses === answer.addresses) outcome = { ...before, answer }
  else {
    const { usable, refused } = plan.policy.vet(answer, index !== null && targetIsComputed[index] === true)
    const fitting = family === 0 ? usable : usable.filter(address => address.family === family)
    outcome = { index, host, port, family, answer, usable: fitting, refused, error: null }
  }
  if (index === null) return outcome
  if (outcome.usable.length > 0)
    plan.known[family] = route.targets.map((_, at) => (at === index ? outcome : plan.known[family][at]))
  if (route.targets.length > 1 && port !== undefined) health.resolved(host, port, outcome.usable)
  return outcome
}

const systemOnly: readonly Upstream[] = Object.freeze([{ kind: 'system', label: 'system' }])

const optionsOf = ({ policy }: Plan, index: number | null, family: 0 | Family): ResolveOptions =>
  index === null ? { family, upstreams: systemOnly, fallback: 'none' } : policy.resolveOptions[family]

/** The target, or the broker's own name. */
const targetOf = ({ decision: { route } }: Plan, index: number | null) =>
  (index === null ? undefined : route.targets[index]) ?? route
