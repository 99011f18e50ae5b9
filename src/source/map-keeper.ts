import type { Milliseconds } from '../../lib/units.js'
import type { Settings } from '../config/option-table.js'
import type { ReadSettings } from '../config/settings.js'
import { SplitDnsError } from '../errors.js'
import type { CompiledMap } from '../map/types.js'
import type { WatchDirectory } from './file/directory-watch.js'
import { FileSource } from './file/file-source.js'
import type { TlsTrust } from './url/http-connect.js'
import type { HttpTimeouts } from './url/http-get.js'
import { asError, MapInForce, type InForceOptions, type KeeperStats, type ReadOutcome } from './map-in-force.js'
import type { MapSource } from './map-source.js'
import { SourceTexts, type LiveKind } from './source-texts.js'
import { closedError, holding, later as laterByNode, type Later } from './timers.js'
import { UrlSource } from './url/url-source.js'
import { Waiters } from './waiters.js'

export interface KeeperOptions extends InForceOptions {
  /**
   * Called once at the start where there is a URL, with the other sources: throws `ConfigError` for what no copy of
   * the URL could mend (`compile` can't tell: a profile or table may still come from there).
   */
  readonly check?: (sources: readonly MapSource[], settings: Settings) => void
  /** The monotonic clock. */
  readonly now?: () => Milliseconds
  readonly nowEpochMs?: () => number
  readonly later?: Later
  readonly random?: () => number
  readonly watch?: WatchDirectory
  readonly timeouts?: HttpTimeouts
  readonly trust?: TlsTrust
}

/**
 * Reads the sources and keeps the map in force up to date, until it is closed. Inline rules and file are read at once:
 * throws `ConfigError`. With a URL there is no map until its first copy has come.
 */
export function openMap(settings: Settings, origins: ReadSettings['origins'], options: KeeperOptions): MapKeeper {
  return new MapKeeper(settings, origins, options)
}

/** Knows the map in force, see `openMap`. */
export class MapKeeper {
  readonly #options: KeeperOptions
  readonly #texts: SourceTexts
  readonly #inForce: MapInForce
  readonly #file: FileSource | undefined
  readonly #url: UrlSource | undefined
  readonly #waiters = new Waiters<CompiledMap>()
  #reloading: Promise<void> | undefined
  #isClosed = false

  constructor(settings: Settings, origins: ReadSettings['origins'], options: KeeperOptions) {
    const { now = () => performance.now(), nowEpochMs = () => Date.now() } = options
    this.#options = options
    this.#texts = new SourceTexts(inlineSource(settings, origins))
    this.#inForce = new MapInForce(settings, this.#texts, options, { now, nowEpochMs })
    this.#file = settings.mapFile === null ? undefined : this.#openFile(settings.mapFile, now)
    this.#url = settings.mapUrl === null ? undefined : this.#openUrl(settings.mapUrl, settings.mapPollS, nowEpochMs)
    if (this.#url === undefined) this.#inForce.begin()
    else options.check?.(this.#texts.known, settings)
    // Only now: where something above has thrown there is nothing to close.
    this.#file?.start()
    this.#url?.start()
  }

  /** The map in force, also after `close`; undefined until a URL's first copy is in force. */
  current(): CompiledMap | undefined {
    return this.#inForce.current
  }

  /**
   * Fulfilled when a map is in force; rejected with `ERR_SPLIT_DNS_CLOSED` by `close`. The process stays alive until
   * then. Needs no handler: an unwatched rejection harms nothing.
   */
  ready(): Promise<void> {
    return harmless(holding(this.whenReady().then(() => undefined)))
  }

  /** As `ready`, without keeping the process alive; the signal frees this waiter alone, with the signal's reason. */
  whenReady(signal?: AbortSignal): Promise<CompiledMap> {
    if (this.#isClosed) return Promise.reject(closedError())
    const map = this.current()
    return map === undefined ? this.#waiters.wait(signal) : Promise.resolve(map)
  }

  /** Says that no map is in force yet and why: for a connect that can't wait any longer. */
  notReadyError(): SplitDnsError {
    const { error } = this.stats()
    const why = error === null ? `${this.#url?.origin ?? 'its source'} has not answered yet` : error.message
    const cause = error === null ? {} : { cause: error }
    return new SplitDnsError('ERR_SPLIT_DNS_NOT_READY', `no map is in force yet: ${why}`, cause)
  }

  /**
   * Reads all sources again and compiles them afresh, `${}` included. Rejected with what could not be read or used
   * (`ConfigError`), or `ERR_SPLIT_DNS_CLOSED`: such a source then stays in force as it last was good. Calls at the same
   * time share one. The process stays alive until then. Needs no handler: failures are reported besides.
   */
  reload(): Promise<void> {
    if (this.#isClosed) return harmless(Promise.reject(closedError()))
    this.#reloading ??= harmless(holding(this.#reload()))
    return this.#reloading
  }

  stats(): KeeperStats {
    return this.#inForce.stats()
  }

  /** Afterwards no timer, watcher, request or socket is left, and nothing calls back. Idempotent. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#file?.close()
    this.#url?.close()
    this.#waiters.fail(closedError())
  }

  async #reload(): Promise<void> {
    try {
      const outcomes = await Promise.all([this.#read('file', this.#file), this.#read('url', this.#url)])
      if (this.#isClosed) throw closedError()
      const error = this.#inForce.takeAll(outcomes.filter(outcome => outcome !== undefined))
      this.#spread()
      if (error !== undefined) throw error
    } finally {
      this.#reloading = undefined
    }
  }

  async #read(kind: LiveKind, source: FileSource | UrlSource | undefined): Promise<ReadOutcome | undefined> {
    try {
      return source === undefined ? undefined : { kind, text: await source.read() }
    } catch (error) {
      return { kind, error: asError(error) }
    }
  }

  #take(kind: LiveKind, text: string): boolean {
    const isInForce = this.#inForce.take(kind, text)
    this.#spread()
    return isInForce
  }

  // What follows from a map that may have come into force.
  #spread(): void {
    this.#url?.accept(this.#texts.inForce('url'))
    const map = this.current()
    if (map !== undefined) this.#waiters.fulfil(map)
  }

  #openFile(path: string, now: () => Milliseconds): FileSource {
    const { later = laterByNode, watch } = this.#options
    const file = new FileSource(path, {
      now,
      later,
      onText: text => void this.#take('file', text),
      onFailure: error => this.#inForce.fail('file', error),
      ...(watch === undefined ? {} : { watch }),
    })
    this.#texts.add('file', file.origin, file.readSync())
    return file
  }

  #openUrl(mapUrl: URL, pollS: number, nowEpochMs: () => number): UrlSource {
    const { later = laterByNode, random = Math.random, timeouts, trust } = this.#options
    const url = new UrlSource(mapUrl, {
      pollMs: pollS * 1000,
      later,
      nowEpochMs,
      random,
      onText: text => this.#take('url', text),
      onFailure: error => this.#inForce.fail('url', error),
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(trust === undefined ? {} : { trust }),
    })
    this.#texts.add('url', url.origin)
    return url
  }
}

function inlineSource({ map }: Settings, origins: ReadSettings['origins']): MapSource | undefined {
  if (map === null) return undefined
  const origin = origins.map ?? 'option map'
  return typeof map === 'string' ? { kind: 'inline', origin, text: map } : { kind: 'inline', origin, map }
}

/** The same promise; that nobody handles its rejection doesn't end the process (`SIGHUP`, say, may call `reload`). */
function harmless<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}
