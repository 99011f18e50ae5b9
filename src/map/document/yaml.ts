import type { CST, Document, YAMLError } from 'yaml'
import { loadYaml } from './load-yaml.js'
import type { MapNode, Report } from './node.js'
import type { SourceText } from './source-text.js'
import { YamlConverter } from './yaml-nodes.js'

const maxErrors = 100

// The parser takes a microsecond and some 400 bytes of memory for each token of a hostile text. 15,000 rules hold as many.
const maxTokens = 250_000

// What a document opens and has not closed: a map needs eight. The parser is recursive, and its memory is quadratic.
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

/** The document's syntax, or undefined after telling why it is not read. */
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
  // failsafe: `no`, `0x10` and `1e3` stay the texts that they are. Keys that stand twice are told by the reader of the
  // nodes; the parser's own search for them is quadratic.
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
  const toldLines = new Set<number | undefined>()
  // What one mistake leads to on its line is no fault of its own.
  const tell: Report = makeFault => {
    if (toldLines.size > maxErrors) return
    const fault = makeFault()
    if (toldLines.has(fault.line)) return
    toldLines.add(fault.line)
    report(() => fault)
  }
  const unquoted = new Map<number, string>()
  let isReadable = true
  for (const error of [...document.errors, ...document.warnings].slice(0, 10 * maxErrors)) {
    const start = unquotedStart(source.text, error)
    if (start !== undefined) unquoted.set(start, quoteIt(source.text.charAt(start)))
    // A lone `*`: the converter tells it where it stands.
    else if (error.code !== 'BAD_ALIAS') {
      isReadable = false
      tell(() => source.faultAtOffset(error.pos[0], explain(error, source.text)))
    }
  }
  for (const [offset, message] of unquoted) tell(() => source.faultAtOffset(offset, message))
  const { contents } = document
  if (contents === null) return { kind: 'scalar', source, offset: 0, text: '' }
  const root = new YamlConverter(source, unquoted, tell).convert(contents)
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
