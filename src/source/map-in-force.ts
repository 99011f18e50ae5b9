import type { Milliseconds } from '../../lib/units.js'
import type { Settings } from '../config/option-table.js'
import { ConfigError, formatFault, isSplitDnsError, type Fault } from '../errors.js'
import type { CompiledMap } from '../map/types.js'
import type { CompileMap } from './map-source.js'
import { SourceTexts, type Candidate, type LiveKind } from './source-texts.js'

/** Why a map was tried: a source changed (or gave its first copy), or `reload` was called. */
export type ReloadCause = 'change' | 'call'

/** A map has come into force after the start. */
export interface ReloadReport {
  readonly cause: ReloadCause
  readonly map: CompiledMap
  /** Undefined for a URL's first copy. */
  readonly previous: CompiledMap | undefined
  /** How long the compiler took. */
  readonly durationMs: Milliseconds
}

/** A source could not be read, or what it holds can't be used; what was in force is still in force. */
export interface ReloadFailure {
  readonly cause: ReloadCause
  readonly error: Error
  /** False: no map is in force yet. */
  readonly isReady: boolean
}

/** @internal */
export interface InForceOptions {
  readonly compile: CompileMap
  /** Called after the map is in force. What these throw is warned of and stops nothing. */
  readonly onReload?: ((report: ReloadReport) => void) | undefined
  readonly onReloadError?: ((failure: ReloadFailure) => void) | undefined
  /** What the compiler warns of, once as long as it stays the same; the first time already at the start. */
  readonly onWarning?: ((warning: Fault) => void) | undefined
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
  /** What keeps a source from being in force as it is now; null where nothing does. */
  readonly error: Error | null
}

/**
 * What became of reading one source.
 * @internal
 */
export type ReadOutcome = { readonly kind: LiveKind } & ({ readonly text: string } | { readonly error: Error })

interface Clocks {
  readonly now: () => Milliseconds
  readonly nowEpochMs: () => number
}

/**
 * The map in force, an immutable snapshot that is swapped whole, and what became of each attempt to replace it.
 * @internal
 */
export class MapInForce {
  readonly #settings: Settings
  readonly #options: InForceOptions
  readonly #clocks: Clocks
  readonly #texts: SourceTexts
  readonly #readErrors = new Map<LiveKind, Error>()
  #compileError: Error | undefined
  #current: CompiledMap | undefined
  #warnings: ReadonlySet<string> = new Set()
  #reloads = 0
  #failedReloads = 0
  #since: { readonly ms: Milliseconds; readonly epochMs: number } | undefined

  constructor(settings: Settings, texts: SourceTexts, options: InForceOptions, clocks: Clocks) {
    this.#settings = settings
    this.#texts = texts
    this.#options = options
    this.#clocks = clocks
  }

  get current(): CompiledMap | undefined {
    return this.#current
  }

  /** The first map, from sources that have all been read. Throws `ConfigError`. */
  begin(): void {
    for (const candidate of this.#texts.candidates([], true)) this.#compile(candidate)
  }

  /** A source was read to be this. True: it is in force now. Never throws. */
  take(kind: LiveKind, text: string): boolean {
    this.#readErrors.delete(kind)
    if (!this.#texts.take(kind, text)) return this.#texts.isInForce(kind)
    const { error } = this.#try([kind], 'change', false)
    if (error !== undefined) this.#report(error, 'change')
    if (this.#texts.isAllInForce) this.#compileError = undefined // also where it went back to what it was
    return this.#texts.isInForce(kind)
  }

  /** A source could not be read. Never throws. */
  fail(kind: LiveKind, error: Error): void {
    this.#readErrors.set(kind, error)
    this.#report(error, 'change')
  }

  /** All sources were read. Gives what was wrong with them, which has then been reported; undefined where nothing was. */
  takeAll(outcomes: readonly ReadOutcome[]): Error | undefined {
    const errors: Error[] = []
    for (const outcome of outcomes) {
      if ('error' in outcome) {
        this.#readErrors.set(outcome.kind, outcome.error)
        errors.push(outcome.error)
      } else {
        this.#readErrors.delete(outcome.kind)
        this.#texts.take(outcome.kind, outcome.text)
      }
    }
    const kinds = outcomes.map(({ kind }) => kind)
    const { firstError } = this.#try(kinds, 'call', errors.length === 0)
    const error = merge(firstError === undefined ? errors : [...errors, firstError])
    if (error !== undefined) this.#report(error, 'call')
    return error
  }

  stats(): KeeperStats {
    const [readError] = this.#readErrors.values()
    return {
      isReady: this.#current !== undefined,
      reloads: this.#reloads,
      failedReloads: this.#failedReloads,
      inForceSinceMs: this.#since?.ms ?? null,
      inForceSinceEpochMs: this.#since?.epochMs ?? null,
      error: readError ?? this.#compileError ?? null,
    }
  }

  // `error` is undefined where a candidate has come into force, `firstError` where the latest of all sources has.
  #try(changed: readonly LiveKind[], cause: ReloadCause, again: boolean): { error?: Error; firstError?: Error } {
    let found: { error?: Error; firstError?: Error } = {}
    const previous = this.#current
    for (const candidate of this.#texts.candidates(changed, again)) {
      const startedAtMs = this.#clocks.now()
      try {
        const map = this.#compile(candidate)
        this.#reloads += 1
        const durationMs = this.#clocks.now() - startedAtMs
        this.#tell(() => this.#options.onReload?.({ cause, map, previous, durationMs }))
        return found.firstError === undefined ? {} : { firstError: found.firstError }
      } catch (thrown) {
        const error = asError(thrown)
        this.#compileError = error
        found = { error, firstError: found.firstError ?? error }
      }
    }
    return found
  }

  #compile(candidate: Candidate): CompiledMap {
    const { map, warnings } = this.#options.compile(candidate.sources, this.#settings)
    this.#texts.accept(candidate)
    if (this.#texts.isAllInForce) this.#compileError = undefined
    this.#current = map
    this.#since = { ms: this.#clocks.now(), epochMs: this.#clocks.nowEpochMs() }
    const said = this.#warnings
    this.#warnings = new Set(warnings.map(formatFault))
    for (const warning of warnings) {
      if (!said.has(formatFault(warning))) this.#tell(() => this.#options.onWarning?.(warning))
    }
    return map
  }

  #report(error: Error, cause: ReloadCause): void {
    this.#failedReloads += 1
    this.#tell(() => this.#options.onReloadError?.({ cause, error, isReady: this.#current !== undefined }))
  }

  #tell(call: () => void): void {
    try {
      call()
    } catch (error) {
      process.emitWarning(asError(error))
    }
  }
}

/**
 * What was thrown, as an Error.
 * @internal
 */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

function merge(errors: readonly Error[]): Error | undefined {
  const [first] = errors
  if (first === undefined || errors.length === 1) return first
  const faults = errors.flatMap(error =>
    isSplitDnsError(error) && 'faults' in error
      ? (error as ConfigError).faults
      : [{ message: error.message, origin: 'map' }],
  )
  return new ConfigError(faults, { cause: first })
}
