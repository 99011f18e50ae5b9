import type * as Yaml from 'yaml'
import type { Alias, Document, Node, Pair as YamlPair } from 'yaml'
import { nearest } from '../../text/nearest.js'
import type { BrokenNode, MapNode, Pair, Report, ScalarNode } from './node.js'
import { defined } from './read-node.js'
import type { SourceText } from './source-text.js'

// With all aliases filled in: far above any map's need. A document of a few kB could otherwise grow to billions.
const maxNodes = 500_000

/** What an anchor names, and how many nodes that is with its aliases filled in. */
interface Anchored {
  readonly node: MapNode
  readonly size: number
}

/** Turns the YAML package's nodes into ours. An alias becomes the very node that its anchor names. */
export class YamlConverter {
  readonly #yaml: typeof Yaml
  readonly #source: SourceText
  readonly #unquoted: ReadonlyMap<number, string>
  readonly #report: Report
  readonly #anchors = new Map<string, Anchored | 'open'>()
  #size = 0

  /** `unquoted` has the offsets of texts that lack quotes, which are reported already. */
  constructor(yaml: typeof Yaml, source: SourceText, unquoted: ReadonlyMap<number, string>, report: Report) {
    this.#yaml = yaml
    this.#source = source
    this.#unquoted = unquoted
    this.#report = report
  }

  /** The document, or a piece of it: what anchors name holds for the pieces after it. */
  convertDocument({ contents }: Document.Parsed): MapNode {
    return contents === null ? { kind: 'scalar', source: this.#source, offset: 0, text: '' } : this.#convert(contents)
  }

  #convert(yaml: unknown): MapNode {
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
    if (isSeq(yaml)) return { kind: 'list', source, offset, items: yaml.items.map(item => this.#convert(item)) }
    if (!isMap(yaml)) return { kind: 'scalar', source, offset, text: '' }
    return { kind: 'pairs', source, offset, pairs: defined(yaml.items.map(pair => this.#pair(pair, offset))) }
  }

  #pair({ key, value }: YamlPair, offset: number): Pair | undefined {
    const name = this.#convert(key)
    if (name.kind !== 'scalar') {
      if (name.kind !== 'broken') this.#broken(name.offset, 'a key is a text, not a list or a map')
      return undefined
    }
    const empty: ScalarNode = { kind: 'scalar', source: this.#source, offset: name.offset || offset, text: '' }
    return { key: name, value: value === null ? empty : this.#convert(value) }
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
