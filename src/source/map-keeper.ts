import { Canceller } from '../../lib/cancel.js'
import { defer } from '../../lib/deferred.js'
import { toError } from '../../lib/thrown.js'
import { keepAlive } from '../../lib/timers.js'
import type { Milliseconds } from '../../lib/units.js'
import type { Settings } from '../config/option-table.js'
import type { ReadSettings } from '../config/settings.js'
import { ConfigError, formatFault, SplitDnsError, type Fault } from '../errors.js'
import type { MapSource } from '../map/compile.js'
import type { CompiledMap } from '../map/types.js'
import { filePolling, FileSource, type FilePolling } from './file/file-source.js'
import type { Compiled, CompileMap } from './map-source.js'
import { closedError, handled, later as laterByNode, SerialQueue, type Later } from './timers.js'
import type { HttpTimeouts, TlsTrust } from './url/http-get.js'
import { UrlSource } from './url/url-source.js'

/** What keeping the map needs: how to compile it, whom to notify, and what tests replace. */
export interface KeeperOptions {
  readonly compile: CompileMap
  /** Compiles in place of `compile` after the start, where the event loop has other work as well. */
  readonly recompile?: ((sources: readonly MapSource[]) => Promise<Compiled>) | undefined
  /** A map has come into force after the start. What these three callbacks throw becomes a warning. */
  readonly onReload?: ((map: CompiledMap) => void) | undefined
  /** A source can't be read or used; the map in force stays. */
  readonly onReloadError?: ((error: Error) => void) | undefined
  /** A warning of the compiler, at the start too; once as long as it stays the same. */
  readonly onWarning?: ((warning: Fault) => void) | undefined
  /** The monotonic clock. */
  readonly now?: () => Milliseconds
  readonly nowEpochMs?: () => number
  readonly later?: Later
  readonly random?: () => number
  readonly filePolling?: FilePolling
  readonly timeouts?: HttpTimeouts
  readonly trust?: TlsTrust
}

export interface KeeperStats {
  readonly isReady: boolean
  /** Maps that came into force after the start. */
  readonly reloads: number
  readonly failedReloads: number
  /** When the map in force came into force, on the monotonic clock; null where there is none. */
  readonly inForceSinceMs: Milliseconds | null
  /** The same in ms since the epoch. */
  readonly inForceSinceEpochMs: number | null
  /** Why a source is not in force as it is now; null if every source is. */
  readonly error: Error | null
}

/** A source that may change while the process runs. */
interface LiveSource {
  readonly kind: 'file' | 'url'
  readonly reader: FileSource | UrlSource
  /** One read after another, so that `latest` is what was read last. */
  readonly reads: SerialQueue
  /** As it was read last; undefined until it has been read. */
  latest: string | undefined
  /** Its part of the map in force. */
  accepted: string | undefined
  readError: Error | undefined
}

/** A text for each live source, in their order; undefined for one that has none. */
type Texts = readonly (string | undefined)[]

/**
 * Reads the sources and keeps the map in force up to date, until it is closed. Inline rules and file are read at once:
 * throws `ConfigError`. With a URL there is no map until its first copy arrives.
 */
export function openMap(settings: Settings, origins: ReadSettings['origins'], options: KeeperOptions): MapKeeper {
  return new MapKeeper(settings, origins, options)
}

/** The map in force, an immutable snapshot that is swapped whole, and its sources. See `openMap`. */
export class MapKeeper {
  readonly #options: KeeperOptions
  readonly #now: () => Milliseconds
  readonly #nowEpochMs: () => number
  readonly #inline: readonly MapSource[]
  /** Nearest first. */
  readonly #live: LiveSource[] = []
  readonly #compilations = new SerialQueue()
  readonly #firstMap = defer<undefined>()
  readonly #closing = new Canceller()
  #map: CompiledMap | undefined
  #inForceSince: { readonly ms: Milliseconds; readonly epochMs: number } | undefined
  #compileError: Error | undefined
  #warnings: ReadonlySet<string> = new Set()
  #reloads = 0
  #failedReloads = 0
  #reloading: Promise<void> | undefined

  constructor(settings: Settings, origins: ReadSettings['origins'], options: KeeperOptions) {
    void handled(this.#firstMap.promise)
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#nowEpochMs = options.nowEpochMs ?? (() => Date.now())
    this.#inline = inlineSources(settings, origins)
    if (settings.mapFile !== null) this.#openFile(settings.mapFile, origins.mapFile ?? 'option mapFile')
    if (settings.mapUrl !== null) this.#openUrl(settings.mapUrl, settings.mapPollS)
    const texts = this.#texts(() => true)
    const isComplete = !texts.includes(undefined)
    // Before the URL's first copy too: a fault that no copy can correct is reported at once.
    const compiled = options.compile(this.#sources(texts), isComplete)
    if (isComplete) {
      this.#bringIntoForce(compiled, texts)
      this.#firstMap.resolve(undefined)
    }
    // Only now: if something above throws, there is nothing to close.
    for (const source of this.#live) void this.#follow(source)
  }

  /** The map in force, also after `close`; undefined until a URL's first copy is in force. */
  current(): CompiledMap | undefined {
    return this.#map
  }

  /**
   * Fulfilled when a map is in force; rejected with `ERR_SPLIT_DNS_CLOSED` by `close`. The process stays alive until
   * then. Needs no handler: an unhandled rejection is harmless.
   */
  ready(): Promise<void> {
    return handled(keepAlive(this.whenReady()))
  }

  /** As `ready`, without keeping the process alive. */
  whenReady(): Promise<void> {
    return this.#closing.aborted ? handled(Promise.reject(closedError())) : this.#firstMap.promise
  }

  /** The error, with the reason, for a connect that can't wait any longer for the first map. */
  notReadyError(): SplitDnsError {
    const { error } = this.stats()
    const source = this.#live.find(({ latest }) => latest === undefined)?.reader.origin ?? 'its source'
    const why = error === null ? `${source} has not answered yet` : error.message
    const cause = error === null ? {} : { cause: error }
    return new SplitDnsError('ERR_SPLIT_DNS_NOT_READY', `no map is in force yet: ${why}`, cause)
  }

  /**
   * Reads all sources again and compiles them again, `${}` included. Rejected with what could not be read or used
   * (`ConfigError`), or `ERR_SPLIT_DNS_CLOSED`: such a source then stays in force as it last was good. Calls at the same
   * time share one. The process stays alive until then. Needs no handler: failures are reported besides.
   */
  reload(): Promise<void> {
    if (this.#closing.aborted) return handled(Promise.reject(closedError()))
    this.#reloading ??= handled(keepAlive(this.#reload()))
    return this.#reloading
  }

  stats(): KeeperStats {
    const readError = this.#live.find(source => source.readError !== undefined)?.readError
    return {
      isReady: this.#map !== undefined,
      reloads: this.#reloads,
      failedReloads: this.#failedReloads,
      inForceSinceMs: this.#inForceSince?.ms ?? null,
      inForceSinceEpochMs: this.#inForceSince?.epochMs ?? null,
      error: readError ?? this.#compileError ?? null,
    }
  }

  /** Afterwards no timer, request or socket is left, and nothing calls back. Idempotent. */
  close(): void {
    this.#closing.abort(closedError())
    this.#firstMap.reject(closedError())
  }

  async #reload(): Promise<void> {
    try {
      const results = await Promise.all(this.#live.map(source => this.#readLatest(source)))
      this.#closing.throwIfAborted()
      const readErrors = results.filter(error => error !== undefined)
      const attempt = await this.#compilations.run(() => this.#apply(this.#live, readErrors.length === 0))
      this.#closing.throwIfAborted()
      const [latestError] = attempt.errors
      const error = mergeErrors(latestError === undefined ? readErrors : [...readErrors, latestError])
      if (error === undefined) return
      this.#reportFailure(error)
      throw error
    } finally {
      this.#reloading = undefined
    }
  }

  async #readLatest(source: LiveSource): Promise<Error | undefined> {
    try {
      source.latest = await source.reads.run(() => source.reader.read())
      source.readError = undefined
    } catch (error) {
      source.readError = toError(error)
    }
    return source.readError
  }

  /** Follows the source until it is closed. Never rejects. */
  async #follow(source: LiveSource): Promise<void> {
    const { reader, reads } = source
    while (!this.#closing.aborted) {
      try {
        if (await reader.mayHaveChanged()) await this.#setLatest(source, await reads.run(() => reader.read()))
      } catch (error) {
        this.#readFailed(source, toError(error))
      }
      await reader.pause()
    }
  }

  /** Tries the text that the source now has. Never rejects. */
  async #setLatest(source: LiveSource, text: string): Promise<void> {
    source.readError = undefined
    if (this.#closing.aborted || source.latest === text) return
    source.latest = text
    const { errors, isInForce } = await this.#compilations.run(() => this.#apply([source], false))
    const error = errors.at(-1)
    if (!isInForce && error !== undefined) this.#reportFailure(error)
  }

  #readFailed(source: LiveSource, error: Error): void {
    if (this.#closing.aborted) return
    // A file is read again whenever it changes: it is reported once for each reason, and a URL for each attempt.
    const isKnown = source.kind === 'file' && source.readError?.message === error.message
    source.readError = error
    if (!isKnown) this.#reportFailure(error)
  }

  // A text is valid only together with the others: a file's rule may use a table of the URL. So the latest of all is tried
  // first, then each new text with those of the others that are in force: a broken source never blocks a change of another.
  async #apply(changed: readonly LiveSource[], again: boolean): Promise<{ errors: Error[]; isInForce: boolean }> {
    const errors: Error[] = []
    let isInForce = false
    for (const texts of this.#choices(changed, again)) {
      try {
        const compiled = await this.#recompile(this.#sources(texts))
        if (this.#closing.aborted) break
        this.#bringIntoForce(compiled, texts)
        isInForce = true
        break
      } catch (error) {
        errors.push(toError(error))
      }
    }
    this.#compileError = this.#live.every(isAccepted) ? errors.at(0) : (errors.at(-1) ?? this.#compileError)
    if (isInForce) {
      this.#reloads += 1
      this.#notify(() => this.#map !== undefined && this.#options.onReload?.(this.#map))
      this.#firstMap.resolve(undefined)
    }
    return { errors, isInForce }
  }

  async #recompile(sources: readonly MapSource[]): Promise<Compiled> {
    const { compile, recompile } = this.#options
    return recompile === undefined ? compile(sources, true) : recompile(sources)
  }

  /** The texts to try, best first, without those in force; with `again` the latest of all in any case. */
  #choices(changed: readonly LiveSource[], again: boolean): readonly Texts[] {
    const inForce = this.#texts(() => false)
    const choices = [this.#texts(() => true), ...changed.map(one => this.#texts(other => other === one))]
    return choices.filter(
      (texts, index) =>
        !texts.includes(undefined) &&
        ((again && index === 0) || !isSame(texts, inForce)) &&
        choices.findIndex(other => isSame(other, texts)) === index,
    )
  }

  #texts(isLatest: (source: LiveSource) => boolean): Texts {
    return this.#live.map(source => (isLatest(source) ? source.latest : source.accepted))
  }

  #sources(texts: Texts): readonly MapSource[] {
    const live = this.#live.flatMap(({ kind, reader: { origin } }, index): MapSource[] => {
      const text = texts[index]
      return text === undefined ? [] : [{ kind, origin, text, format: 'yaml' }]
    })
    return [...this.#inline, ...live]
  }

  #bringIntoForce({ map, warnings }: Compiled, texts: Texts): void {
    for (const [index, source] of this.#live.entries()) source.accepted = texts[index]
    this.#map = map
    this.#inForceSince = { ms: this.#now(), epochMs: this.#nowEpochMs() }
    const known = this.#warnings
    this.#warnings = new Set(warnings.map(formatFault))
    for (const warning of warnings) {
      if (!known.has(formatFault(warning))) this.#notify(() => this.#options.onWarning?.(warning))
    }
  }

  #reportFailure(error: Error): void {
    if (this.#closing.aborted) return
    this.#failedReloads += 1
    this.#notify(() => this.#options.onReloadError?.(error))
  }

  #notify(call: () => unknown): void {
    try {
      call()
    } catch (error) {
      process.emitWarning(toError(error))
    }
  }

  #openFile(path: string, setBy: string): void {
    const { later = laterByNode, filePolling: polling = filePolling } = this.#options
    const reader = new FileSource(path, setBy, { now: this.#now, later, polling, closing: this.#closing })
    const text = reader.readSync()
    const reads = new SerialQueue()
    this.#live.push({ kind: 'file', reader, reads, latest: text, accepted: text, readError: undefined })
  }

  #openUrl(url: URL, pollS: number): void {
    const { later = laterByNode, random = Math.random, timeouts, trust } = this.#options
    const reader = new UrlSource(url, {
      pollMs: pollS * 1000,
      later,
      nowEpochMs: this.#nowEpochMs,
      random,
      inForce: () => source.accepted,
      closing: this.#closing,
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(trust === undefined ? {} : { trust }),
    })
    const source: LiveSource = {
      kind: 'url',
      reader,
      reads: new SerialQueue(),
      latest: undefined,
      accepted: undefined,
      readError: undefined,
    }
    this.#live.push(source)
  }
}

function inlineSources({ map }: Settings, origins: ReadSettings['origins']): readonly MapSource[] {
  if (map === null) return []
  const origin = origins.map ?? 'option map'
  return [typeof map === 'string' ? { kind: 'inline', origin, text: map } : { kind: 'inline', origin, map }]
}

/** True where what was read last is in force. */
const isAccepted = ({ latest, accepted }: LiveSource): boolean => latest !== undefined && latest === accepted

const isSame = (one: Texts, other: Texts): boolean => one.every((text, index) => text === other[index])

/** All errors as one; undefined where there is none. */
function mergeErrors(errors: readonly Error[]): Error | undefined {
  const [first] = errors
  if (errors.length < 2) return first
  return new ConfigError(
    errors.flatMap(error =>
      error instanceof ConfigError ? error.faults : [{ message: error.message, origin: 'map' }],
    ),
  )
}
