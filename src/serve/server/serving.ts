import { createServer } from 'node:net'
import { startDnsServer, type DnsServer } from '../../../lib/server/dns-server.js'
import { PassOn } from '../../../lib/server/pass-on.js'
import type { ReceivedQuery } from '../../../lib/server/read-query.js'
import type { Milliseconds } from '../../../lib/units.js'
import { readSettings, type Environment } from '../../config/settings.js'
import { ConfigError } from '../../errors.js'
import type { CompiledMap, RuleSummary } from '../../map/types.js'
import { debugLines, isDebugging } from '../../observe/debug-lines.js'
import type { QuestionOutcome, ServedEvent } from '../../observe/events.js'
import type { Logger } from '../../observe/log.js'
import { openMap } from '../../source/map-keeper.js'
import { contextOf, SplitDns, type SplitDnsOptions } from '../../split-dns.js'
import type { ServeSettings } from '../options.js'
import { describeListenError } from './listen-error.js'
import { MapAnswers } from './map-answers.js'
import { createServeResolver, createSystemLookup, Nameservers, socketLookup } from './nameservers.js'
import { QuestionCounts } from './question-counts.js'
import { addressText } from './relay/address-pool.js'
import { Relay } from './relay/relay.js'
import { ServedNames } from './served-names.js'

const now = () => performance.now()

export interface ServingOptions {
  readonly options: Omit<SplitDnsOptions, 'logger'>
  readonly env: Environment
  readonly settings: ServeSettings
  readonly logger: Required<Pick<Logger, 'info' | 'warn' | 'error'>>
  readonly onEvent: (event: ServedEvent) => void
  readonly resolvConfPath?: string
}

/** A server that answers, until it is closed. */
export interface Serving {
  readonly address: string
  readonly port: number
  /** Ends the DNS server at once, relayed connections once they are idle, at the latest after the grace time. */
  close(graceMs?: Milliseconds): Promise<void>
}

/**
 * Answers DNS from the map and relays connections, in this thread. Rejects with `ConfigError` for options, variables and
 * a map that can't be used, for an address that can't be listened on, and where no other nameserver is left.
 */
export async function startServing(given: ServingOptions): Promise<Serving> {
  const { options, env, settings, logger, onEvent } = given
  const read = readSettings(options, env).settings
  const { resolvConfPath = '/etc/resolv.conf' } = given
  const behind = { settings: read, own: settings, resolvConfPath, onWarning: logger.warn, now }
  const nameservers = await Nameservers.open(behind)
  const system = createSystemLookup(nameservers, read, now)
  const splitDns = new SplitDns({ ...options, logger }, env, openMap, (own, onQuery, onWarning) =>
    createServeResolver(own, onQuery, onWarning, nameservers, system.lookup, now),
  )
  const closers: (() => Promise<void>)[] = [() => splitDns.close(), () => system.close()]
  try {
    const relayMode = (await canRelay(settings)) ? settings.relay : withoutRelay(given)
    const context = contextOf(splitDns)
    splitDns.on('connect', payload => onEvent({ name: 'connect', payload }))
    splitDns.on('query', payload => onEvent({ name: 'query', payload }))
    splitDns.on('refused', payload => onEvent({ name: 'refused', payload }))
    splitDns.on('stale', payload => onEvent({ name: 'stale', payload }))
    reviewMap(context.currentMap(), relayMode, logger)
    const passOn = new PassOn({ servers: () => nameservers.passOn(), lookup: socketLookup(system.lookup) })
    closers.push(() => {
      passOn.close()
      return Promise.resolve()
    })
    const relay = new Relay({
      pool: settings.pool,
      socketFactory: splitDns.socketFactory,
      isMapped: (host, port) => isMapped(splitDns, host, port),
      report: payload => {
        if (isDebugging()) debugLines.relay(payload)
        onEvent({ name: 'relay', payload })
      },
      now,
      warn: logger.warn,
    })
    const counts = new QuestionCounts(payload => onEvent({ name: 'questions', payload }))
    const answers = new MapAnswers({
      context,
      names: new ServedNames(context, { relay: relayMode, ports: settings.ports }),
      passOn: (query, via) => passOn.ask(query, via),
      relayAddress: (host, ports) => relay.addressFor(host, ports),
      report: (outcome: QuestionOutcome, query: ReceivedQuery) => counts.count(outcome, query),
    })
    const server = await listen(settings, answers)
    for (const note of nameservers.notes) logger.warn(note)
    return runningServer(server, relay, counts, settings, closers)
  } catch (error) {
    for (const close of closers) await close()
    throw error
  }
}

function runningServer(
  server: DnsServer,
  relay: Relay,
  counts: QuestionCounts,
  { graceMs: defaultGraceMs }: ServeSettings,
  closers: readonly (() => Promise<void>)[],
): Serving {
  let closing: Promise<void> | undefined
  const close = async (graceMs: Milliseconds) => {
    await server.close()
    await relay.close(graceMs)
    counts.close()
    for (const each of closers) await each()
  }
  return {
    address: server.address,
    port: server.port,
    close: (graceMs = defaultGraceMs) => (closing ??= close(graceMs)),
  }
}

function isMapped(splitDns: SplitDns, host: string, port: number): boolean {
  try {
    return splitDns.route(host, port).action === 'map'
  } catch {
    // The factory says why such a rule gives no target.
    return true
  }
}

async function listen({ address, port }: ServeSettings, answers: MapAnswers): Promise<DnsServer> {
  try {
    return await startDnsServer({ address, port, handler: answers.answer })
  } catch (error) {
    throw new ConfigError([{ message: describeListenError(error, address, port), origin: 'listen' }])
  }
}

/** True where addresses of the block are this host's own, as all of 127.0.0.0/8 is on Linux. */
function canRelay({ relay, pool }: ServeSettings): Promise<boolean> {
  if (relay === 'never') return Promise.resolve(true)
  if (process.platform !== 'linux') return Promise.resolve(false)
  const last = pool.first + pool.size - 2
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(0, addressText(last), () => server.close(() => resolve(true)))
  })
}

function withoutRelay({ settings: { relay, pool }, logger }: ServingOptions): 'never' {
  const what = `this system has no addresses of ${pool.text}, which Linux has`
  if (relay === 'always') throw new ConfigError([{ message: `always: ${what}`, origin: 'relay' }])
  logger.warn(`no relay: ${what}, so only rules that keep ports are served`)
  return 'never'
}

/** Names the rules that can't be served without the relay; throws where they are all there is. */
function reviewMap(map: CompiledMap | undefined, relay: string, logger: ServingOptions['logger']): void {
  const rules = (map?.rules() ?? []).filter(({ action }) => action === 'map')
  const unserved = rules.filter(({ setsPort }) => setsPort)
  if (relay !== 'never' || unserved.length === 0) return
  const named = unserved.slice(0, maxNamed).map(describe).join(', ')
  const more = unserved.length > maxNamed ? ` and ${unserved.length - maxNamed} more` : ''
  if (unserved.length === rules.length) {
    const message = `without the relay nothing of this map can be served: every rule sets a port (${named}${more})`
    throw new ConfigError([{ message, origin: 'relay' }])
  }
  logger.warn(`without the relay these rules are not served, because they set a port: ${named}${more}`)
}

const maxNamed = 5
const describe = ({ name }: RuleSummary) => `'${name.match}' (${name.place})`
