import { debuglog } from 'node:util'
import { hostPort } from '../../lib/address/host-port.js'
import type { Settings } from '../config/option-table.js'
import type { ReadSettings } from '../config/settings.js'
import type { CompiledMap } from '../map/types.js'
import { packageVersion } from '../package-version.js'
import type { Plan } from '../connect/plan.js'
import { describeRule, describeUnmapped, oneLine } from '../connect/report/describe.js'
import type {
  AskedBroker,
  ConnectPayload,
  LookupPayload,
  RefusedPayload,
  StalePayload,
} from '../connect/report/events.js'
import type { QueryPayload, QuestionOutcome, RelayPayload } from './events.js'

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
  start(inForce: string): void {
    print(`start ${inForce}`)
  },
  lookup(payload: LookupPayload): void {
    const { targets, source, addresses, ttl, durationMs, error } = payload
    const mapping = `${broker(payload)} -> ${targets.join(' | ')} by ${describeRule(payload)}`
    const found = `${mapping}: ${addresses.join(', ')} (${source}, TTL ${ttl} s) in ${rounded(durationMs)} ms`
    print(`lookup ${error === null ? found : failure(payload, durationMs, error)}`)
  },
  connect(payload: ConnectPayload): void {
    const { target, outcome, address, addressPort, durationMs, error } = payload
    const where = address === null ? '' : ` at ${hostPort(address, addressPort)}`
    const mapping = `${broker(payload)} -> ${target ?? 'no target'} by ${describeRule(payload)}`
    const ended = `${mapping}: ${outcome}${where} in ${rounded(durationMs)} ms`
    print(`connect ${error === null ? ended : failure(payload, durationMs, error)}`)
  },
  refused({ reason, error, ...asked }: RefusedPayload): void {
    print(`refused ${broker(asked)} (${reason}): ${error.message}`)
  },
  stale(payload: StalePayload): void {
    print(`stale ${broker(payload)} by ${describeRule(payload)}: ${payload.addresses.join(', ')}`)
  },
  moved(error: Error): void {
    print(`moved ${error.message}`)
  },
  unmapped(plan: Plan): void {
    print(`system ${describeUnmapped(plan)}`)
  },
  query({ server, outcome, question, durationMs }: QueryPayload): void {
    const [type = '', name] = question.split(' ')
    print(`query ${name === undefined ? 'addresses' : type} from ${server}: ${outcome} in ${rounded(durationMs)} ms`)
  },
  question(name: string, type: number, outcome: QuestionOutcome): void {
    print(`question ${name} type ${type}: ${outcome}`)
  },
  relay({ host, port, outcome, error, sent, received }: RelayPayload): void {
    const bytes = outcome === 'opened' ? '' : ` after ${sent} bytes to the broker and ${received} back`
    print(`relay ${hostPort(host, port)}: ${outcome}${bytes}${error === null ? '' : `: ${error}`}`)
  },
  reload(rules: number): void {
    print(`reload ${countRules(rules)} in force`)
  },
  reloadError(error: Error): void {
    print(`reload failed, the map before stays in force: ${error.message}`)
  },
} as const

/** What is in force at the start, in one line. */
export const describeStart = ({ settings, origins }: ReadSettings, map: CompiledMap | undefined): string =>
  `kafka-split-dns ${packageVersion()}: ${inForce(settings, origins, map).join('; ')}`

function inForce(
  { disable, mapFile, profile, nameservers, fallback, unmapped, onMove }: Settings,
  origins: ReadSettings['origins'],
  map: CompiledMap | undefined,
): readonly string[] {
  if (disable) return [`disabled by ${origins.disable ?? 'nothing'}`]
  const file = mapFile === null ? '' : ` (${mapFile})`
  const sources = [origins.map, origins.mapFile && `${origins.mapFile}${file}`, origins.mapUrl].filter(Boolean)
  if (sources.length === 0) return ['no map is set']
  const rules = map === undefined ? 'no map is in force yet' : `${countRules(map.ruleCount)} in force`
  const others = (map?.profiles ?? []).filter(name => !profile.includes(name))
  return [
    `${rules}, from ${sources.join(', ')}`,
    `profiles chosen: ${profile.join(', ') || 'none'}, not chosen: ${others.join(', ') || 'none'}`,
    `nameservers ${nameservers?.map(({ label }) => label).join(', ') ?? 'of the system'}`,
    `fallback ${fallback}, unmapped ${unmapped}, on move ${onMove}`,
  ]
}

/** `1 rule is`, `2 rules are`. */
export const countRules = (rules: number): string => (rules === 1 ? '1 rule is' : `${rules} rules are`)

// `debuglog` takes a format.
const print = (line: string) => debug('%s', oneLine(line))

const broker = ({ host, port }: AskedBroker) => hostPort(host, port)

// An error's message says itself what the map did.
const failure = (asked: AskedBroker, durationMs: number, { message }: Error) =>
  `${broker(asked)} failed in ${rounded(durationMs)} ms: ${message}`

const rounded = (durationMs: number) => Math.round(durationMs)
