import { withAbort } from '../../../../lib/cancel.js'
import { Interrupted, UsageError } from './errors.js'
import { allLines } from './lines.js'
import type { Input, Streams } from './streams.js'
import { printable } from './style.js'

/** Asks a person at the terminal, a line for each question. The questions go to standard error. */
export class LinePrompt {
  readonly #streams: Streams
  readonly #signal: AbortSignal
  readonly #lines: AsyncIterator<string>

  constructor(streams: Streams, signal: AbortSignal) {
    this.#streams = streams
    this.#signal = signal
    this.#lines = allLines(untilCtrlC(streams.stdin))
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
      const answer = await this.#nextLine()
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

  async #nextLine(): Promise<string | undefined> {
    try {
      const result = await withAbort(this.#signal, () => this.#lines.next())
      return result.done === true ? undefined : result.value
    } catch (error) {
      if (!this.#signal.aborted && !(error instanceof Interrupted)) throw error
      this.#streams.stderr.write('\n')
      throw new Interrupted('interrupted')
    }
  }
}

/** Throws `Interrupted` at Ctrl-C, which a terminal in raw mode passes on. */
async function* untilCtrlC(input: Input): AsyncGenerator<Uint8Array | string> {
  for await (const chunk of input) {
    if (typeof chunk === 'string' ? chunk.includes('\u0003') : chunk.includes(3)) throw new Interrupted('interrupted')
    yield chunk
  }
}
