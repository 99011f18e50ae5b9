import { watch, type FSWatcher } from 'node:fs'
import type { WatchPlace } from './watch-places.js'

/** `fs.watch` on a directory, as far as it is used here; may throw (`EMFILE`, `ENOSPC`). */
export type WatchDirectory = (
  directory: string,
  onChange: (event: string, name: string | null) => void,
) => Pick<FSWatcher, 'on' | 'close'>

const watchByNode: WatchDirectory = (directory, onChange) => watch(directory, { persistent: false }, onChange)

interface Watched {
  names: ReadonlySet<string>
  readonly watcher: Pick<FSWatcher, 'on' | 'close'>
}

/** Watches a set of directories, which changes as symbolic links are swapped. Never holds the event loop open. */
export class DirectoryWatch {
  readonly #watched = new Map<string, Watched>()
  readonly #onChange: () => void
  readonly #watch: WatchDirectory
  #isBlind = true
  #isClosed = false

  /** `onChange` is called, never synchronously, for each event that may concern the file. */
  constructor(onChange: () => void, watchDirectory: WatchDirectory = watchByNode) {
    this.#onChange = onChange
    this.#watch = watchDirectory
  }

  /** True where changes may go unseen: a directory can't be watched, or none was given. */
  get isBlind(): boolean {
    return this.#isBlind
  }

  /** Exactly these are watched afterwards, as far as the system allows. True: a directory is newly watched. */
  arm(places: readonly WatchPlace[]): boolean {
    if (this.#isClosed) return false
    const wanted = new Map(places.map(place => [`${place.identity} ${place.directory}`, place]))
    for (const key of [...this.#watched.keys()]) if (!wanted.has(key)) this.#release(key)
    this.#isBlind = places.length === 0
    let isNew = false
    for (const [key, place] of wanted) {
      const present = this.#watched.get(key)
      if (present === undefined) isNew = this.#add(key, place) || isNew
      else present.names = place.names
    }
    return isNew
  }

  /** Afterwards nothing is watched and nothing calls back. Idempotent. */
  close(): void {
    this.#isClosed = true
    for (const key of [...this.#watched.keys()]) this.#release(key)
  }

  #add(key: string, place: WatchPlace): boolean {
    try {
      const watcher = this.#watch(place.directory, (_event, name) => this.#see(key, name))
      // Before any event: an 'error' without a listener would end the process.
      watcher.on('error', () => this.#fail(key))
      this.#watched.set(key, { names: place.names, watcher })
      return true
    } catch {
      this.#isBlind = true
      return false
    }
  }

  #see(key: string, name: string | null): void {
    const watched = this.#watched.get(key)
    if (watched !== undefined && (name === null || watched.names.has(name))) this.#onChange()
  }

  #fail(key: string): void {
    if (!this.#watched.has(key)) return
    this.#release(key)
    this.#isBlind = true
    this.#onChange()
  }

  #release(key: string): void {
    const watched = this.#watched.get(key)
    this.#watched.delete(key)
    watched?.watcher.close()
  }
}
