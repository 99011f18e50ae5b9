import { visibleText } from '../../../text/visible-text.js'
import type { Output } from './streams.js'

/** A line on a terminal that each text replaces. Nothing is written where the output is no terminal. */
export class Progress {
  readonly #output: Output
  #isShown = false

  constructor(output: Output) {
    this.#output = output
  }

  /** Replaces the line by the text. */
  show(text: string): void {
    if (this.#output.isTTY !== true) return
    const width = Math.max(10, (this.#output.columns ?? 80) - 1)
    this.#output.write(`\r\u001b[K${visibleText(text).slice(0, width)}`)
    this.#isShown = true
  }

  /** Removes the line. To be called before anything else is written. */
  clear(): void {
    if (this.#isShown) this.#output.write('\r\u001b[K')
    this.#isShown = false
  }
}
