import type { Fault } from '../../errors.js'
import type { MapNode, NodeSource } from './node.js'

/** A text that was read from a file, a URL or a variable. Node offsets count UTF-16 code units into it. */
export class SourceText implements NodeSource {
  readonly origin: string
  readonly text: string
  readonly #isOneLine: boolean
  #lineStarts: readonly number[] | undefined

  /** `isOneLine`: the text is a variable or an option, whose rules are named by their numbers, not by lines. */
  constructor(origin: string, text: string, isOneLine = false) {
    this.origin = origin
    this.text = text
    this.#isOneLine = isOneLine
  }

  place({ offset }: MapNode, rule: string): string {
    return this.#isOneLine ? `${this.origin} ${rule}` : `${this.origin}:${this.#lineOf(offset) + 1}`
  }

  fault(node: MapNode, message: string, within = 0): Fault {
    return this.faultAtOffset(node.offset + this.#inside(node, within), message)
  }

  faultAtOffset(offset: number, message: string): Fault {
    const line = this.#lineOf(offset)
    return { message, origin: this.origin, line: line + 1, column: offset - (this.#starts[line] ?? 0) + 1 }
  }

  get #starts(): readonly number[] {
    return (this.#lineStarts ??= findLineStarts(this.text))
  }

  /** From 0. */
  #lineOf(offset: number): number {
    const starts = this.#starts
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  // A scalar may be quoted or hold escapes: point inside only where the source has the same characters.
  #inside(node: MapNode, within: number): number {
    if (within === 0 || node.kind !== 'scalar') return 0
    if (this.text.startsWith(node.text, node.offset)) return within
    if (this.text.startsWith(node.text, node.offset + 1)) return within + 1
    return 0
  }
}

function findLineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
