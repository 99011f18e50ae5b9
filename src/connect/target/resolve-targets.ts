import type { Address, Family } from '../../../lib/address/address.js'
import { Canceller, type CancelSignal } from '../../../lib/cancel.js'
import type { Answer, ResolveOptions } from '../../../lib/resolver/types.js'
import type { Upstream } from '../../../lib/transport/upstream.js'
import type { Milliseconds } from '../../../lib/units.js'
import { noAddress } from '../report/connect-errors.js'
import { notify, type ConnectContext, type LookupEvent } from '../context.js'
import { describeTarget } from '../report/describe.js'
import type { Refusal } from './gate.js'
import type { Plan } from './plan.js'
import { traceLookup } from '../report/traces.js'

/** What a target's name came to. Where `usable` is empty, `refused` or `error` says why, else the family is missing. */
export interface TargetOutcome {
  /** The target's place in the route; null for the broker's own name (fallback `original`). */
  readonly index: number | null
  readonly host: string
  /** How errors call it. */
  readonly label: string
  /** The port that its addresses are dialled at, where it is known. */
  readonly port: number | undefined
  readonly family: 0 | Family
  readonly answer: Answer | null
  readonly usable: readonly Address[]
  readonly refused: readonly Refusal[]
  readonly error: Error | null
}

export interface Resolved {
  /** In the order of the indexes asked for; those that were still under way are left out. */
  readonly outcomes: readonly TargetOutcome[]
  /** The broker's own name, where no target gave an address and the fallback is `original`. */
  readonly original: TargetOutcome | null
}

export interface Question {
  readonly plan: Plan
  /** Which of the route's targets. */
  readonly indexes: readonly number[]
  readonly family: 0 | Family
  /** When the whole look-up is over, on the context's clock. */
  readonly deadlineMs: Milliseconds
  /** True: every target is waited for. False: the first with an address, and what else is there by then. */
  readonly waitForAll: boolean
}

interface Timed extends Question {
  readonly signal: CancelSignal
}

// The resolver keeps the time itself and then tells each server; this is for what was waited before it was asked.
const graceMs: Milliseconds = 50

const systemOnly: readonly Upstream[] = Object.freeze([{ kind: 'system', label: 'system' }])

/** The targets' addresses that may be used. Rejects with `noAddress`'s errors where there are none. */
export function resolveTargets(context: ConnectContext, question: Question): Promise<Resolved> {
  return traceLookup(question.plan.decision, tell => resolveAndTell(context, question, tell))
}

async function resolveAndTell(
  context: ConnectContext,
  question: Question,
  tell: (event: LookupEvent) => void,
): Promise<Resolved> {
  const startedAtMs = context.now()
  const resolved = await askAll(context, question)
  const durationMs = context.now() - startedAtMs
  const { decision } = question.plan
  const { host, port } = decision.route
  const used = usableOutcomes(resolved)
  const error = used.length > 0 ? null : noAddress(decision, host, resolved)
  const [first] = used
  const addresses = used.flatMap(({ usable }) => usable.map(({ address }) => address))
  const source = first?.answer?.source ?? null
  const ttl = Math.min(...used.map(({ answer }) => answer?.ttl ?? 0), Infinity)
  const usedTtl = used.length > 0 ? ttl : 0
  const event: LookupEvent = { host, port, decision, source, addresses, ttl: usedTtl, durationMs, error }
  tell(event)
  notify(() => context.observer.lookup(event))
  for (const outcome of used) tellStale(context, question.plan, outcome)
  if (error === null) return resolved
  if (resolved.outcomes.some(({ refused }) => refused.length > 0)) {
    notify(() => context.observer.refused({ host, port, decision, reason: 'address', error }))
  }
  throw error
}

/** The outcomes that have an address, `original` last. */
export function usableOutcomes({ outcomes, original }: Resolved): readonly TargetOutcome[] {
  const all = original === null ? outcomes : [...outcomes, original]
  return all.filter(({ usable }) => usable.length > 0)
}

async function askAll(context: ConnectContext, question: Question): Promise<Resolved> {
  const canceller = new Canceller()
  const leftMs = Math.max(question.deadlineMs - context.now(), 0)
  const reason = () => new Error(`no answer in the ${Math.round(leftMs)} ms that were left`)
  const timer = setTimeout(() => {
    canceller.abort(reason())
  }, leftMs + graceMs)
  const timed = { ...question, signal: canceller }
  try {
    return question.plan.fallback === 'original'
      ? await askWithOriginal(context, timed, leftMs / 2)
      : { outcomes: await askTargets(context, timed), original: null }
  } finally {
    clearTimeout(timer)
  }
}

/** The targets may take all the time there is: the broker's own name is asked from half of it on, used after them. */
async function askWithOriginal(context: ConnectContext, question: Timed, halfMs: Milliseconds): Promise<Resolved> {
  let early: Promise<TargetOutcome> | undefined
  const timer = setTimeout(() => {
    early = askOriginal(context, question)
  }, halfMs)
  const outcomes = await askTargets(context, question)
  clearTimeout(timer)
  // Refused addresses are an answer too: no other is looked for behind the guard's back.
  if (outcomes.some(({ usable, refused }) => usable.length + refused.length > 0)) return { outcomes, original: null }
  return { outcomes, original: await (early ?? askOriginal(context, question)) }
}

async function askTargets(context: ConnectContext, question: Timed): Promise<readonly TargetOutcome[]> {
  const { plan, indexes, waitForAll } = question
  const settled = new Map<number, TargetOutcome>()
  const pending = indexes.map(async index => {
    const outcome = await askTarget(context, question, index)
    settled.set(index, outcome)
    return outcome
  })
  for (const promise of pending) {
    const { usable, port } = await promise
    const isEnough = usable.length > 0 && !(port !== undefined && context.health.haveAllFailed(usable, port))
    if (isEnough && !waitForAll) break
  }
  return plan.decision.route.targets.flatMap((_, index) => settled.get(index) ?? [])
}

async function askTarget(context: ConnectContext, question: Timed, index: number): Promise<TargetOutcome> {
  const { plan, family } = question
  const target = plan.decision.route.targets[index]
  const host = target?.host ?? plan.decision.route.host
  const port = target?.port
  const outcome = await ask(context, question, host, port, plan.ask[family])
  if (port !== undefined) context.health.resolved(host, port, outcome.usable)
  return { ...outcome, index, label: describeTarget(plan.decision, index) }
}

async function askOriginal(context: ConnectContext, question: Timed): Promise<TargetOutcome> {
  const { host, port } = question.plan.decision.route
  const options = { family: question.family, upstreams: systemOnly, fallback: 'none' } as const
  const outcome = await ask(context, question, host, port, options)
  return { ...outcome, index: null, label: `fallback original (${host})` }
}

type Asked = Omit<TargetOutcome, 'index' | 'label'>

async function ask(
  context: ConnectContext,
  { plan, family, signal }: Timed,
  host: string,
  port: number | undefined,
  options: ResolveOptions,
): Promise<Asked> {
  const nothing = { host, port, family, answer: null, usable: [], refused: [], error: null }
  try {
    const answer = await answerFor(context, plan, host, port, { ...options, signal })
    const { usable, refused } = plan.gate.vet(host, answer)
    const fitting = family === 0 ? usable : usable.filter(address => address.family === family)
    return { ...nothing, answer, usable: fitting, refused }
  } catch (error) {
    return { ...nothing, error: error instanceof Error ? error : new Error(String(error)) }
  }
}

/** The resolver's answer; a fresh one where all known addresses have failed at the port, so that a moved name is seen. */
async function answerFor(
  context: ConnectContext,
  plan: Plan,
  host: string,
  port: number | undefined,
  options: ResolveOptions,
): Promise<Answer> {
  const { resolver, health } = context
  const known = resolver.peek(host, options)
  if (known === undefined) return resolver.resolve(host, options)
  const isFixed = known.source === 'literal' || known.source === 'hosts'
  const isDead = port !== undefined && !isFixed && health.haveAllFailed(plan.gate.vet(host, known).usable, port)
  if (!isDead || !health.mayAskAfresh(host)) return known
  // The old addresses are better than none.
  return resolver.resolve(host, { ...options, fresh: true }).catch(() => known)
}

function tellStale(context: ConnectContext, plan: Plan, { answer, host, usable }: TargetOutcome): void {
  if (answer?.source !== 'stale') return
  const { decision } = plan
  const addresses = usable.map(({ address }) => address)
  const { host: asked, port } = decision.route
  notify(() => context.observer.stale({ host: asked, port, decision, target: host, addresses }))
}
