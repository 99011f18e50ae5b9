import { isIP } from 'node:net'
import { ResolveError, summarizeAttempts } from '../../../lib/resolver/resolve-error.js'
import type { Attempt } from '../../../lib/resolver/types.js'
import { codeOf } from '../../../lib/thrown.js'
import type { Milliseconds } from '../../../lib/units.js'
import { SplitDnsError } from '../../errors.js'
import type { Plan, TargetOutcome } from '../plan.js'
import type { Refusal } from '../target/policy.js'
import { lookupError } from './connect-errors.js'
import { describeMapping, describeTarget, describeTargetName, markAnnotated, oneLine } from './describe.js'
import type { LookupPayload } from './events.js'

/** Those that have an address. */
export const usableOutcomes = (outcomes: readonly TargetOutcome[]): readonly TargetOutcome[] =>
  outcomes.filter(({ usable }) => usable.length > 0)

const holdsVariable = ({ decision: { targetTexts } }: Plan, { index }: TargetOutcome): boolean =>
  index !== null && targetTexts[index]?.includes('${') === true

/** A look-up with these outcomes. */
export function lookupPayload(
  { decision: { route, targetTexts } }: Plan,
  outcomes: readonly TargetOutcome[],
  durationMs: Milliseconds,
  error: Error | null,
): LookupPayload {
  const { host, port, rule } = route
  const used = usableOutcomes(outcomes)
  return {
    ...{ host, port, rule, targets: targetTexts, durationMs, error },
    source: used[0]?.answer?.source ?? null,
    addresses: used.flatMap(({ usable }) => usable.map(({ address }) => address)),
    ttl: used.length === 0 ? 0 : Math.min(...used.map(({ answer }) => answer?.ttl ?? 0)),
  }
}

/** The target as errors name it. */
export const describeOutcomeTarget = (plan: Plan, { index, host }: TargetOutcome): string =>
  index === null ? `fallback original (${host})` : describeTarget(plan, index)

/**
 * Why a look-up gave no address: `ERR_SPLIT_DNS_ADDRESS_REFUSED` where there were some and none may be used, else the
 * error in Node's shape. The message says why of each target.
 */
export function noAddress(plan: Plan, outcomes: readonly TargetOutcome[]): Error {
  const indexes = outcomes.map(({ index }) => index).filter(index => index !== null)
  const note = [describeMapping(plan, indexes), ...outcomes.map(outcome => describeOutcome(plan, outcome))].join('; ')
  // A cause names what was looked up: none where that is made of a `${}`, because errors show no such value.
  const cause = outcomes.find(outcome => outcome.error !== null && !holdsVariable(plan, outcome))?.error ?? undefined
  if (outcomes.some(({ refused }) => refused.length > 0)) {
    const message = oneLine(`kafka-split-dns: ${note}`)
    return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_ADDRESS_REFUSED', message, { cause }))
  }
  // A failure that may pass by itself counts first: one server's NXDOMAIN says little while another is silent.
  const isPassing = outcomes.some(({ error }) => error !== null && codeOf(error) !== 'ENOTFOUND')
  return lookupError(isPassing ? 'EAI_AGAIN' : 'ENOTFOUND', plan.host, note, cause)
}

/** Why the target gave no address: `vpce.example does not exist (NXDOMAIN from 192.0.2.53, also with 3 search suffixes)`. */
function describeOutcome(plan: Plan, outcome: TargetOutcome): string {
  const { index, error, refused, host } = outcome
  const attempts = attemptsOf(error)
  const isNegative = attempts.length > 0 && attempts.every(({ outcome: rcode }) => negatives.has(rcode))
  if (refused.length > 0 || !isNegative)
    return `${describeOutcomeTarget(plan, outcome)}: ${explainOutcome(plan, outcome)}`
  const rcodes = [...new Set(attempts.map(({ outcome: rcode }) => rcode))]
  const servers = [...new Set(attempts.map(({ server }) => plainServer(server)))]
  const names = new Set(attempts.map(({ question }) => question?.slice(question.indexOf(' ') + 1)))
  const suffixes =
    names.size > 1 ? `, also with ${names.size === 2 ? 'a search suffix' : `${names.size - 1} search suffixes`}` : ''
  const name = index === null ? describeOutcomeTarget(plan, outcome) : describeTargetName(plan, index, host)
  const what = rcodes.includes('NODATA') ? 'has no address' : 'does not exist'
  return `${name} ${what} (${rcodes.join(' and ')} from ${servers.join(' and ')}${suffixes})`
}

/** The same with each server's part, or why its addresses can't be used. */
export function explainOutcome(plan: Plan, outcome: TargetOutcome): string {
  const { refused, error, usable, family, host } = outcome
  if (refused.length > 0) return describeRefusals(plan, refused)
  if (error === null && usable.length > 0) return usable.map(({ address }) => address).join(', ')
  // A target that is an address is never looked up: it fails only because it is of the other family.
  if (error === null || isIP(host) !== 0) return family === 0 ? 'no address' : `no IPv${family} address`
  const attempts = attemptsOf(error)
  if (attempts.length === 0) return holdsVariable(plan, outcome) ? (codeOf(error) ?? 'failed') : error.message
  return summarizeAttempts(attempts, host)
    .map(({ server, outcome, durationMs }) => `${outcome} from ${server} after ${Math.round(durationMs)} ms`)
    .join(', ')
}

// More addresses than these make no message clearer.
const mostRefusals = 4

/** `192.0.2.1 is refused: in 192.0.2.0/24, where no broker is; to allow it, set ...`, each reason once. */
function describeRefusals({ policy }: Plan, refused: readonly Refusal[]): string {
  const listed = refused.slice(0, mostRefusals)
  const reasons = [...new Set(listed.map(({ reason }) => reason))].map(reason => {
    const addresses = listed.filter(refusal => refusal.reason === reason).map(({ address }) => address)
    return `${addresses.join(', ')} ${addresses.length === 1 ? 'is' : 'are'} refused: ${reason}`
  })
  const more = refused.length > listed.length ? `; and ${refused.length - listed.length} more` : ''
  return `${reasons.join('; ')}${more}; ${policy.howToAllow(listed)}`
}

const negatives: ReadonlySet<string> = new Set(['NXDOMAIN', 'NODATA'])

const attemptsOf = (error: Error | null): readonly Attempt[] => (error instanceof ResolveError ? error.attempts : [])

/** `192.0.2.53` for `udp://192.0.2.53:53`: what a person calls it. */
const plainServer = (server: string) => /^udp:\/\/(.*):53$/.exec(server)?.[1] ?? server
