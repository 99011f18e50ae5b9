import { ResolveError } from '../../../lib/resolver/resolve-error.js'
import type { Milliseconds } from '../../../lib/units.js'
import { SplitDnsError } from '../../errors.js'
import type { Decision } from '../../map/types.js'
import { hostPort } from '../../../lib/address/host-port.js'
import { describeMapping, describeRule, describeTarget, markAnnotated } from './describe.js'
import type { Resolved, TargetOutcome } from '../target/resolve-targets.js'

/** A failed look-up as Node's own `dns.lookup` shapes it. */
export interface LookupError extends Error {
  readonly code: string
  readonly errno: number
  readonly syscall: 'getaddrinfo'
  readonly hostname: string
}

/** `getaddrinfo CODE HOST (kafka-split-dns: NOTE)`, with the cause kept. */
export function lookupError(code: string, host: string, note: string, cause?: unknown): LookupError {
  const error = new Error(`getaddrinfo ${code} ${host} (kafka-split-dns: ${note})`, { cause })
  // libuv's UV_EAI_NONAME and UV_EAI_AGAIN.
  const errno = code === 'ENOTFOUND' ? -3008 : -3001
  return markAnnotated(Object.assign(error, { code, errno, syscall: 'getaddrinfo' as const, hostname: host }))
}

/** `ENOTFOUND`, because the text can't be a host's name and is never put on the wire. */
export function notAHostName(host: string): LookupError {
  return lookupError('ENOTFOUND', host, `${JSON.stringify(host)} is not a host name, nothing was asked`)
}

/** `ERR_SPLIT_DNS_REFUSED`, by a rule or because none matches. */
export function refusedByMap({ route }: Decision): SplitDnsError {
  const broker = hostPort(route.host, route.port)
  const why =
    route.rule === null
      ? `no rule matches ${broker}, and unmapped names are refused`
      : `${broker} is refused by ${describeRule(route)}`
  return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_REFUSED', `kafka-split-dns: ${why}`))
}

/** `ERR_SPLIT_DNS_CLOSED`. */
export function closed(broker: string): SplitDnsError {
  return markAnnotated(
    new SplitDnsError('ERR_SPLIT_DNS_CLOSED', `kafka-split-dns: closed, so ${broker} was not looked up`),
  )
}

/** `ERR_SPLIT_DNS_NOT_READY`, after the time given. */
export function notReady(broker: string, waitedMs: Milliseconds, cause?: unknown): SplitDnsError {
  const why = `no map is in force after ${Math.round(waitedMs)} ms of waiting, so ${broker} was not looked up`
  return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_NOT_READY', `kafka-split-dns: ${why}`, { cause }))
}

/** `ERR_SPLIT_DNS_TARGET`: `lookup` can't lead to another port. */
export function portNeeded(decision: Decision): SplitDnsError {
  const index = decision.targetSetsPort.indexOf(true)
  const what = `lookup gives no port, but ${describeTarget(decision, index)} sets one`
  const advice = 'use the socket factory for it'
  const message = `kafka-split-dns: ${decision.route.host}: ${what} (${describeRule(decision.route)}); ${advice}`
  return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_TARGET', message))
}

/**
 * Why a look-up gave no address: `ERR_SPLIT_DNS_ADDRESS_REFUSED` where there were some and none may be used, else the
 * error in Node's shape. The message tells each target with each server asked.
 */
export function noAddress(decision: Decision, host: string, { outcomes, original }: Resolved): Error {
  const all = original === null ? outcomes : [...outcomes, original]
  const details = all.map(outcome => `${outcome.label}: ${tellOutcome(outcome)}`).join('; ')
  const indexes = outcomes.map(({ index }) => index).filter(index => index !== null)
  const note = `${describeMapping(decision, indexes)}; ${details}`
  const cause = all.find(({ error }) => error !== null)?.error ?? undefined
  if (all.some(({ refused }) => refused.length > 0)) {
    const message = `kafka-split-dns: ${note}`
    return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_ADDRESS_REFUSED', message, { cause }))
  }
  // What may pass by itself is the more telling: that one server knows no name says little while another is silent.
  const isPassing = all.some(({ error }) => error !== null && codeOf(error) !== 'ENOTFOUND')
  return lookupError(isPassing ? 'EAI_AGAIN' : 'ENOTFOUND', host, note, cause)
}

/** `NXDOMAIN from udp://192.0.2.53:53 after 3 ms`, or why its addresses can't be used. */
export function tellOutcome({ refused, error, usable, family }: TargetOutcome): string {
  if (refused.length > 0) return refused.map(({ address, reason }) => `${address} is refused: ${reason}`).join(', ')
  if (error === null) {
    if (usable.length > 0) return usable.map(({ address }) => address).join(', ')
    return family === 0 ? 'no address' : `no IPv${family} address`
  }
  if (!(error instanceof ResolveError) || error.attempts.length === 0) return error.message
  return error.attempts
    .map(({ server, outcome, durationMs }) => `${outcome} from ${server} after ${Math.round(durationMs)} ms`)
    .join(', ')
}

function codeOf(error: Error): unknown {
  return 'code' in error ? error.code : undefined
}
