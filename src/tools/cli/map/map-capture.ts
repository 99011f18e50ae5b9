import { defer } from '../../../../lib/deferred.js'
import { ConfigError, type Fault } from '../../../errors.js'
import { openMap, type MapKeeper } from '../../../source/map-keeper.js'
import type { MapSource } from '../../../map/compile.js'
import { reportFault } from './fault-report.js'

/** Keeps the texts that the map was compiled from, so that faults are shown with their lines. */
export class MapCapture {
  /** The sources as they were read last, the nearest first; empty before. */
  sources: readonly MapSource[] = []
  #keeper: MapKeeper | undefined
  readonly #failure = defer<Error>()

  /** In place of `openMap`. */
  readonly open: typeof openMap = (settings, origins, options) => {
    const { compile, onReloadError } = options
    const keeper = openMap(settings, origins, {
      ...options,
      recompile: undefined, // a command needs no slices: nothing else runs meanwhile
      compile: (sources, ...rest) => {
        this.sources = sources
        return compile(sources, ...rest)
      },
      onReloadError: error => {
        onReloadError?.(error)
        this.#failure.resolve(error)
      },
    })
    this.#keeper = keeper
    return keeper
  }

  /** Resolves when the first map is in force. Rejects when the first try fails: a command does not wait for another. */
  async ready(): Promise<void> {
    const error = await Promise.race([this.#keeper?.ready(), this.#failure.promise])
    if (error !== undefined) throw error
  }

  /** A `ConfigError` as an error that shows each fault in its line, so that printing it is enough; others as they are. */
  withLines(error: unknown): unknown {
    if (!(error instanceof ConfigError)) return error
    return new Error(error.faults.map(fault => this.report(fault)).join('\n'), { cause: error })
  }

  /** The fault, with its line where that is in one of the sources. */
  report(fault: Fault, label = ''): string {
    return reportFault(fault, this.sources.find(({ origin }) => origin === fault.origin)?.text, label)
  }
}
