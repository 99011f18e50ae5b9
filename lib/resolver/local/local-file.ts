import { readFile, stat } from 'node:fs/promises'
import { codeOf } from '../../thrown.js'

/** What a file that was never readable counts as, and the same in words. */
interface Unreadable<T> {
  readonly value: T
  readonly text: string
}

/** A file as it was at the last update. */
export class LocalFile<T> {
  readonly #path: string
  readonly #parse: (text: string) => T
  readonly #onWarning: (message: string) => void
  readonly #unreadable: Unreadable<T>
  #stamp = ''
  #isUnreadable = false
  #value: T | undefined

  constructor(
    path: string,
    parse: (text: string) => T,
    onWarning: (message: string) => void,
    unreadable: Unreadable<T>,
  ) {
    this.#path = path
    this.#parse = parse
    this.#onWarning = onWarning
    this.#unreadable = unreadable
  }

  /** As if it were empty until it is read; made when asked for, as the first parse takes milliseconds. */
  get value(): T {
    return (this.#value ??= this.#parse(''))
  }

  /** Reads the file if it is another than before; returns whether it was. A missing file is an empty one. */
  async update(): Promise<boolean> {
    try {
      // The stamp is taken before the text: a write between the two is found the next time.
      const stamp = await this.#readStamp()
      if (stamp === this.#stamp) return false
      this.#value = this.#parse(stamp === missing ? '' : await readFile(this.#path, 'utf8'))
      this.#stamp = stamp
      this.#isUnreadable = false
      return true
    } catch (error) {
      return this.#keep(codeOf(error) ?? 'error')
    }
  }

  /** What was read before stays in use. */
  #keep(code: string): boolean {
    if (this.#isUnreadable) return false
    this.#isUnreadable = true
    const isFirst = this.#stamp === ''
    if (isFirst) this.#value = this.#unreadable.value
    const consequence = isFirst ? this.#unreadable.text : 'what was read before stays in use'
    try {
      this.#onWarning(`${this.#path} can't be read (${code}): ${consequence}`)
    } catch {
      // A listener's fault must not fail the look-up.
    }
    return isFirst
  }

  async #readStamp(): Promise<string> {
    try {
      const { ino, size, mtimeNs, ctimeNs } = await stat(this.#path, { bigint: true })
      return [ino, size, mtimeNs, ctimeNs].join(' ')
    } catch (error) {
      const code = codeOf(error)
      if (code === 'ENOENT' || code === 'ENOTDIR') return missing
      throw error
    }
  }
}

const missing = 'missing'
