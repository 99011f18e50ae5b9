import { performance } from 'node:perf_hooks'
import type { OnQuery } from '../lib/resolver/options.js'
import { createResolver } from '../lib/resolver/resolver.js'
import type { Resolver } from '../lib/resolver/types.js'
import { catchRejection, toError } from '../lib/thrown.js'
import { createTransport } from '../lib/transport/create-transport.js'
import { hasNetworkRoute } from '../lib/transport/network-route.js'
import { systemLookup } from '../lib/transport/system.js'
import { parseUpstream } from '../lib/transport/upstream.js'
import type { Milliseconds } from '../lib/units.js'
import type { OptionInputs } from './config/option-inputs.js'
import type { Settings } from './config/option-table.js'
import { compileSettings, readSettings, type Environment, type ReadSettings } from './config/settings.js'
import type { ConnectContext } from './connect/context.js'
import { Health } from './connect/health.js'
import { createLookup, type Lookup } from './connect/lookup.js'
import type { Moves } from './connect/move/moves.js'
import { PlanMemo } from './connect/plan.js'
import { createResolve, type Resolve } from './connect/resolve.js'
import { createFactory, type SocketFactory } from './connect/socket-factory.js'
import { blameCaller, formatFault, SplitDnsError, type Fault } from './errors.js'
import { compileMap, compileMapInSlices } from './map/compile.js'
import type { Route } from './map/types.js'
import { debugLines, describeStart, isDebugging } from './observe/debug-lines.js'
import { Emitter } from './observe/emitter.js'
import type { SplitDnsEvents } from './observe/events.js'
import { createLog, type Log, type Logger } from './observe/log.js'
import { Recorder, type Counts } from './observe/recorder.js'
import type { ServeOptions } from './serve/options.js'
import type { PodServer } from './serve/pod-server.js'
import { openMap, type KeeperOptions, type KeeperStats, type MapKeeper } from './source/map-keeper.js'

// The one clock of all durations and expiries.
const now: () => Milliseconds = performance.now.bind(performance)

let readContext: (splitDns: SplitDns) => ConnectContext

/**
 * What connects and look-ups share.
 * @internal For `register` and `serve`.
 */
export const contextOf = (splitDns: SplitDns): ConnectContext => readContext(splitDns)

/** @internal */
export type MakeResolver = typeof createOwnResolver

/** The options of the table in config/, and `logger`. */
export interface SplitDnsOptions extends OptionInputs {
  /** Takes what else would be a `process.emitWarning`. */
  readonly logger?: Logger | undefined
}

/** What a `SplitDns` has done since it was made. */
export interface Stats extends Counts {
  /** Names in the cache, expired ones too. */
  readonly cacheEntries: number
  /** The map: `rules` in force (0 before the first copy), and what became of reloads. */
  readonly map: KeeperStats & { readonly rules: number }
}

/**
 * The whole: a map in force, and what routes names and connections by it. Throws `ConfigError` with every fault
 * of options, variables and map when it is made; from then on it never throws, but where a method says so.
 */
export class SplitDns {
  /** kafkajs' `socketFactory`. */
  readonly socketFactory: SocketFactory
  /** A drop-in for `dns.lookup`. */
  readonly lookup: Lookup
  /** The route, and what its targets resolve to now; nothing is dialled. */
  readonly resolve: Resolve
  readonly #map: MapKeeper
  readonly #emitter: Emitter<SplitDnsEvents>
  readonly #recorder: Recorder
  readonly #context: ConnectContext
  // Only with `onMove: reconnect`.
  readonly #moves: Promise<Moves> | undefined
  readonly #podServers: Promise<PodServer>[] = []
  readonly #startPodServer: (options: ServeOptions) => Promise<PodServer>
  #closing: Promise<void> | undefined

  static {
    readContext = splitDns => splitDns.#context
  }

  /**
   * `open` is what reads the map, `makeResolver` what resolves its targets.
   * @internal See `createSplitDns`.
   */
  constructor(
    options: SplitDnsOptions,
    env: Environment,
    open: typeof openMap = openMap,
    makeResolver: MakeResolver = createOwnResolver,
  ) {
    const read = readSettings(options, env)
    const log = createLog(options.logger)
    this.#emitter = new Emitter((error, event) => {
      log.error(`a listener of '${event}' failed: ${toError(error).message}`)
    })
    this.#recorder = new Recorder(this.#emitter, log, now)
    this.#map = open(read.settings, read.origins, this.#mapHooks(read, env, log))
    for (const warning of read.warnings) log.warn(formatFault(warning))
    if (isDebugging() || options.logger?.debug !== undefined) {
      const inForce = describeStart(read, this.#map.current())
      debugLines.start(inForce)
      log.debug(inForce)
    }
    const { settings } = read
    const context: ConnectContext = {
      currentMap: () => this.#map.current(),
      whenReady: () => this.#map.whenReady(),
      isClosed: () => this.#closing !== undefined,
      resolver: makeResolver(
        settings,
        query => this.#recorder.query(query),
        message => log.warn(message),
      ),
      settings,
      plans: new PlanMemo(settings),
      health: new Health({ now, random: Math.random }),
      hasNetworkRoute,
      onConnected:
        settings.onMove === 'reconnect' ? connection => this.#withMoves(moves => moves.follow(connection)) : undefined,
      observer: this.#recorder,
      now,
    }
    this.#context = context
    if (settings.onMove === 'reconnect') {
      const onMoved = (error: Error) => this.#recorder.moved(error)
      this.#moves = import('./connect/move/moves.js').then(({ Moves }) => new Moves(context, onMoved))
      catchRejection(this.#moves, error => this.#recorder.callbackFailed('onMove: reconnect', error))
    }
    this.socketFactory = createFactory(context)
    this.lookup = createLookup(context)
    this.resolve = createResolve(context)
    this.#startPodServer = async serve => {
      const { startPodServer } = await import('./serve/pod-server.js')
      return startPodServer({ options, env, serve, log, now, onEvent: event => this.#recorder.served(event) })
    }
  }

  /**
   * What the map makes of the host and port. Pure. Throws `SplitDnsError`: `ERR_SPLIT_DNS_TARGET` where a rule matches
   * but gives no usable target, `ERR_SPLIT_DNS_NOT_READY` before the first copy of a URL's map.
   */
  route(host: string, port?: number): Route {
    const map = this.#map.current()
    if (map === undefined) throw this.#map.notReadyError()
    return this.#context.plans.find(map, host, port).decision.route
  }

  /** Resolves when the first map is in force. Rejects with `ERR_SPLIT_DNS_CLOSED` where it is closed before. */
  ready(): Promise<void> {
    return this.#map.ready()
  }

  /** Reads the sources again. Rejects where one can't be read or does not parse; the map before stays in force. */
  reload(): Promise<void> {
    return this.#map.reload()
  }

  /**
   * Answers DNS on loopback for the pod's other clients, from the same map, and relays connections where a rule sets a
   * port; in a worker thread, which reads the same options and variables. `close` closes it too. Rejects with
   * `ConfigError` where it can't be started, with `ERR_SPLIT_DNS_CLOSED` after `close`.
   */
  async serve(options: ServeOptions = {}): Promise<PodServer> {
    if (this.isClosed) throw new SplitDnsError('ERR_SPLIT_DNS_CLOSED', 'closed, so nothing can be served')
    const server = this.#startPodServer(options)
    this.#podServers.push(server)
    return server
  }

  /** What has happened so far. */
  stats(): Stats {
    const rules = this.#map.current()?.ruleCount ?? 0
    return {
      map: { rules, ...this.#map.stats() },
      cacheEntries: this.#context.resolver.cacheEntries ?? 0,
      ...this.#recorder.counts(),
    }
  }

  /** From now on `listener` hears the event. What it throws is logged and never reaches a connect. */
  on<Name extends keyof SplitDnsEvents>(event: Name, listener: (payload: SplitDnsEvents[Name]) => void): this {
    this.#emitter.on(event, listener)
    return this
  }

  /** From now on `listener` no longer hears the event. */
  off<Name extends keyof SplitDnsEvents>(event: Name, listener: (payload: SplitDnsEvents[Name]) => void): this {
    this.#emitter.off(event, listener)
    return this
  }

  /** True once `close` was called. */
  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /**
   * Releases timers and DNS sockets, never Kafka's connections. Later connects and look-ups fail with
   * `ERR_SPLIT_DNS_CLOSED`. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { resolver, health } = this.#context
    this.#map.close()
    const podServers = this.#podServers.map(async server => (await server).close())
    // What could not be started has been reported.
    await Promise.allSettled([this.#moves?.then(moves => moves.close()), ...podServers])
    await resolver.close()
    health.close()
    this.#emitter.clear()
  }

  /** Only with `onMove: reconnect`. A fault in it must not end the process. */
  #withMoves(use: (moves: Moves) => void): void {
    catchRejection(this.#moves?.then(use))
  }

  #mapHooks(read: ReadSettings, env: Environment, log: Log): KeeperOptions {
    const warn = (fault: Fault) => log.warn(formatFault(fault))
    const forService = { ...compileSettings(read, env), warn }
    return {
      compile: (sources, isComplete) => compileMap(sources, { ...forService, isPartial: !isComplete }),
      recompile: sources => compileMapInSlices(sources, forService),
      onReload: map => {
        this.#recorder.reload(map.ruleCount)
        this.#withMoves(moves => moves.mapChanged(map))
      },
      onReloadError: error => this.#recorder.reloadError(error),
      onWarning: warn,
      now,
    }
  }
}

/** A `SplitDns` of these options; what they leave open, the environment says as it is now. Throws `ConfigError`. */
export function createSplitDns(options: SplitDnsOptions = {}): SplitDns {
  return blameCaller(createSplitDns, () => new SplitDns(options, process.env))
}

function createOwnResolver(settings: Settings, onQuery: OnQuery, onWarning: (message: string) => void): Resolver {
  const own = process.platform === 'linux' ? 'resolv.conf' : [parseUpstream('system')]
  return createResolver({
    ...settings,
    upstreams: settings.nameservers ?? own,
    now,
    transport: createTransport(),
    systemLookup,
    onQuery,
    onWarning,
  })
}
