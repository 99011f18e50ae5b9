import type { Milliseconds } from '../../../lib/units.js'
import { SplitDnsError } from '../../errors.js'
import type { Plan } from '../plan.js'
import { hostPort } from '../../../lib/address/host-port.js'
import { describeRule, describeTarget, markAnnotated, oneLine } from './describe.js'

/** A failed look-up as Node's own `dns.lookup` shapes it. */
export interface LookupError extends Error {
  readonly code: string
  readonly errno: number
  readonly syscall: 'getaddrinfo'
  readonly hostname: string
}

/** `getaddrinfo CODE HOST (kafka-split-dns: NOTE)`, with the cause kept. */
export function lookupError(code: string, host: string, note: string, cause?: unknown): LookupError {
  const message = oneLine(`getaddrinfo ${code} ${host} (kafka-split-dns: ${note})`)
  const error = new Error(message, cause === undefined ? {} : { cause })
  // libuv's UV_EAI_NONAME and UV_EAI_AGAIN.
  const errno = code === 'ENOTFOUND' ? -3008 : -3001
  return markAnnotated(Object.assign(error, { code, errno, syscall: 'getaddrinfo' as const, hostname: host }))
}

/** `ENOTFOUND`, because the text can't be a host's name and is never put on the wire. */
export function notAHostName(host: string): LookupError {
  return lookupError('ENOTFOUND', host, `${JSON.stringify(host)} is not a host name, nothing was asked`)
}

/** `ERR_SPLIT_DNS_REFUSED`, by a rule or because none matches. */
export function refusedByMap({ host, port, decision: { route } }: Plan): SplitDnsError {
  const broker = hostPort(host, port)
  const why =
    route.rule === null
      ? `no rule matches ${broker}, and unmapped names are refused`
      : `${broker} is refused by ${describeRule(route)}`
  return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_REFUSED', oneLine(`kafka-split-dns: ${why}`)))
}

/** `ERR_SPLIT_DNS_CLOSED`. */
export function closed(broker: string): SplitDnsError {
  return markAnnotated(
    new SplitDnsError('ERR_SPLIT_DNS_CLOSED', oneLine(`kafka-split-dns: closed, so ${broker} was not looked up`)),
  )
}

/** `ERR_SPLIT_DNS_NOT_READY`, after the time given. */
export function notReady(broker: string, waitedMs: Milliseconds, cause?: unknown): SplitDnsError {
  const why = `no map is in force after ${Math.round(waitedMs)} ms of waiting, so ${broker} was not looked up`
  return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_NOT_READY', oneLine(`kafka-split-dns: ${why}`), { cause }))
}

/** `ERR_SPLIT_DNS_TARGET`: `lookup` can't lead to another port. */
export function portNeeded(plan: Plan): SplitDnsError {
  const index = plan.decision.targetSetsPort.indexOf(true)
  const what = `lookup gives no port, but ${describeTarget(plan, index)} sets one`
  const advice = 'use the socket factory for it'
  const message = `kafka-split-dns: ${plan.host}: ${what} (${describeRule(plan.decision.route)}); ${advice}`
  return markAnnotated(new SplitDnsError('ERR_SPLIT_DNS_TARGET', oneLine(message)))
}
