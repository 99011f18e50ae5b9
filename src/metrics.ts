import { createRequire } from 'node:module'
import type * as PromClient from 'prom-client'
import type { Counter, Histogram, Registry } from 'prom-client'
import { once } from '../lib/packages.js'
import { codeOf as errorCodeOf } from '../lib/thrown.js'
import { isSplitDnsError } from './errors.js'
import type { ConnectPayload, LookupPayload } from './connect/report/events.js'
import type { QueryPayload } from './observe/events.js'
import type { SplitDns } from './split-dns.js'

/** Where `collectMetrics` puts its metrics, and what their names begin with. */
export interface MetricsOptions {
  /** Takes the metrics. Those of several `SplitDns` add up in it. */
  readonly register: Registry
  /** What every metric's name begins with; left out: `kafka_split_dns_`. */
  readonly prefix?: string
}

/**
 * From now on the registry counts what the `SplitDns` does, until that is closed. Idempotent. Throws where the registry
 * has another metric of one of the names, and a TypeError without a registry.
 */
export function collectMetrics(splitDns: SplitDns, options: MetricsOptions): void {
  // JavaScript may pass less than the types ask for.
  const { register, prefix = 'kafka_split_dns_' } = (options as Partial<MetricsOptions> | undefined) ?? {}
  if (typeof register?.registerMetric !== 'function')
    throw new TypeError('collectMetrics needs a registry of prom-client: collectMetrics(splitDns, { register })')
  collectorFor(register, prefix).add(splitDns)
}

// An optional peer, so it may not be there; as in lib/packages.ts, `require` is CommonJS' own in the built package.
const loadPromClient = once((): typeof PromClient => {
  try {
    return (
      typeof require === 'function' ? require('prom-client') : createRequire(import.meta.url)('prom-client')
    ) as typeof PromClient
  } catch (cause) {
    if (errorCodeOf(cause) !== 'MODULE_NOT_FOUND') throw cause
    const message = 'collectMetrics needs the package prom-client, which is not installed: npm install prom-client'
    throw new Error(message, { cause })
  }
})

const collectors = new WeakMap<Registry, Map<string, Collector>>()

function collectorFor(register: Registry, prefix: string): Collector {
  const known = collectors.get(register) ?? new Map<string, Collector>()
  collectors.set(register, known)
  const collector = known.get(prefix)
  // A registry that was cleared has lost the metrics.
  if (collector?.isIn(register) === true) return collector
  const made = new Collector(register, prefix)
  known.set(prefix, made)
  return made
}

// kafkajs gives DNS, connect and TLS one second together.
const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 1]

class Collector {
  readonly #members = new Set<SplitDns>()
  readonly #lookups: Counter<'source' | 'outcome'>
  readonly #lookupSeconds: Histogram
  readonly #queries: Counter<'server' | 'outcome'>
  readonly #connects: Counter<'target' | 'outcome'>
  readonly #refused: Counter
  readonly #unmapped: Counter
  readonly #questions: Counter<'outcome'>
  readonly #relayed: Counter<'outcome'>
  readonly #reloads: Counter<'outcome'>
  readonly #lookupsName: string
  readonly #servers = new BoundedLabel()
  readonly #targets = new BoundedLabel()

  constructor(register: Registry, prefix: string) {
    const { Counter, Histogram } = loadPromClient()
    const metric = (name: string, help: string) => ({ name: prefix + name, help, registers: [register] })
    this.#lookupsName = `${prefix}lookups_total`
    this.#lookups = new Counter({
      ...metric('lookups_total', 'Look-ups for mapped names, by where the answer came from and what came of it.'),
      labelNames: ['source', 'outcome'],
    })
    this.#lookupSeconds = new Histogram({
      ...metric('lookup_duration_seconds', 'How long look-ups for mapped names took; 0 where the answer was at hand.'),
      buckets: secondsBuckets,
    })
    this.#queries = new Counter({
      ...metric('upstream_queries_total', 'Queries to nameservers, and to the system resolver.'),
      labelNames: ['server', 'outcome'],
    })
    this.#connects = new Counter({
      ...metric('connects_total', 'Connects to mapped brokers, by the target as the map writes it.'),
      labelNames: ['target', 'outcome'],
    })
    this.#refused = new Counter(metric('refused_total', 'Brokers, or all their addresses, that were refused.'))
    this.#questions = new Counter({
      ...metric('questions_total', 'Questions that serve was asked, by what became of them.'),
      labelNames: ['outcome'],
    })
    this.#relayed = new Counter({
      ...metric('relayed_connections_total', 'Connections that serve relays: opened, and how they ended.'),
      labelNames: ['outcome'],
    })
    this.#unmapped = new Counter(
      metric('unmapped_connects_total', 'Connects that no rule matched while a map is in force.'),
    )
    this.#reloads = new Counter({
      ...metric('map_reloads_total', 'Maps that came into force after the start, and attempts that failed.'),
      labelNames: ['outcome'],
    })
    // So that the series is there before the first, and an increase can be seen.
    for (const outcome of ['ok', 'failed']) this.#reloads.inc({ outcome }, 0)
    this.#gauge(metric('cache_entries', 'Names in the cache, expired ones too.'), stats => stats.cacheEntries)
    this.#gauge(metric('map_rules', 'Rules in force.'), ({ map }) => map.rules)
    this.#gauge(
      metric('map_last_reload_timestamp_seconds', 'When the map in force came into force, since the epoch.'),
      ({ map }) => (map.inForceSinceEpochMs ?? 0) / 1000,
      (one, other) => Math.max(one, other),
    )
  }

  isIn(register: Registry): boolean {
    return register.getSingleMetric(this.#lookupsName) === this.#lookups
  }

  add(splitDns: SplitDns): void {
    if (this.#members.has(splitDns) || splitDns.isClosed) return
    this.#members.add(splitDns)
    splitDns.on('lookup', lookup => this.#countLookup(lookup))
    splitDns.on('query', query => this.#countQuery(query))
    splitDns.on('connect', connect => this.#countConnect(connect))
    splitDns.on('refused', () => this.#refused.inc())
    splitDns.on('questions', ({ counts }) => {
      for (const [outcome, count] of Object.entries(counts)) this.#questions.inc({ outcome }, count)
    })
    splitDns.on('relay', ({ outcome }) => this.#relayed.inc({ outcome }))
    splitDns.on('unmapped', () => this.#unmapped.inc())
    splitDns.on('reload', () => this.#reloads.inc({ outcome: 'ok' }))
    splitDns.on('reloadError', () => this.#reloads.inc({ outcome: 'failed' }))
  }

  #countLookup({ source, error, durationMs }: LookupPayload): void {
    this.#lookups.inc({ source: source ?? 'none', outcome: error === null ? 'ok' : codeOf(error) })
    this.#lookupSeconds.observe(durationMs / 1000)
  }

  #countQuery({ server, outcome }: QueryPayload): void {
    this.#queries.inc({ server: this.#servers.of(server), outcome: knownOutcomes.has(outcome) ? outcome : 'error' })
  }

  #countConnect({ target, outcome }: ConnectPayload): void {
    this.#connects.inc({ target: this.#targets.of(target ?? 'none'), outcome })
  }

  /** A gauge that is read when it is collected, over all that are not closed. */
  #gauge(
    options: { name: string; help: string; registers: Registry[] },
    read: (stats: ReturnType<SplitDns['stats']>) => number,
    join = (one: number, other: number) => one + other,
  ): void {
    const members = this.#members
    const { Gauge } = loadPromClient()
    new Gauge({
      ...options,
      collect() {
        for (const member of members) if (member.isClosed) members.delete(member)
        this.set([...members].map(member => read(member.stats())).reduce(join, 0))
      },
    })
  }
}

/** Servers and targets come from the configuration; maps that are reloaded for years bring new ones. */
class BoundedLabel {
  static readonly #most = 1000
  readonly #values = new Set<string>()

  of(value: string): string {
    if (this.#values.has(value)) return value
    if (this.#values.size >= BoundedLabel.#most) return 'other'
    this.#values.add(value)
    return value
  }
}

const knownOutcomes: ReadonlySet<string> = new Set([
  'NOERROR',
  'NXDOMAIN',
  'NODATA',
  'SERVFAIL',
  'REFUSED',
  'FORMERR',
  'NOTIMP',
  'timeout',
  'cancelled',
  'ECONNREFUSED',
])

const lookupCodes: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'EAI_AGAIN'])

function codeOf(error: Error): string {
  if (isSplitDnsError(error)) return error.code
  const code = errorCodeOf(error)
  return code !== undefined && lookupCodes.has(code) ? code : 'error'
}
