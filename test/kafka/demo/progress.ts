/** What it needs of process.stderr. */
export interface ProgressStream {
  readonly isTTY: boolean
  readonly columns: number
  write(text: string): boolean
}

/**
 * Shows on stderr what goes on: on a terminal one line that lives, with the seconds it takes, elsewhere a line a step.
 */
export class ProgressLine {
  readonly #stream: ProgressStream
  readonly #now: () => number
  #step = ''
  #detail = ''
  #beganAtMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(stream: ProgressStream = process.stderr, now = () => performance.now()) {
    this.#stream = stream
    this.#now = now
  }

  /** The step under way, and how far it has come; the step before it is done. */
  readonly show = (step: string, detail = ''): void => {
    this.#detail = detail
    if (step !== this.#step) {
      this.#step = step
      this.#beganAtMs = this.#now()
      if (!this.#stream.isTTY) this.#stream.write(`${step} ...\n`)
    }
    if (!this.#stream.isTTY) return
    this.#timer ??= setInterval(() => this.#draw(), 100).unref()
    this.#draw()
  }

  /** Nothing is under way; the line is gone. */
  readonly clear = (): void => {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#step = ''
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K')
  }

  #draw(): void {
    const seconds = ((this.#now() - this.#beganAtMs) / 1000).toFixed(1)
    const line = `${this.#step}${this.#detail === '' ? '' : ` (${this.#detail})`} ... ${seconds} s`
    // A line that wraps could not be drawn over.
    this.#stream.write(`\r\u001b[K${line.slice(0, (this.#stream.columns || 80) - 1)}`)
  }
}
