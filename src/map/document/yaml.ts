import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import type { CST, Document, YAMLError } from 'yaml'
import { once } from '../../../lib/packages.js'
import type { MapNode, Pair, Report } from './node.js'
import type { SourceText } from './source-text.js'
import { YamlConverter } from './yaml-converter.js'

/** The package `yaml`, loaded when a map in YAML is first read: it takes longer to load than this library. */
const loadYaml = once(
  () => (typeof require === 'function' ? require('yaml') : createRequire(import.meta.url)('yaml')) as typeof Yaml,
)

const maxErrors = 100

// The parser takes a microsecond and some 400 bytes of memory for each token of a hostile text. 12,500 rules have as many.
const maxTokens = 250_000

// Collections inside each other: a map needs eight. The parser is recursive, and its memory is quadratic.
const maxDepth = 64

/**
 * The YAML (so JSON too) document as nodes; all scalars are texts. Faults are reported, nothing is thrown. A step is some
 * tokens: of a long list of rules, those are composed and converted before the next are read.
 */
export function* readYaml(source: SourceText, report: Report, tokensPerStep = 1000): Generator<undefined, MapNode> {
  const broken: MapNode = { kind: 'broken', source, offset: 0 }
  const pieces = new Pieces(source)
  try {
    const rest = yield* readTokens(source, report, tokensPerStep, stack => pieces.take(stack))
    if (rest === undefined) return broken
    const root = pieces.finish(rest)
    if (root !== undefined) return root
    // The document has faults. Which of them are reported first does not depend on pieces.
    const tokens = yield* readTokens(source, report, tokensPerStep)
    const document = tokens && compose(tokens, source.text)
    yield
    return (document && convert(source, document, report)) ?? broken
  } catch (error) {
    // Composing and converting are recursive.
    const reason = error instanceof RangeError ? 'it is nested too deeply' : error instanceof Error ? error.message : ''
    report(() => source.faultAtOffset(0, `the document cannot be read: ${reason}`))
    return broken
  }
}

/**
 * The document's syntax; undefined, with a report, if it is too large or too deep. `take` may remove from the stack what
 * is complete.
 */
function* readTokens(
  source: SourceText,
  report: Report,
  tokensPerStep: number,
  take?: (stack: readonly CST.Token[]) => void,
): Generator<undefined, readonly CST.Token[] | undefined> {
  const { Lexer, Parser } = loadYaml()
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let count = 0
  for (const lexeme of new Lexer().lex(source.text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    count++
    const problem =
      parser.stack.length > maxDepth
        ? 'nested too deeply'
        : count > maxTokens
          ? `too large: it holds more than ${maxTokens} tokens of YAML`
          : undefined
    if (problem !== undefined) {
      report(() => source.faultAtOffset(parser.offset, `the document is ${problem}`))
      return undefined
    }
    if (count % tokensPerStep !== 0) continue
    // Directives come before the document, and are for all of it.
    if (tokens.length === 0) take?.(parser.stack)
    yield
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

/** Composes and converts a map's first long list piece by piece, so that its syntax is never in memory as a whole. */
class Pieces {
  readonly #source: SourceText
  readonly #converter: YamlConverter
  readonly #pairs: Pair[] = []
  #list: CST.BlockSequence | undefined
  readonly #items: MapNode[] = []
  #hasFault = false

  constructor(source: SourceText) {
    this.#source = source
    this.#converter = new YamlConverter(loadYaml(), source, new Map(), () => (this.#hasFault = true))
  }

  /** Takes what is complete of the list that is being parsed, and the keys before it. */
  take([document, map, list]: readonly CST.Token[]): void {
    if (document?.type !== 'document' || map?.type !== 'block-map' || list?.type !== 'block-seq') return
    // Without a `:` before it the list is a key. An anchor or a tag is for all of the list.
    const sep = map.items.at(-1)?.sep
    if (sep === undefined || [...document.start, ...sep].some(({ type }) => type === 'anchor' || type === 'tag')) return
    this.#list ??= list
    if (this.#list !== list || this.#hasFault) return
    const before = this.#convert([documentOf({ ...map, items: map.items.splice(0, map.items.length - 1) })])
    const items = this.#convert([documentOf({ ...list, items: list.items.splice(0, list.items.length - 1) })])
    if (before?.kind === 'pairs') this.#pairs.push(...before.pairs)
    if (items?.kind === 'list') this.#items.push(...items.items)
  }

  /** The document, of which `tokens` are the rest; undefined if it has a fault. */
  finish(tokens: readonly CST.Token[]): MapNode | undefined {
    const root = this.#convert(tokens)
    if (this.#hasFault || root?.kind !== 'pairs') return this.#hasFault ? undefined : root
    const rest = root.pairs.map(({ key, value }): Pair => {
      if (value.kind !== 'list' || value.offset !== this.#list?.offset) return { key, value }
      return { key, value: { ...value, items: [...this.#items, ...value.items] } }
    })
    return { ...root, pairs: [...this.#pairs, ...rest] }
  }

  #convert(tokens: readonly CST.Token[]): MapNode | undefined {
    const document = compose(tokens, this.#source.text)
    if (document !== undefined && document.errors.length + document.warnings.length === 0)
      return this.#converter.convertDocument(document)
    this.#hasFault = true
    return undefined
  }
}

const documentOf = (value: CST.Token): CST.Document => ({ type: 'document', offset: value.offset, start: [], value })

/** As the package's `parseDocument` does it. */
function compose(tokens: readonly CST.Token[], text: string): Document.Parsed | undefined {
  // failsafe: `no`, `0x10` and `1e3` stay the texts that they are. Keys that appear twice are reported by the reader of
  // the nodes; the parser's own search for them is quadratic.
  const options = { schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'error' } as const
  const { Composer, YAMLParseError } = loadYaml()
  let first: Document.Parsed | undefined
  for (const document of new Composer(options).compose(tokens, true, text.length)) {
    if (first !== undefined) {
      const [from, to] = document.range
      first.errors.push(new YAMLParseError([from, to], 'MULTIPLE_DOCS', ''))
      break
    }
    first = document
  }
  return first
}

function convert(source: SourceText, document: Document.Parsed, report: Report): MapNode | undefined {
  const reportedLines = new Set<number | undefined>()
  // Further errors on a line are mostly consequences of the first.
  const reportLine: Report = makeFault => {
    if (reportedLines.size > maxErrors) return
    const fault = makeFault()
    if (reportedLines.has(fault.line)) return
    reportedLines.add(fault.line)
    report(() => fault)
  }
  const unquoted = new Map<number, string>()
  let isReadable = true
  for (const error of [...document.errors, ...document.warnings].slice(0, 10 * maxErrors)) {
    const start = unquotedStart(source.text, error)
    if (start !== undefined) unquoted.set(start, quoteIt(source.text.charAt(start)))
    // An unquoted `*`: the converter reports it.
    else if (error.code !== 'BAD_ALIAS') {
      isReadable = false
      reportLine(() => source.faultAtOffset(error.pos[0], explain(error, source.text)))
    }
  }
  for (const [offset, message] of unquoted) reportLine(() => source.faultAtOffset(offset, message))
  const root = new YamlConverter(loadYaml(), source, unquoted, reportLine).convertDocument(document)
  return isReadable ? root : undefined
}

// What an unquoted character means to YAML, and what to do.
function quoteIt(character: string): string {
  return character === '{'
    ? 'an unquoted { begins a map in YAML: put the text in quotes, like "{name}.kafka.example"'
    : 'an unquoted [ begins a list in YAML: put the text in quotes, like "[2001:db8::1]:9092"'
}

// Lines beyond this are not looked at for a better message.
const maxLineLength = 2000

// `{n:int}.x.example` is a map with something behind it to YAML, and `[::1]:9092` a list.
function unquotedStart(text: string, { pos }: YAMLError): number | undefined {
  const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1
  const nextLine = text.indexOf('\n', pos[0])
  const line = text.slice(lineStart, nextLine < 0 ? undefined : nextLine)
  if (line.length > maxLineLength) return undefined
  for (let index = 0; index < line.length; index++) {
    const closer = line[index] === '{' ? '}' : line[index] === '[' ? ']' : undefined
    if (closer === undefined || !' \t[,'.includes(line[index - 1] ?? ' ')) continue
    const close = line.indexOf(closer, index)
    if (close > 0 && !' \t\r,]}#'.includes(line[close + 1] ?? ' ')) return lineStart + index
  }
  return undefined
}

function explain({ code, message: whole, pos }: YAMLError, text: string): string {
  // It may quote a stretch of the document, however long.
  const message = whole.length > 200 ? `${whole.slice(0, 200)}…` : whole
  switch (code) {
    case 'MISSING_CHAR':
      // `[b-{n:int}.example]`: in a list in brackets a { ends the text before it.
      return text.charAt(pos[0]) === '{' ? quoteIt('{') : `YAML: ${message}`
    case 'MULTIPLE_DOCS':
      return "expected one document, found several: a map has no '---' but at its start"
    case 'RESOURCE_EXHAUSTION':
      return 'the document is nested too deeply'
    case 'TAG_RESOLVE_FAILED':
      return `tags are not read, all scalars are text: ${message}`
    default:
      return `YAML: ${message}`
  }
}
