import { resolve } from 'node:path'
import type { Milliseconds } from '../../../lib/units.js'
import { DirectoryWatch, type WatchDirectory } from './directory-watch.js'
import { sourceError } from '../map-source.js'
import { fileSignature, readMapFile, readMapFileSync } from './read-file.js'
import { closedError, Timers, Turns, type Later } from '../timers.js'
import { watchPlaces } from './watch-places.js'

export interface FileSourceOptions {
  readonly now: () => Milliseconds
  readonly later: Later
  /** The file was read again after a change; the text may be the one of before. */
  readonly onText: (text: string) => void
  /** The file can't be used any more, said once for each reason; a later `onText` says that it can again. */
  readonly onFailure: (error: Error) => void
  readonly watch?: WatchDirectory
}

/**
 * Writers write in pieces, or truncate first: the file is read when so many looks in a row, this far apart, have found it
 * unchanged. Looks are counted, not time, as a busy process may find hardly any time between two of them.
 */
const quietLooks = 3
const lookMs = 40
/** How long a file may change without a pause until that is a fault. */
const patienceMs = 5_000
/** The safety net under the watch: network file systems tell of no change that another host made. */
const pollMs = 2_000
/** The poll where nothing can be watched: with the quiet time still under half a second. */
const blindPollMs = 200
/** How often the watch is laid anew in a row while the path's symbolic links keep changing. */
const maxArmings = 5

/**
 * A map's file: read at the start, then whenever it changes, by whichever way (written in place, renamed over, a
 * symbolic link on its path swapped, removed and made again). Never holds the event loop open.
 */
export class FileSource {
  readonly origin: string
  readonly #path: string
  readonly #options: FileSourceOptions
  readonly #timers: Timers
  readonly #turns = new Turns()
  readonly #watch: DirectoryWatch
  #changes = 0
  #signature: string | undefined
  #saidFailure: string | undefined
  #isFollowing = false

  constructor(path: string, options: FileSourceOptions) {
    this.origin = path
    this.#path = resolve(path) // a later chdir must not lead to another file
    this.#options = options
    this.#timers = new Timers(options.later)
    this.#watch = new DirectoryWatch(() => this.#noteChange(), options.watch)
  }

  /** The file's text. Throws `ConfigError`. Blocks. */
  readSync(): string {
    return readMapFileSync(this.#path, this.origin)
  }

  /** Follows the file from now on; what has changed since `readSync` is seen. */
  start(): void {
    this.#noteChange()
    this.#poll()
  }

  /** The file's text once it has come to rest. Rejects with `ConfigError`, or `ERR_SPLIT_DNS_CLOSED`. */
  read(): Promise<string> {
    return this.#turns.take(() => this.#readSettled())
  }

  /** Afterwards no timer or watcher is left and nothing calls back. Idempotent. */
  close(): void {
    this.#timers.close()
    this.#watch.close()
  }

  #noteChange(): void {
    this.#changes += 1
    if (!this.#isFollowing && !this.#timers.isClosed()) void this.#follow()
  }

  #poll(): void {
    const delayMs = this.#watch.isBlind ? blindPollMs : pollMs
    this.#timers.after(delayMs, () => {
      void fileSignature(this.#path).then(signature => {
        if (signature !== this.#signature && !this.#isFollowing) this.#noteChange()
        this.#poll()
      })
    })
  }

  // Never rejects: the outcome goes to the callbacks.
  async #follow(): Promise<void> {
    this.#isFollowing = true
    for (let seen = -1; seen !== this.#changes && !this.#timers.isClosed();) {
      seen = this.#changes
      await this.#arm()
      const outcome = await this.#turns
        .take(() => this.#readSettled())
        .then(
          text => () => this.#pass(text),
          (error: unknown) => () => this.#fail(error),
        )
      if (this.#timers.isClosed()) break
      outcome()
    }
    this.#isFollowing = false
  }

  #pass(text: string): void {
    this.#saidFailure = undefined
    this.#options.onText(text)
  }

  #fail(error: unknown): void {
    const failure = error instanceof Error ? error : new Error(String(error))
    if (failure.message === this.#saidFailure) return
    this.#saidFailure = failure.message
    this.#options.onFailure(failure)
  }

  // Between the walk and the watch a link may be swapped unseen: walk again until nothing new is found.
  async #arm(): Promise<void> {
    for (let armings = 0; armings < maxArmings; armings += 1) {
      if (!this.#watch.arm(await watchPlaces(this.#path))) return
    }
  }

  async #readSettled(): Promise<string> {
    const startedAtMs = this.#options.now()
    for (;;) {
      const signature = await this.#settle(startedAtMs)
      const changes = this.#changes
      const reading = readMapFile(this.#path, this.origin)
      await reading.catch(() => undefined)
      if (changes !== this.#changes || (await fileSignature(this.#path)) !== signature) continue
      this.#signature = signature
      return reading
    }
  }

  // The file's signature, once it stays the same. A file that has vanished settles too: an editor's rename takes
  // it away for a moment only.
  async #settle(startedAtMs: Milliseconds): Promise<string> {
    const { now } = this.#options
    let signature = await fileSignature(this.#path)
    for (let looks = 0; looks < quietLooks;) {
      if (now() - startedAtMs > patienceMs) throw sourceError(this.origin, 'is being written without a pause')
      const changes = this.#changes
      await this.#timers.pause(lookMs)
      const next = await fileSignature(this.#path)
      looks = next === signature && changes === this.#changes ? looks + 1 : 0
      signature = next
    }
    if (this.#timers.isClosed()) throw closedError()
    return signature
  }
}
