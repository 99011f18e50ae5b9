import type { AllowList } from '../../lib/address/guard.js'
import type { Upstream } from '../../lib/transport/upstream.js'
import type { Fallback, SplitDnsMap, Unmapped } from '../map/types.js'
import type { OnMove, OptionInputs } from './option-inputs.js'
import { allowList, family, flag, list, mapUrl, nameservers, oneOf, text, whole, type Parser } from './parsers.js'

/** One option: what parses it, its default, and its documentation. */
export interface OptionRow<T> {
  /** The environment variable; null where there is only the option. */
  readonly variable: string | null
  readonly parse: Parser<T>
  readonly default: T
  /** The unit of a number: `ms`, `s` or a count. */
  readonly unit?: string
  /** How help and README write the default, where that is not the value itself. */
  readonly defaultText?: string
  /** One line for help and README. */
  readonly doc: string
}

const row = <T>(options: OptionRow<T>): OptionRow<T> => options

const prefix = 'KAFKA_SPLIT_DNS_'
const dayS = 86_400
const weekS = 7 * dayS
const minuteMs = 60_000

/** Inline rules: text in the one-line form (or YAML), or a parsed map. */
const mapText: Parser<string | SplitDnsMap> = value => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  if (typeof value === 'string') return value
  throw new TypeError('expected rules as text, or a map that parseMap gave')
}

/**
 * Every option, once: the types, the reader of the environment, `--help` and the table in docs/configuration.md come from here or are
 * tested against it.
 */
export const optionTable = {
  map: row<string | SplitDnsMap | null>({
    variable: `${prefix}MAP`,
    parse: mapText,
    default: null,
    doc: 'rules in one line: `PATTERN=TARGET`, several targets by `|`, rules by comma or newline',
  }),
  mapFile: row<string | null>({
    variable: `${prefix}MAP_FILE`,
    parse: text,
    default: null,
    doc: 'a YAML or JSON file with the map',
  }),
  mapUrl: row<URL | null>({
    variable: `${prefix}MAP_URL`,
    parse: mapUrl,
    default: null,
    doc: 'an `https://` URL that serves the map (`http://` to loopback only)',
  }),
  mapPollS: row<number>({
    variable: `${prefix}MAP_POLL_S`,
    parse: whole(1, dayS),
    default: 60,
    unit: 's',
    doc: 'how often the URL is asked again',
  }),
  profile: row<readonly string[]>({
    variable: `${prefix}PROFILE`,
    parse: list,
    default: [],
    doc: "comma list of the map's profiles that apply here",
  }),
  nameservers: row<readonly Upstream[] | null>({
    variable: `${prefix}NAMESERVERS`,
    parse: nameservers,
    default: null,
    defaultText: "resolv.conf's on Linux, else `system`",
    doc: 'comma list of `IP[:port]`, `udp://`, `tcp://`, `tls://host`, `https://host/dns-query`, `system`',
  }),
  fallback: row<Fallback>({
    variable: `${prefix}FALLBACK`,
    parse: oneOf(['system', 'original', 'none']),
    default: 'system',
    doc: "when no nameserver answers for a target: `system` (getaddrinfo on the target), `original` (also on the broker's own name), `none`",
  }),
  unmapped: row<Unmapped>({
    variable: `${prefix}UNMAPPED`,
    parse: oneOf(['system', 'refuse']),
    default: 'system',
    doc: "names that no rule matches: `system` (exactly Node's own look-up) or `refuse`",
  }),
  allow: row<AllowList | null>({
    variable: `${prefix}ALLOW`,
    parse: allowList,
    default: null,
    doc: 'CIDR list: an address outside it, for a mapped name, is refused',
  }),
  zone: row<string | null>({
    variable: `${prefix}ZONE`,
    parse: text,
    default: null,
    doc: "this client's availability zone, as the map's keys call it",
  }),
  family: row<0 | 4 | 6>({
    variable: `${prefix}FAMILY`,
    parse: family,
    default: 0,
    doc: '4, 6, or 0 for both',
  }),
  timeoutMs: row<number>({
    variable: `${prefix}TIMEOUT_MS`,
    parse: whole(1, 10 * minuteMs),
    default: 600,
    unit: 'ms',
    doc: 'the whole of one look-up',
  }),
  attemptMs: row<number>({
    variable: `${prefix}ATTEMPT_MS`,
    parse: whole(1, 10 * minuteMs),
    default: 200,
    unit: 'ms',
    doc: 'how long one nameserver is waited for before the next is asked as well',
  }),
  connectAttemptMs: row<number>({
    variable: null,
    parse: whole(10, minuteMs), // Node raises a smaller attempt time to 10 ms
    default: 150,
    unit: 'ms',
    doc: 'how long one address is tried before the next',
  }),
  onMove: row<OnMove>({
    variable: `${prefix}ON_MOVE`,
    parse: oneOf(['keep', 'reconnect']),
    default: 'keep',
    doc: 'live connections whose address has gone out of use: `keep` or `reconnect`',
  }),
  cacheMax: row<number>({
    variable: `${prefix}CACHE_MAX`,
    parse: whole(0, 1_000_000),
    default: 1000,
    unit: 'names',
    doc: 'how many names the cache holds; 0: none',
  }),
  minTtl: row<number>({
    variable: `${prefix}MIN_TTL`,
    parse: whole(0, weekS),
    default: 0,
    unit: 's',
    doc: 'a shorter TTL is raised to this',
  }),
  maxTtl: row<number>({
    variable: `${prefix}MAX_TTL`,
    parse: whole(0, weekS),
    default: 3600,
    unit: 's',
    doc: 'a longer TTL is cut to this; 0: nothing is cached',
  }),
  negativeTtl: row<number>({
    variable: `${prefix}NEGATIVE_TTL`,
    parse: whole(0, weekS),
    default: 5,
    unit: 's',
    doc: 'how long NXDOMAIN and NODATA are kept at most',
  }),
  stale: row<number>({
    variable: `${prefix}STALE`,
    parse: whole(0, weekS),
    default: dayS,
    unit: 's',
    doc: 'how long an expired answer may still serve when every upstream fails; 0: never',
  }),
  disable: row<boolean>({
    variable: `${prefix}DISABLE`,
    parse: flag,
    default: false,
    doc: "`1`, `true`, `yes` or `on`: exactly kafkajs' own behaviour; nothing else is then read",
  }),
} as const satisfies Record<keyof OptionInputs, OptionRow<unknown>>

export type OptionName = keyof typeof optionTable

type Table = typeof optionTable

/** What the options are after parsing: nothing is optional any more, and nothing has a default. */
export type Settings = {
  readonly [Name in OptionName]: Table[Name] extends OptionRow<infer T> ? T : never
}

/** The names of all options, in the table's order. */
export const optionNames = Object.keys(optionTable) as readonly OptionName[]

/** True for a variable that this package reads elsewhere: free values for maps, and the doctor's password. */
export const isOtherVariable = (name: string): boolean =>
  name.startsWith(`${prefix}VAR_`) || name === `${prefix}SASL_PASSWORD`

/** What every variable's name begins with. */
export const variablePrefix = prefix
