import { visibleText } from '../../../text/visible-text.js'
import type { Output } from './streams.js'

/** One line on a terminal that is written over and over, and nothing anywhere else. */
export class Progress {
  readonly #output: Output
  #isShown = false

  constructor(output: Output) {
    this.#output = output
  }

  /** The line says this from now on. */
  show(text: string): void {
    if (this.#output.isTTY !== true) return
    const width = Math.max(10, (this.#output.columns ?? 80) - 1)
    this.#output.write(`\r\u001b[K${visibleText(text).slice(0, width)}`)
    this.#isShown = true
  }

  /** Nothing is left of it. To be called before anything else is written. */
  clear(): void {
    if (this.#isShown) this.#output.write('\r\u001b[K')
    this.#isShown = false
  }
}
