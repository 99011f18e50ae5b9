import type { Socket } from 'node:net'
import { hostPort } from '../../../lib/address/host-port.js'
import { codeOf } from '../../../lib/thrown.js'
import { visibleText } from '../../text/visible-text.js'
import type { Route } from '../../map/types.js'
import type { Plan } from '../plan.js'

/** `rule '*.kafka.example' (map.yaml:4)`, as the map writes it. */
export function describeRule({ rule }: Pick<Route, 'rule'>): string {
  return rule === null ? 'no rule' : `rule '${rule.match}' (${rule.place})`
}

/** The target as it is dialled; as the map writes it where that holds a `${}`, because errors show no such value. */
export function describeTarget({ decision: { route, targetTexts }, host }: Plan, index: number): string {
  const text = targetTexts[index]
  const target = route.targets[index]
  if (target === undefined) return text ?? host
  return text?.includes('${') === true ? text : hostPort(target.host, target.port)
}

/** The same without its port; `host` is what was looked up. */
export function describeTargetName({ decision: { targetTexts } }: Plan, index: number, host: string): string {
  const text = targetTexts[index]
  return text?.includes('${') === true ? text : host
}

/** `b0.kafka.example:9092 -> vpce.example:9092 by rule '*.kafka.example' (map.yaml:4)`. */
export function describeMapping(plan: Plan, indexes: Iterable<number> = plan.decision.route.targets.keys()): string {
  const targets = Array.from(indexes, index => describeTarget(plan, index)).join(' | ')
  return `${hostPort(plan.host, plan.port)} -> ${targets} by ${describeRule(plan.decision.route)}`
}

/** `no rule matches b0.kafka.example:9092`, or which rule leaves it to the system, or why no rule is in force at all. */
export function describeUnmapped(plan: Plan): string {
  if (plan.whyNoRules !== undefined) return `no rule is in force: ${plan.whyNoRules}`
  const broker = hostPort(plan.host, plan.port)
  const { rule } = plan.decision.route
  if (rule !== null) return `${describeRule({ rule })} leaves ${broker} to the system`
  const near = nearMatch(plan)
  return near === undefined ? `no rule matches ${broker}` : `no rule matches ${broker}; ${near}`
}

/** Which rule nearly matched, and why it did not; undefined where one matched, or none did nearly. */
export function nearMatch({ map, host, port, decision: { route } }: Plan): string | undefined {
  return route.rule === null ? map.nearMatch?.(host, port) : undefined
}

// Long enough for every target with each of its servers.
const maxMessage = 4000

/** A message that may hold text of strangers (a broker's name, a server's words), fit for one line of a log. */
export const oneLine = (message: string): string => visibleText(message, maxMessage)

const annotated = new WeakSet()

/** Marks an error whose message already says what the map did. */
export function markAnnotated<T extends Error>(error: T): T {
  annotated.add(error)
  return error
}

/**
 * The error's message ends with what the map did, and is never empty: Node's AggregateError has none of its own, and
 * kafkajs reports nothing but message and code. Once an error; one that can't be changed stays as it is.
 */
export function annotate(error: Error, head: string, note: string): void {
  if (annotated.has(error)) return
  annotated.add(error)
  const before = error.message
  const message = oneLine(`${before === '' ? head : before} (kafka-split-dns: ${note})`)
  const stack = error.stack
  define(error, 'message', message)
  // The stack was written when the error was made, and kafkajs logs it.
  const frames = stack?.slice(stack.search(/\n {4}at /)) ?? ''
  if (stack !== undefined && frames.startsWith('\n')) define(error, 'stack', `${error.name}: ${message}${frames}`)
}

// Of system calls, and of Node's own checks.
const nodeCode = /^(?:E[A-Z0-9]+|ERR_\w+)$/

/** True for what Node fails a connect with; false for an error of the client's own that it destroyed the socket with. */
export function isFromNode(error: Error, socket: Socket): boolean {
  const code = codeOf(error)
  // A certificate that OpenSSL does not accept.
  return code !== undefined && (nodeCode.test(code) || code === Reflect.get(socket, 'authorizationError'))
}

function define(error: Error, name: 'message' | 'stack', value: string): void {
  Reflect.defineProperty(error, name, { value, writable: true, enumerable: false, configurable: true })
}
