import type { Family } from '../../../lib/address/address.js'
import { Canceller, type CancelSignal } from '../../../lib/cancel.js'
import type { Answer, ResolveOptions } from '../../../lib/resolver/types.js'
import { isError, toError } from '../../../lib/thrown.js'
import { startTimer, stopTimer } from '../../../lib/timers.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { Milliseconds, Seconds } from '../../../lib/units.js'
import type { ConnectContext } from '../context.js'
import type { Plan } from '../plan.js'
import type { LookupPayload } from '../report/events.js'
import { notify, traceLookup } from '../report/traces.js'
import { noAddress, type TargetOutcome } from './outcome.js'

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

/**
 * Looks the targets up and reports it, once. At least one outcome has an address that may be used: else it rejects with
 * the errors of `noAddress`. The outcomes are in the order of the route; those still under way are left out.
 */
export function resolveTargets(context: ConnectContext, request: TargetRequest): Promise<readonly TargetOutcome[]> {
  const { plan } = request
  return traceLookup(plan.decision.route, async onEnd => {
    const startedAtMs = context.now()
    const outcomes = await findOutcomes(context, request)
    reportLookup(context, plan, outcomes, startedAtMs, onEnd)
    return outcomes
  })
}

/** Reports one look-up with these outcomes. Throws a new error each time where there is no address. */
export function reportLookup(
  { observer, now }: ConnectContext,
  plan: Plan,
  outcomes: readonly TargetOutcome[],
  startedAtMs: Milliseconds,
  onEnd?: (payload: LookupPayload) => void,
): void {
  const { host, port, rule } = plan.decision.route
  const addresses: string[] = []
  let first: Answer | null = null
  let ttl: Seconds = Infinity
  for (const { usable, answer } of outcomes) {
    if (usable.length === 0 || answer === null) continue
    for (const { address } of usable) addresses.push(address)
    first ??= answer
    ttl = Math.min(ttl, answer.ttl)
  }
  const error = first === null ? noAddress(plan, outcomes) : null
  const payload: LookupPayload = {
    host,
    port,
    rule,
    targets: plan.decision.targetTexts,
    source: first === null ? null : first.source,
    addresses,
    ttl: first === null ? 0 : ttl,
    durationMs: now() - startedAtMs,
    error,
  }
  onEnd?.(payload)
  notify(() => {
    observer.lookup(payload)
    for (const { index, usable, answer } of outcomes) {
      if (answer?.source !== 'stale' || usable.length === 0) continue
      const target = index === null ? null : (plan.decision.targetTexts[index] ?? null)
      observer.stale({ host, port, rule, target, addresses: usable.map(({ address }) => address) })
    }
    const isRefused = error !== null && outcomes.some(({ refused }) => refused.length > 0)
    if (isRefused) observer.refused({ host, port, rule, reason: 'address', error })
  })
  if (error !== null) throw error
}

/**
 * What the targets' names resolve to, at once where that is at hand. Where no target has an address and the fallback is
 * `original`, the broker's own name comes last, with the index null. Never rejects, and reports nothing.
 */
export function findOutcomes(
  context: ConnectContext,
  request: TargetRequest,
): readonly TargetOutcome[] | Promise<readonly TargetOutcome[]> {
  const canceller = new Canceller()
  const found = request.indexes.map(index => resolveTarget(context, request, index, canceller))
  const known = found.filter(isSettled)
  return known.length === found.length && known.some(outcome => isAlive(context, outcome))
    ? known
    : awaitOutcomes(context, request, found, canceller)
}

/** The targets may take all the time there is: the broker's own name is asked from half of it on, used after them. */
async function awaitOutcomes(
  context: ConnectContext,
  request: TargetRequest,
  found: (TargetOutcome | Promise<TargetOutcome>)[],
  canceller: Canceller,
): Promise<readonly TargetOutcome[]> {
  const { plan, deadlineMs } = request
  const leftMs = Math.max(deadlineMs - context.now(), 0)
  const timeout = () => canceller.abort(new Error(`no answer in the ${Math.round(leftMs)} ms that were left`))
  const timer = startTimer(timeout, leftMs + graceMs)
  let original: TargetOutcome | Promise<TargetOutcome> | undefined
  const resolveOriginal = () => (original ??= resolveTarget(context, request, null, canceller))
  const half = plan.fallback === 'original' ? startTimer(() => void resolveOriginal(), leftMs / 2) : undefined
  try {
    found.forEach((pending, place) => {
      if (!isSettled(pending)) void pending.then(outcome => (found[place] = outcome))
    })
    for (const pending of found) if (isAlive(context, await pending) && !request.waitForAll) break
    const outcomes = found.filter(isSettled)
    // Refused addresses are an answer too: no other is looked for behind the guard's back.
    const isAnswered = outcomes.some(({ usable, refused }) => usable.length + refused.length > 0)
    return plan.fallback !== 'original' || isAnswered ? outcomes : [...outcomes, await resolveOriginal()]
  } finally {
    stopTimer(timer)
    stopTimer(half)
  }
}

const isSettled = (found: TargetOutcome | Promise<TargetOutcome>): found is TargetOutcome => !(found instanceof Promise)

/** True where there is an address that may be used, and one that is not known to fail. */
const isAlive = ({ health }: ConnectContext, { usable, port }: TargetOutcome): boolean =>
  usable.length > 0 && (port === undefined || !health.haveAllFailed(usable, port))

const systemOnly: readonly Upstream[] = Object.freeze([{ kind: 'system', label: 'system' }])

/**
 * `index` is null for the broker's own name. Never rejects. Where all known addresses have failed at the port, the name is
 * resolved afresh, so that one that moved is seen.
 */
function resolveTarget(
  context: ConnectContext,
  request: TargetRequest,
  index: number | null,
  signal: CancelSignal,
): TargetOutcome | Promise<TargetOutcome> {
  const { resolver, health } = context
  const { plan, family } = request
  const { route } = plan.decision
  const { host } = (index === null ? undefined : route.targets[index]) ?? route
  const options: ResolveOptions =
    index === null ? { family, upstreams: systemOnly, fallback: 'none' } : plan.resolveOptions[family]
  const known = resolver.peek(host, options)
  const outcome = known && outcomeOf(context, request, index, known)
  const isFixed = known?.source === 'literal' || known?.source === 'hosts'
  const isDead = outcome !== undefined && !isFixed && outcome.usable.length > 0 && !isAlive(context, outcome)
  if (outcome !== undefined && !(isDead && health.mayAskAfresh(host))) return outcome
  const { upstreams, fallback } = options
  return resolver.resolve(host, { family, upstreams, fallback, fresh: isDead, signal }).then(
    answer => outcomeOf(context, request, index, answer),
    // The old addresses are better than none.
    (error: unknown) => outcome ?? outcomeOf(context, request, index, toError(error)),
  )
}

/** What the answer gives that may be used; `health` learns which addresses the target has. */
function outcomeOf(
  { health }: ConnectContext,
  { plan, family }: TargetRequest,
  index: number | null,
  answer: Answer | Error,
): TargetOutcome {
  const { route, targetIsComputed } = plan.decision
  const { host, port } = (index === null ? undefined : route.targets[index]) ?? route
  let outcome: TargetOutcome
  if (isError(answer)) outcome = { index, host, port, family, answer: null, usable: [], refused: [], error: answer }
  else {
    const { usable, refused } = plan.gate.vet(answer, index !== null && targetIsComputed[index] === true)
    const fitting = family === 0 ? usable : usable.filter(address => address.family === family)
    outcome = { index, host, port, family, answer, usable: fitting, refused, error: null }
  }
  if (index !== null && port !== undefined) health.resolved(host, port, outcome.usable)
  return outcome
}
