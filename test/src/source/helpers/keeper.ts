import { readSettings } from '../../../../src/config/settings.js'
import type { OptionInputs } from '../../../../src/config/option-inputs.js'
import { ConfigError, type Fault } from '../../../../src/errors.js'
import type { MapSource } from '../../../../src/map/compile.js'
import type { CompiledMap } from '../../../../src/map/types.js'
import { openMap, type KeeperOptions, type MapKeeper } from '../../../../src/source/map-keeper.js'
import type { FilePolling } from '../../../../src/source/file/file-source.js'
import type { CompileMap } from '../../../../src/source/map-source.js'
import type { HttpTimeouts } from '../../../../src/source/url/http-get.js'

/** A map that remembers what it was made of: one text a source, nearest first. */
export interface FakeMap extends CompiledMap {
  readonly texts: readonly string[]
  readonly sources: readonly MapSource[]
}

/** Any text is a map, but one that holds `bad`; `warn` makes a warning. */
export const compile: CompileMap = sources => {
  const texts = sources.map(({ text, map }) => text ?? JSON.stringify(map))
  const faults = sources
    .filter(({ text }) => text?.includes('bad'))
    .map(({ origin }) => ({ message: 'is bad', origin }))
  if (faults.length > 0) throw new ConfigError(faults)
  const warnings = sources
    .filter(({ text }) => text?.includes('warn'))
    .map(({ origin }) => ({ message: 'odd', origin }))
  const map: FakeMap = {
    texts,
    sources,
    ruleCount: texts.length,
    portsOf: () => [],
    rules: () => [],
    decide: () => {
      throw new Error('not asked in these tests')
    },
  }
  return { map, warnings }
}

/** So long that no test waits for one, on however slow a machine, and each of its own, so that they are known from polls. */
export const longTimeouts: HttpTimeouts = { connectMs: 60_001, headersMs: 60_002, bodyMs: 60_003, totalMs: 60_004 }

/** Twenty times as often as a service looks, so that no test waits long. Further apart than a tick of the file system's clock. */
export const fastPolling: FilePolling = { pollMs: 10, settleMs: 10, patienceMs: 5_000 }

export interface Watched {
  readonly keeper: MapKeeper
  readonly reloads: CompiledMap[]
  readonly failures: Error[]
  readonly warnings: Fault[]
  /** The texts in force. */
  readonly texts: () => readonly string[] | undefined
  /** Fulfilled as soon as it is true; looked at after each report. */
  readonly until: (isTrue: (watched: Watched) => boolean) => Promise<void>
}

/** A keeper whose reports are kept. */
export function watchMap(inputs: OptionInputs, options: Partial<KeeperOptions> = {}): Watched {
  const { settings, origins } = readSettings(inputs, {})
  const looks = new Set<() => void>()
  const look = () => [...looks].forEach(each => each())
  const reloads: CompiledMap[] = []
  const failures: Error[] = []
  const warnings: Fault[] = []
  const keeper = openMap(settings, origins, {
    compile,
    timeouts: longTimeouts,
    filePolling: fastPolling,
    ...options,
    onReload: map => {
      reloads.push(map)
      options.onReload?.(map)
      look()
    },
    onReloadError: error => {
      failures.push(error)
      look()
    },
    onWarning: warning => {
      warnings.push(warning)
      look()
    },
  })
  const watched: Watched = {
    keeper,
    reloads,
    failures,
    warnings,
    texts: () => (keeper.current() as FakeMap | undefined)?.texts,
    until: isTrue =>
      new Promise(resolve => {
        // Ref'd: everything that is waited for is not.
        const timer = setInterval(() => attempt(), 5)
        const attempt = () => {
          if (!isTrue(watched)) return
          clearInterval(timer)
          looks.delete(attempt)
          resolve()
        }
        looks.add(attempt)
        attempt()
      }),
  }
  return watched
}

/** Waits, for tests that show that nothing happens. */
export const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
