import { withAbort } from '../../../../lib/cancel.js'
import { Interrupted, UsageError } from './errors.js'
import type { Streams } from './streams.js'
import { printable } from './style.js'

/** Ctrl-C, as a terminal in raw mode passes it on. */
const ctrlC = '\u0003'

/** The longest answer; the rest of its line is dropped. */
const maxLength = 10_000

const lineEnd = /[\r\n]/

/** Asks a person at the terminal, a line for each question. The questions go to standard error. */
export class LinePrompt {
  readonly #streams: Streams
  readonly #signal: AbortSignal
  readonly #chunks: AsyncIterator<Uint8Array | string>
  readonly #decoder = new TextDecoder()
  #rest = ''
  #isAfterReturn = false

  constructor(streams: Streams, signal: AbortSignal) {
    this.#streams = streams
    this.#signal = signal
    this.#chunks = streams.stdin[Symbol.asyncIterator]()
  }

  /** True where there is a person to ask. */
  static canAsk({ stdin, stderr }: Streams): boolean {
    return stdin.isTTY === true && stderr.isTTY === true
  }

  /**
   * What `read` makes of the answer. If it throws, the reason is printed and the question asked again. Throws
   * `Interrupted` at Ctrl-C, and `UsageError` where the input ends.
   */
  async ask<T>(question: string, read: (answer: string) => T): Promise<T> {
    for (;;) {
      this.#streams.stderr.write(question)
      const answer = await this.#line()
      if (answer === undefined) {
        this.#streams.stderr.write('\n')
        throw new UsageError(`no answer to '${question.trim()}'`)
      }
      try {
        return read(answer.trim())
      } catch (error) {
        if (!(error instanceof Error)) throw error
        this.#streams.stderr.write(`  ${printable(error.message)}\n`)
      }
    }
  }

  async #line(): Promise<string | undefined> {
    for (;;) {
      if (this.#rest.includes(ctrlC)) throw this.#interrupted()
      const end = this.#rest.search(lineEnd)
      if (end >= 0) {
        const line = this.#rest.slice(0, end)
        this.#isAfterReturn = this.#rest.charAt(end) === '\r'
        this.#rest = this.#withoutFeed(this.#rest.slice(end + 1))
        return line
      }
      const chunk = await this.#next()
      if (chunk === undefined) return this.#takeRest()
      const text = typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true })
      const rest = this.#rest + this.#withoutFeed(text)
      const stop = rest.search(lineEnd)
      this.#rest = stop < 0 ? rest.slice(0, maxLength) : rest.slice(0, Math.min(stop, maxLength)) + rest.slice(stop)
    }
  }

  /** A line may end in two characters, of which the second comes later. */
  #withoutFeed(text: string): string {
    if (!this.#isAfterReturn || text === '') return text
    this.#isAfterReturn = false
    return text.startsWith('\n') ? text.slice(1) : text
  }

  /** The last line, where it has no end; undefined where it is empty. */
  #takeRest(): string | undefined {
    const rest = this.#rest
    this.#rest = ''
    return rest === '' ? undefined : rest
  }

  async #next(): Promise<Uint8Array | string | undefined> {
    try {
      const result = await withAbort(this.#signal, () => this.#chunks.next())
      return result.done === true ? undefined : result.value
    } catch (error) {
      throw this.#signal.aborted ? this.#interrupted() : error
    }
  }

  #interrupted(): Interrupted {
    this.#streams.stderr.write('\n')
    return new Interrupted('interrupted')
  }
}
