import { resolve } from 'node:path'
import type { CancelSignal } from '../../../lib/cancel.js'
import type { Milliseconds } from '../../../lib/units.js'
import { sourceError } from '../map-source.js'
import { pause, type Later } from '../timers.js'
import { fileSignature, readMapFile, readMapFileSync, type MapFile } from './read-file.js'

/** How often the file is looked at, by `stat` alone. */
export interface FilePolling {
  /** Between two looks at a file that has not changed. */
  readonly pollMs: Milliseconds
  /** Between two looks at a file that has changed. */
  readonly settleMs: Milliseconds
  /** How long a file may go on changing until that is a fault. */
  readonly patienceMs: Milliseconds
}

/**
 * Polled, not watched: a `stat` every 200 ms takes 0.02 % of a core and sees each kind of change on each file system, while
 * watching needs inotify's limits, follows no symbolic links and misses what another host writes to a network file system.
 */
export const filePolling: FilePolling = { pollMs: 200, settleMs: 40, patienceMs: 5_000 }

export interface FileSourceOptions {
  readonly now: () => Milliseconds
  readonly later: Later
  readonly polling: FilePolling
  /** Aborts when the map's keeper is closed: every wait is then over. */
  readonly closing: CancelSignal
}

/**
 * Writers write in pieces, or truncate first: the file is read when so many looks in a row have found it unchanged. Looks
 * are counted, not time: in a busy process hardly any time may pass between two of them.
 */
const stableReads = 3

/**
 * A map's file, whichever way it changes (written in place, renamed over, a symbolic link on its path swapped, removed and
 * made again). Never holds the event loop open.
 */
export class FileSource {
  readonly origin: string
  readonly #file: MapFile
  readonly #options: FileSourceOptions
  /** Of the file as it was read last; undefined until it was read at rest. */
  #signature: string | undefined

  /** `setBy` is the variable or option that names the path. */
  constructor(path: string, setBy: string, options: FileSourceOptions) {
    this.origin = path
    this.#file = { path: resolve(path), origin: path, setBy } // a later chdir must not lead to another file
    this.#options = options
  }

  /** The file's text. Throws `ConfigError`. Blocks. */
  readSync(): string {
    return readMapFileSync(this.#file)
  }

  /** True where the file is not as `read` found it, and before it was read: `readSync` may have read half of it. */
  async mayHaveChanged(): Promise<boolean> {
    return (await fileSignature(this.#file.path)) !== this.#signature
  }

  /** The wait between two polls. */
  pause(): Promise<void> {
    const { polling, later, closing } = this.#options
    return pause(polling.pollMs, later, closing)
  }

  /** The file's text once it has come to rest. Rejects with `ConfigError`, or `ERR_SPLIT_DNS_CLOSED`. */
  async read(): Promise<string> {
    const startedAtMs = this.#options.now()
    for (;;) {
      const signature = await this.#settle(startedAtMs)
      const reading = readMapFile(this.#file)
      await reading.catch(() => undefined)
      if ((await fileSignature(this.#file.path)) !== signature) continue // changed while it was read
      this.#signature = signature
      return reading
    }
  }

  // The file's signature, once it stays the same. A file that has vanished settles too: an editor's rename takes
  // it away for a moment only.
  async #settle(startedAtMs: Milliseconds): Promise<string> {
    const { now, later, polling, closing } = this.#options
    let signature = await fileSignature(this.#file.path)
    let stable = 0
    while (stable < stableReads) {
      if (now() - startedAtMs > polling.patienceMs) throw sourceError(this.origin, 'is being written without a pause')
      await pause(polling.settleMs, later, closing)
      closing.throwIfAborted()
      const next = await fileSignature(this.#file.path)
      stable = next === signature ? stable + 1 : 0
      signature = next
    }
    closing.throwIfAborted()
    return signature
  }
}
