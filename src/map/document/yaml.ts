import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import type { Alias, CST, Document, Node, Pair as YamlPair, YAMLError } from 'yaml'
import { once } from '../../../lib/packages.js'
import { nearest } from '../../text/nearest.js'
import type { BrokenNode, MapNode, Pair, Report, ScalarNode } from './node.js'
import type { SourceText } from './source-text.js'

/** The package `yaml`, loaded when a map in YAML is first read: it takes longer to load than this library. */
const loadYaml = once(
  () => (typeof require === 'function' ? require('yaml') : createRequire(import.meta.url)('yaml')) as typeof Yaml,
)

const maxErrors = 100

// The parser takes a microsecond and some 400 bytes of memory for each token of a hostile text. 12,500 rules have as many.
const maxTokens = 250_000

// Collections inside each other: a map needs eight. The parser is recursive, and its memory is quadratic.
const maxDepth = 64

const tokensPerStep = 1000

/**
 * The YAML (so JSON too) document as nodes; all scalars are texts. Faults are reported, nothing is thrown. In steps, of
 * which only the composing of the YAML package takes a while.
 */
export function* readYaml(source: SourceText, report: Report): Generator<undefined, MapNode> {
  const broken: MapNode = { kind: 'broken', source, offset: 0 }
  const tokens = yield* readTokens(source, report)
  if (tokens === undefined) return broken
  try {
    const document = compose(tokens, source.text)
    yield
    return (document && convert(source, document, report)) ?? broken
  } catch (error) {
    // Composing and converting are recursive.
    const reason = error instanceof RangeError ? 'it is nested too deeply' : error instanceof Error ? error.message : ''
    report(() => source.faultAtOffset(0, `the document cannot be read: ${reason}`))
    return broken
  }
}

/** The document's syntax; undefined, with a report, if it is too large or too deep. */
function* readTokens(source: SourceText, report: Report): Generator<undefined, readonly CST.Token[] | undefined> {
  const { Lexer, Parser } = loadYaml()
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let count = 0
  for (const lexeme of new Lexer().lex(source.text)) {
    tokens.push(...parser.next(lexeme))
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
    if (count % tokensPerStep === 0) yield
  }
  tokens.push(...parser.end())
  return tokens
}

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
  const { contents } = document
  if (contents === null) return { kind: 'scalar', source, offset: 0, text: '' }
  const root = new YamlConverter(source, unquoted, reportLine).convert(contents)
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

// With all aliases filled in: far above any map's need. A document of a few kB could otherwise grow to billions.
const maxNodes = 500_000

/** What an anchor names, and how many nodes that is with its aliases filled in. */
interface Anchored {
  readonly node: MapNode
  readonly size: number
}

/** Turns the YAML package's nodes into ours. An alias becomes the very node that its anchor names. */
class YamlConverter {
  readonly #source: SourceText
  readonly #unquoted: ReadonlyMap<number, string>
  readonly #report: Report
  readonly #yaml = loadYaml()
  readonly #anchors = new Map<string, Anchored | 'open'>()
  #size = 0

  /** `unquoted` has the offsets of texts that lack quotes, which are reported already. */
  constructor(source: SourceText, unquoted: ReadonlyMap<number, string>, report: Report) {
    this.#source = source
    this.#unquoted = unquoted
    this.#report = report
  }

  convert(yaml: unknown): MapNode {
    const start = offsetOf(yaml)
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml
    if (isAlias(yaml)) return this.#alias(yaml, start)
    const anchor = isScalar(yaml) || isMap(yaml) || isSeq(yaml) ? yaml.anchor : undefined
    if (anchor !== undefined) this.#anchors.set(anchor, 'open')
    const before = this.#size
    // A long text is split and searched as often as it is named.
    this.#size += isScalar(yaml) && typeof yaml.value === 'string' ? 1 + (yaml.value.length >> 6) : 1
    const node = this.#plain(yaml, start)
    if (anchor !== undefined) this.#anchors.set(anchor, { node, size: this.#size - before })
    return node
  }

  #plain(yaml: unknown, offset: number): MapNode {
    const { isMap, isScalar, isSeq } = this.#yaml
    const source = this.#source
    if (this.#unquoted.has(offset)) return { kind: 'broken', source, offset }
    if (isScalar(yaml)) {
      if (typeof yaml.value === 'string') return { kind: 'scalar', source, offset, text: yaml.value }
      return this.#broken(offset, 'expected a text')
    }
    if (isSeq(yaml)) return { kind: 'list', source, offset, items: yaml.items.map(item => this.convert(item)) }
    if (!isMap(yaml)) return { kind: 'scalar', source, offset, text: '' }
    const pairs = yaml.items.map(pair => this.#pair(pair, offset)).filter(pair => pair !== undefined)
    return { kind: 'pairs', source, offset, pairs }
  }

  #pair({ key, value }: YamlPair, offset: number): Pair | undefined {
    const name = this.convert(key)
    if (name.kind !== 'scalar') {
      if (name.kind !== 'broken') this.#broken(name.offset, 'a key is a text, not a list or a map')
      return undefined
    }
    const empty: ScalarNode = { kind: 'scalar', source: this.#source, offset: name.offset || offset, text: '' }
    return { key: name, value: value === null ? empty : this.convert(value) }
  }

  #alias({ source: name }: Alias, offset: number): MapNode {
    const anchored = this.#anchors.get(name)
    if (anchored === undefined) return this.#broken(offset, () => this.#unknownAlias(name))
    if (anchored === 'open') return this.#broken(offset, `the alias *${name} is within what it names`)
    this.#size += anchored.size
    if (this.#size > maxNodes)
      return this.#broken(offset, `the document's aliases stand for more than ${maxNodes} nodes`)
    return anchored.node
  }

  #unknownAlias(name: string): string {
    if (name !== '' && !name.includes('.')) {
      const near = nearest(name, this.#anchors.keys())
      if (near !== undefined) return `no anchor &${name} comes before this alias (did you mean '${near}'?)`
    }
    return `an unquoted * begins an alias in YAML: put the pattern in quotes: "*${name}" (a target writes {*})`
  }

  #broken(offset: number, message: string | (() => string)): BrokenNode {
    this.#report(() => this.#source.faultAtOffset(offset, typeof message === 'string' ? message : message()))
    return { kind: 'broken', source: this.#source, offset }
  }
}

const offsetOf = (yaml: unknown) => (yaml as Partial<Node> | null)?.range?.[0] ?? 0
