import type { Address, Family } from '../../../lib/address/address.js'
import { ResolveError, summarizeAttempts } from '../../../lib/resolver/resolve-error.js'
import type { Answer } from '../../../lib/resolver/types.js'
import { codeOf } from '../../../lib/thrown.js'
import { SplitDnsError } from '../../errors.js'
import type { Plan } from '../plan.js'
import { lookupError } from '../report/connect-errors.js'
import { describeMapping, describeTarget, markAnnotated } from '../report/describe.js'
import type { Refusal } from './gate.js'

/** What a target's name resolved to. Where `usable` is empty, `refused` or `error` says why, else the family is missing. */
export interface TargetOutcome {
  /** The target's place in the route; null for the broker's own name (fallback `original`). */
  readonly index: number | null
  readonly host: string
  /** The port that its addresses are dialled at, where it is known. */
  readonly port: number | undefined
  readonly family: 0 | Family
  readonly answer: Answer | null
  readonly usable: readonly Address[]
  readonly refused: readonly Refusal[]
  readonly error: Error | null
}

/** Those that have an address. */
export const usableOutcomes = (outcomes: readonly TargetOutcome[]): readonly TargetOutcome[] =>
  outcomes.filter(({ usable }) => usable.length > 0)

/** How errors call the target. */
export const describeOutcomeTarget = (plan: Plan, { index, host }: TargetOutcome): string =>
  index === null ? `fallback original (${host})` : describeTarget(plan, index)

/**
 * Why a look-up gave no address: `ERR_SPLIT_DNS_ADDRESS_REFUSED` where there were some and none may be used, else the
 * error in Node's shape. The message has each target with each server asked.
 */
export function noAddress(plan: Plan, outcomes: readonly TargetOutcome[]): Error {
  const details = outcomes.map(outcome => `${describeOutcomeTarget(plan, outcome)}: ${describeOutcome(outcome)}`)
  const indexes = outcomes.map(({ index }) => index).filter(index => index !== null)
  const note = `${describeMapping(plan, indexes)}; ${details.join('; ')}`
  const cause = outcomes.find(({ error }) => error !== null)?.error ?? undefined
  if (outcomes.some(({ refused }) => refused.length > 0)) {
    const message = `kafka-split-dns: ${note}`
    return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_ADDRESS_REFUSED', message, { cause }))
  }
  // What may pass by itself is the more telling: that one server knows no name says little while another is silent.
  const isPassing = outcomes.some(({ error }) => error !== null && codeOf(error) !== 'ENOTFOUND')
  return lookupError(isPassing ? 'EAI_AGAIN' : 'ENOTFOUND', plan.host, note, cause)
}

/** `NXDOMAIN from udp://192.0.2.53:53 after 3 ms`, or why its addresses can't be used. */
export function describeOutcome({ refused, error, usable, family }: TargetOutcome): string {
  if (refused.length > 0) return refused.map(({ address, reason }) => `${address} is refused: ${reason}`).join(', ')
  if (error === null) {
    if (usable.length > 0) return usable.map(({ address }) => address).join(', ')
    return family === 0 ? 'no address' : `no IPv${family} address`
  }
  if (!(error instanceof ResolveError) || error.attempts.length === 0) return error.message
  return summarizeAttempts(error.attempts, error.hostname)
    .map(({ server, outcome, durationMs }) => `${outcome} from ${server} after ${Math.round(durationMs)} ms`)
    .join(', ')
}
