import type { Family } from '../../../lib/address/address.js'
import { Canceller, type CancelSignal } from '../../../lib/cancel.js'
import type { Answer, ResolveOptions } from '../../../lib/resolver/types.js'
import { toError } from '../../../lib/thrown.js'
import { startTimer, stopTimer } from '../../../lib/timers.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { Milliseconds } from '../../../lib/units.js'
import { notify, type ConnectContext } from '../context.js'
import type { Plan } from '../plan.js'
import type { LookupPayload } from '../report/events.js'
import { areLookupsTraced, traceLookup } from '../report/traces.js'
import type { Vetted } from './gate.js'
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

// The resolver keeps the time itself and then names each server; this is for what was waited before it was asked.
const graceMs: Milliseconds = 50

const systemOnly: readonly Upstream[] = Object.freeze([{ kind: 'system', label: 'system' }])

/**
 * What the targets' names resolve to, in the order of the route; those that were still under way are left out. At least
 * one has an address that may be used: else it rejects with the errors of `noAddress`. Where no target has one and the
 * fallback is `original`, the broker's own name comes last, with the index null.
 */
export function resolveTargets(context: ConnectContext, request: TargetRequest): Promise<readonly TargetOutcome[]> {
  if (!areLookupsTraced()) return resolveAndReport(context, request)
  const { host, port, rule } = request.plan.decision.route
  return traceLookup({ host, port, rule }, onEnd => resolveAndReport(context, request, onEnd))
}

async function resolveAndReport(
  context: ConnectContext,
  request: TargetRequest,
  onEnd?: (payload: LookupPayload) => void,
): Promise<readonly TargetOutcome[]> {
  const { plan } = request
  const { host, port, rule } = plan.decision.route
  const startedAtMs = context.now()
  const outcomes = await resolveInTime(context, request)
  const durationMs = context.now() - startedAtMs
  const used = usableOutcomes(outcomes)
  const error = used.length > 0 ? null : noAddress(plan, outcomes)
  const payload: LookupPayload = {
    ...{ host, port, rule, targets: plan.decision.targetTexts, durationMs, error },
    source: used[0]?.answer?.source ?? null,
    addresses: used.flatMap(({ usable }) => usable.map(({ address }) => address)),
    ttl: used.length > 0 ? Math.min(...used.map(({ answer }) => answer?.ttl ?? 0)) : 0,
  }
  onEnd?.(payload)
  notify(() => {
    context.observer.lookup(payload)
    for (const { answer, host: target, usable } of used) {
      const addresses = usable.map(({ address }) => address)
      if (answer?.source === 'stale') context.observer.stale({ host, port, rule, target, addresses })
    }
    const isRefused = error !== null && outcomes.some(({ refused }) => refused.length > 0)
    if (isRefused) context.observer.refused({ host, port, rule, reason: 'address', error })
  })
  if (error !== null) throw error
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

/** `index` is null for the broker's own name. Never rejects. */
async function resolveTarget(
  context: ConnectContext,
  { plan, family }: TargetRequest,
  index: number | null,
  signal: CancelSignal,
): Promise<TargetOutcome> {
  const { route } = plan.decision
  const { host, port } = (index === null ? undefined : route.targets[index]) ?? route
  const options: ResolveOptions =
    index === null
      ? { family, upstreams: systemOnly, fallback: 'none', signal }
      : { ...plan.resolveOptions[family], signal }
  const isComputed = index !== null && plan.decision.targetIsComputed[index] === true
  const vet = (answer: Answer) => plan.gate.vet(answer, isComputed)
  const nothing = { index, host, port, family, answer: null, usable: [], refused: [], error: null }
  let outcome: TargetOutcome
  try {
    const answer = await resolveFresh(context, vet, { host, port }, options)
    const { usable, refused } = vet(answer)
    const fitting = family === 0 ? usable : usable.filter(address => address.family === family)
    outcome = { ...nothing, answer, usable: fitting, refused }
  } catch (error) {
    outcome = { ...nothing, error: toError(error) }
  }
  if (index !== null && port !== undefined) context.health.resolved(host, port, outcome.usable)
  return outcome
}

/** The resolver's answer; a fresh one where all known addresses have failed at the port, so that a moved name is seen. */
function resolveFresh(
  { resolver, health }: ConnectContext,
  vet: (answer: Answer) => Vetted,
  { host, port }: { readonly host: string; readonly port: number | undefined },
  options: ResolveOptions,
): Answer | Promise<Answer> {
  const known = resolver.peek(host, options)
  if (known === undefined) return resolver.resolve(host, options)
  const isFixed = known.source === 'literal' || known.source === 'hosts'
  const isDead = port !== undefined && !isFixed && health.haveAllFailed(vet(known).usable, port)
  if (!isDead || !health.mayAskAfresh(host)) return known
  // The old addresses are better than none.
  return resolver.resolve(host, { ...options, fresh: true }).catch(() => known)
}
