import { debuglog } from 'node:util'
import type { Answer } from '../../lib/resolver/types.js'
import type { ConnectEvent, LookupEvent, RefusedEvent, StaleEvent } from '../connect/context.js'
import { hostPort } from '../../lib/address/host-port.js'
import { describeRule, describeUnmapped } from '../connect/report/describe.js'
import type { Decision } from '../map/types.js'
import type { QueryPayload } from './events.js'

// NODE_DEBUG is read by Node when the process starts.
const debug = debuglog('kafka-split-dns')

let isOn: boolean | undefined

/** True where NODE_DEBUG names kafka-split-dns: no line is made for nobody. */
export const isDebugging = (): boolean => (isOn ??= debug.enabled)

/**
 * Each decision as a line on standard error. Targets stand as the map writes them, and queries without their names:
 * no line holds what a `${}` stands for.
 */
export const debugLines = {
  hit(decision: Decision, { source, addresses, ttl }: Answer): void {
    const texts = addresses.map(({ address }) => address)
    print(`lookup ${mapping(decision)}: ${texts.join(', ')} (${source}, TTL ${ttl} s)`)
  },
  lookup({ decision, source, addresses, ttl, durationMs, error }: LookupEvent): void {
    const found = `${addresses.join(', ')} (${source ?? 'nothing'}, TTL ${ttl} s)`
    print(`lookup ${mapping(decision)}: ${error === null ? found : failure(error)} in ${rounded(durationMs)} ms`)
  },
  connect({ decision, outcome, address, addressPort, durationMs, error }: ConnectEvent): void {
    const where = address === null ? '' : ` at ${hostPort(address, addressPort)}`
    const why = error === null ? '' : `: ${failure(error)}`
    print(`connect ${mapping(decision)}: ${outcome}${where} in ${rounded(durationMs)} ms${why}`)
  },
  refused({ decision, reason, error }: RefusedEvent): void {
    print(`refused ${broker(decision)} (${reason}): ${failure(error)}`)
  },
  stale({ decision, addresses }: StaleEvent): void {
    print(`stale ${mapping(decision)}: ${addresses.join(', ')}`)
  },
  moved(error: Error): void {
    print(`moved ${failure(error)}`)
  },
  unmapped(decision: Decision): void {
    print(`system ${describeUnmapped(decision)}`)
  },
  query({ server, outcome, question, durationMs }: QueryPayload): void {
    const [type = '', name] = question.split(' ')
    print(`query ${name === undefined ? 'addresses' : type} from ${server}: ${outcome} in ${rounded(durationMs)} ms`)
  },
  reload(rules: number): void {
    print(`reload ${rules} rules are in force`)
  },
  reloadError(error: Error): void {
    print(`reload failed, the map before stays in force: ${failure(error)}`)
  },
} as const

// `debuglog` takes a format.
const print = (line: string) => debug('%s', line)

const broker = ({ route: { host, port } }: Decision) => hostPort(host, port)

const mapping = (decision: Decision) =>
  `${broker(decision)} -> ${decision.targetTexts.join(' | ')} by ${describeRule(decision.route)}`

const failure = ({ message }: Error) => message

const rounded = (durationMs: number) => Math.round(durationMs)
