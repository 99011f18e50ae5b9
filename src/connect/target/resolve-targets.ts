import type { Address, Family } from '../../../lib/address/address.js'
import { Canceller, type CancelSignal } from '../../../lib/cancel.js'
import type { Answer, ResolveOptions } from '../../../lib/resolver/types.js'
import { isError, toError } from '../../../lib/thrown.js'
import { startTimer, stopTimer } from '../../../lib/timers.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { Milliseconds } from '../../../lib/units.js'
import { notify, type ConnectContext } from '../context.js'
import type { Plan } from '../plan.js'
import type { LookupPayload, StalePayload } from '../report/events.js'
import { areLookupsTraced, traceLookup } from '../report/traces.js'
import { noAddress, usableOutcomes, type TargetOutcome } from './outcome.js'

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

/** What the targets resolved to, and the payloads that report it, without the duration. May be shared. */
export interface Finding {
  readonly outcomes: readonly TargetOutcome[]
  /** Those that may be used, in the order of the outcomes. */
  readonly addresses: readonly Address[]
  readonly lookup: Omit<LookupPayload, 'durationMs' | 'error'>
  readonly stale: readonly StalePayload[]
}

type OnEnd = (payload: LookupPayload) => void

/** Added to the resolver's own deadline, whose error names each server: this limit covers the wait before the resolver is asked. */
export const graceMs: Milliseconds = 50

const systemOnly: readonly Upstream[] = Object.freeze([{ kind: 'system', label: 'system' }])

/**
 * What the targets' names resolve to, in the order of the route; those that were still under way are left out. At least
 * one has an address that may be used: else it rejects with the errors of `noAddress`. Where no target has one and the
 * fallback is `original`, the broker's own name comes last, with the index null.
 */
export function resolveTargets(context: ConnectContext, request: TargetRequest): Promise<readonly TargetOutcome[]> {
  const { plan } = request
  return traced(plan, async onEnd => {
    const startedAtMs = context.now()
    const finding = await find(context, request)
    report(context, plan, finding, startedAtMs, onEnd)
    return finding.outcomes
  })
}

/** What `look` returns, traced where somebody listens. */
export function traced<T>(plan: Plan, look: (onEnd?: OnEnd) => Promise<T>): Promise<T> {
  if (!areLookupsTraced()) return look()
  const { host, port, rule } = plan.decision.route
  return traceLookup({ host, port, rule }, look)
}

/** Looks the targets up. Reports nothing: `report` does. */
export async function find(context: ConnectContext, request: TargetRequest): Promise<Finding> {
  const outcomes = peekTargets(context, request) ?? (await resolveInTime(context, request))
  const { host, port, rule } = request.plan.decision.route
  const used = usableOutcomes(outcomes)
  const textsOf = ({ usable }: TargetOutcome) => usable.map(({ address }) => address)
  return {
    outcomes,
    addresses: used.flatMap(({ usable }) => usable),
    lookup: {
      ...{ host, port, rule, targets: request.plan.decision.targetTexts },
      source: used[0]?.answer?.source ?? null,
      addresses: used.flatMap(textsOf),
      ttl: used.length > 0 ? Math.min(...used.map(({ answer }) => answer?.ttl ?? 0)) : 0,
    },
    stale: used
      .filter(({ answer }) => answer?.source === 'stale')
      .map(outcome => ({ host, port, rule, target: outcome.host, addresses: textsOf(outcome) })),
  }
}

/** Reports one look-up with that finding. Throws a new error each time where there is no address. */
export function report(
  { observer, now }: ConnectContext,
  plan: Plan,
  { outcomes, addresses, lookup, stale }: Finding,
  startedAtMs: Milliseconds,
  onEnd?: OnEnd,
): void {
  const durationMs = now() - startedAtMs
  const error = addresses.length > 0 ? null : noAddress(plan, outcomes)
  const payload: LookupPayload = { ...lookup, durationMs, error }
  onEnd?.(payload)
  notify(() => {
    observer.lookup(payload)
    for (const each of stale) observer.stale(each)
    const isRefused = error !== null && outcomes.some(({ refused }) => refused.length > 0)
    const { host, port, rule } = lookup
    if (isRefused) observer.refused({ host, port, rule, reason: 'address', error })
  })
  if (error !== null) throw error
}

/** What is known of all targets without waiting; undefined where a target has no address that is at hand and alive. */
function peekTargets(context: ConnectContext, request: TargetRequest): readonly TargetOutcome[] | undefined {
  const { plan, indexes, family } = request
  const outcomes: TargetOutcome[] = []
  for (const index of indexes) {
    const target = plan.decision.route.targets[index]
    const answer = target === undefined ? undefined : context.resolver.peek(target.host, plan.resolveOptions[family])
    if (target === undefined || answer === undefined) return undefined
    const outcome = outcomeOf(context, request, index, answer)
    const { usable, port } = outcome
    if (usable.length === 0 || (port !== undefined && context.health.haveAllFailed(usable, port))) return undefined
    outcomes.push(outcome)
  }
  return outcomes
}

/** The targets may take all the time there is: the broker's own name is asked from half of it on, used after them. */
async function resolveInTime(context: ConnectContext, request: TargetRequest): Promise<readonly TargetOutcome[]> {
  const { plan, deadlineMs } = request
  const canceller = new Canceller()
  const leftMs = Math.max(deadlineMs - context.now(), 0)
  const timeout = () => canceller.abort(new Error(`no answer in the ${Math.round(leftMs)} ms that were left`))
  const timer = startTimer(timeout, leftMs + graceMs)
  let original: Promise<TargetOutcome> | undefined
  const resolveOriginal = () => (original ??= resolveTarget(context, request, null, canceller))
  const half = plan.fallback === 'original' ? startTimer(() => void resolveOriginal(), leftMs / 2) : undefined
  try {
    const outcomes = await resolveEach(context, request, canceller)
    // Refused addresses are an answer too: no other is looked for behind the guard's back.
    const isAnswered = outcomes.some(({ usable, refused }) => usable.length + refused.length > 0)
    return plan.fallback !== 'original' || isAnswered ? outcomes : [...outcomes, await resolveOriginal()]
  } finally {
    stopTimer(timer)
    stopTimer(half)
  }
}

async function resolveEach(
  context: ConnectContext,
  request: TargetRequest,
  signal: CancelSignal,
): Promise<readonly TargetOutcome[]> {
  const settled: TargetOutcome[] = []
  const pending = request.indexes.map(async index => {
    const outcome = await resolveTarget(context, request, index, signal)
    settled[index] = outcome
    return outcome
  })
  for (const promise of pending) {
    const { usable, port } = await promise
    const isEnough = usable.length > 0 && !(port !== undefined && context.health.haveAllFailed(usable, port))
    if (isEnough && !request.waitForAll) break
  }
  // Without the holes of those that are still under way.
  return Object.values(settled)
}

/**
 * `index` is null for the broker's own name. Never rejects. Where all known addresses have failed at the port, the name is
 * resolved afresh, so that one that moved is seen.
 */
async function resolveTarget(
  context: ConnectContext,
  request: TargetRequest,
  index: number | null,
  signal: CancelSignal,
): Promise<TargetOutcome> {
  const { resolver, health } = context
  const { plan, family } = request
  const { route } = plan.decision
  const { host } = (index === null ? undefined : route.targets[index]) ?? route
  const options: ResolveOptions =
    index === null
      ? { family, upstreams: systemOnly, fallback: 'none', signal }
      : { ...plan.resolveOptions[family], signal }
  try {
    const known = resolver.peek(host, options)
    if (known === undefined) return outcomeOf(context, request, index, await resolver.resolve(host, options))
    const outcome = outcomeOf(context, request, index, known)
    const { usable, port } = outcome
    const isFixed = known.source === 'literal' || known.source === 'hosts'
    const isDead = port !== undefined && !isFixed && health.haveAllFailed(usable, port)
    if (!isDead || !health.mayAskAfresh(host)) return outcome
    // The old addresses are better than none.
    const fresh = await resolver.resolve(host, { ...options, fresh: true }).catch(() => known)
    return outcomeOf(context, request, index, fresh)
  } catch (error) {
    return outcomeOf(context, request, index, toError(error))
  }
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
  const common = { index, host, port, family }
  let outcome: TargetOutcome
  if (isError(answer)) outcome = { ...common, answer: null, usable: [], refused: [], error: answer }
  else {
    const { usable, refused } = plan.gate.vet(answer, index !== null && targetIsComputed[index] === true)
    const fitting = family === 0 ? usable : usable.filter(address => address.family === family)
    outcome = { ...common, answer, usable: fitting, refused, error: null }
  }
  if (index !== null && port !== undefined) health.resolved(host, port, outcome.usable)
  return outcome
}
