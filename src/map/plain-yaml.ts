import type { MapNode, Pair, ScalarNode } from './node.js'
import type { SourceText } from './source-text.js'

/** The text is not in the plain form: the whole of YAML has to read it. */
class NotPlain extends Error {}

const notPlain = () => new NotPlain('not in the plain form')

/** A line that is not empty and no comment: where its text starts, and how far it is indented. */
interface Line {
  readonly at: number
  readonly indent: number
}

// Sticky: each is tried at one place only.
const key = /(?:[A-Za-z0-9_][\w.-]*|"[^"\\\n]*"|'[^'\n]*')(?=:(?: |\n|$))/y
const flowKey = /(?:[A-Za-z0-9_][\w.-]*(?=: )|"[^"\\\n]*"(?=:)|'[^'\n]*'(?=: ))/y
const quoted = /(?:"[^"\\\n]*"|'[^'\n]*'(?!'))/y
const plain = /[A-Za-z0-9_/$](?:[^\n:#]|:(?! |\n|$)|(?<! )#)*/y
const flowPlain = /[A-Za-z0-9_/$](?:[\w./$-]|:(?=[\w/$:]))*/y
const blank = / */y
const blankLines = /[ \n]*/y
const lineEnd = / *(?:(?: |^)#[^\n]*)?(?:\n|$)/my
const lineStart = /(?:\n| *#[^\n]*(?:\n|$)| +(?:\n|$))*( *)/y

const maxDepth = 32

/**
 * The document, where it is in the plain form that nearly all maps have: block lists and maps, flow lists and maps
 * that end on their line (or one that is the whole document, so JSON), scalars of one line without escapes, ASCII. It
 * reads as the YAML package does, in a tenth of the time and memory. Undefined for all else, also for what is no YAML.
 */
export function readPlainYaml(source: SourceText): MapNode | undefined {
  if (/[^\n\u0020-\u007e]/.test(source.text)) return undefined
  try {
    return new PlainReader(source).read()
  } catch (error) {
    // RangeError: a line so long that a pattern's own stack ends.
    if (error instanceof NotPlain || error instanceof RangeError) return undefined
    throw error
  }
}

class PlainReader {
  readonly #source: SourceText
  readonly #text: string
  #at = 0
  #line: Line | undefined
  #depth = 0

  constructor(source: SourceText) {
    this.#source = source
    this.#text = source.text
  }

  read(): MapNode {
    if (this.#text.startsWith('---\n')) this.#at = 4
    this.#nextLine()
    const first = this.#line
    if (first === undefined) throw notPlain()
    if ('{['.includes(this.#text.charAt(first.at))) return this.#readWholeFlow(first)
    const root = this.#readBlock(first)
    if (this.#line !== undefined) throw notPlain()
    return root
  }

  #readWholeFlow({ at }: Line): MapNode {
    this.#at = at
    const root = this.#readFlow(blankLines)
    this.#endLine()
    if (this.#line !== undefined) throw notPlain()
    return root
  }

  /** The block that begins at the line, up to a line that is indented less. */
  #readBlock(line: Line): MapNode {
    if (++this.#depth > maxDepth) throw notPlain()
    const block = this.#text.startsWith('- ', line.at) ? this.#readList(line) : this.#readPairs(line)
    this.#depth--
    return block
  }

  #readList({ at: offset, indent }: Line): MapNode {
    const items: MapNode[] = []
    for (let line = this.#line; line?.indent === indent && this.#text.startsWith('- ', line.at); line = this.#line) {
      this.#at = line.at + 2
      this.#take(blank)
      const inner = { at: this.#at, indent: indent + this.#at - line.at }
      if (this.#find(key) === undefined) items.push(this.#readValue(indent))
      else {
        this.#line = inner
        items.push(this.#readBlock(inner))
      }
    }
    this.#endBlock(indent)
    return { kind: 'list', source: this.#source, offset, items }
  }

  #readPairs({ at: offset, indent }: Line): MapNode {
    const pairs: Pair[] = []
    for (let line = this.#line; line?.indent === indent && !this.#text.startsWith('- ', line.at); line = this.#line) {
      this.#at = line.at
      const name = this.#readScalar(key)
      this.#at++
      pairs.push({ key: name, value: this.#isLineEnd() ? this.#readNested(indent) : this.#readValue(indent) })
    }
    this.#endBlock(indent)
    return { kind: 'pairs', source: this.#source, offset, pairs }
  }

  /** What stands below a key: indented, or a list as far out as the key itself. */
  #readNested(indent: number): MapNode {
    this.#endLine()
    const line = this.#line
    if (line === undefined) throw notPlain()
    if (line.indent > indent || (line.indent === indent && this.#text.startsWith('- ', line.at))) {
      return this.#readBlock(line)
    }
    throw notPlain()
  }

  /** What stands on the rest of a line. More of it on the next line is not plain. */
  #readValue(indent: number): MapNode {
    this.#take(blank)
    const character = this.#text.charAt(this.#at)
    const value = character === '[' || character === '{' ? this.#readFlow(blank) : this.#readScalar(quoted, plain)
    this.#endLine()
    this.#endBlock(indent)
    return value
  }

  #readFlow(space: RegExp): MapNode {
    const [source, offset] = [this.#source, this.#at]
    const opener = this.#text.charAt(offset)
    if (opener !== '[' && opener !== '{') return this.#readScalar(quoted, flowPlain)
    if (++this.#depth > maxDepth) throw notPlain()
    const closer = opener === '[' ? ']' : '}'
    const items: MapNode[] = []
    const pairs: Pair[] = []
    this.#at++
    this.#take(space)
    while (this.#text.charAt(this.#at) !== closer) {
      if (opener === '[') items.push(this.#readFlow(space))
      else pairs.push(this.#readFlowPair(space))
      this.#take(space)
      if (this.#text.charAt(this.#at) === closer) break
      if (this.#text.charAt(this.#at) !== ',') throw notPlain()
      this.#at++
      this.#take(space)
      if (this.#text.charAt(this.#at) === closer) throw notPlain()
    }
    this.#at++
    this.#depth--
    return opener === '[' ? { kind: 'list', source, offset, items } : { kind: 'pairs', source, offset, pairs }
  }

  #readFlowPair(space: RegExp): Pair {
    const name = this.#readScalar(flowKey)
    this.#at++
    this.#take(space)
    return { key: name, value: this.#readFlow(space) }
  }

  #readScalar(...forms: readonly RegExp[]): ScalarNode {
    const offset = this.#at
    for (const form of forms) {
      const found = this.#find(form)
      if (found === undefined) continue
      const written = found.trimEnd()
      this.#at += written.length
      const text = '"\''.includes(found.charAt(0)) ? found.slice(1, -1) : written
      return { kind: 'scalar', source: this.#source, offset, text }
    }
    throw notPlain()
  }

  #isLineEnd(): boolean {
    return this.#find(lineEnd) !== undefined
  }

  #endLine(): void {
    const rest = this.#find(lineEnd)
    if (rest === undefined) throw notPlain()
    this.#at += rest.length
    this.#nextLine()
  }

  #endBlock(indent: number): void {
    if (this.#line !== undefined && this.#line.indent > indent) throw notPlain()
  }

  /** Goes to the next line that is not empty and no comment. */
  #nextLine(): void {
    lineStart.lastIndex = this.#at
    const [skipped = '', spaces = ''] = lineStart.exec(this.#text) ?? []
    this.#at += skipped.length
    this.#line = this.#at < this.#text.length ? { at: this.#at, indent: spaces.length } : undefined
  }

  #take(form: RegExp): void {
    this.#at += this.#find(form)?.length ?? 0
  }

  #find(form: RegExp): string | undefined {
    form.lastIndex = this.#at
    return form.exec(this.#text)?.[0]
  }
}
