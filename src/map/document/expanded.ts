/** A stretch of the expanded text that one `${}` gave. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly writtenFrom: number
  readonly writtenTo: number
}

const noSpans: readonly Span[] = []

/** A text with its `${}` filled in. Faults quote what was written, never the values. */
export class Expanded {
  readonly text: string
  readonly written: string
  readonly #spans: readonly Span[]

  constructor(text: string, written = text, spans: readonly Span[] = noSpans) {
    this.text = text
    this.written = written
    this.#spans = spans
  }

  /** True where a `${}` was filled in. */
  get isExpanded(): boolean {
    return this.#spans.length > 0
  }

  /** Where the character at `index` of the text was written. */
  writtenIndex(index: number): number {
    let shift = 0
    for (const span of this.#spans) {
      if (index < span.from) break
      if (index < span.to) return span.writtenFrom
      shift = span.writtenTo - span.to
    }
    return index + shift
  }

  /** The stretch of the text as it was written: a `${}` that touches it stands there unexpanded. */
  quote(from: number, to: number): string {
    const end = to <= from ? this.writtenIndex(from) : this.#writtenEnd(to - 1)
    return this.written.slice(this.writtenIndex(from), end)
  }

  #writtenEnd(last: number): number {
    const span = this.#spans.find(({ from, to }) => from <= last && last < to)
    return span === undefined ? this.writtenIndex(last) + 1 : span.writtenTo
  }
}
