import type { Fault } from '../../errors.js'
import type { MapNode, NodeSource, Pair, Report, ScalarNode } from './node.js'
import { defined, isEmpty } from './read-node.js'
import type { SplitDnsMap } from '../types.js'

const maxNodes = 2_000_000

// The objects that parseMap made, and the nodes that they were made from: so a plain object keeps its lines and columns.
// The objects are frozen, so both stay the same.
const remembered = new WeakMap<object, MapNode>()

/** A map given as an object. An offset is the number of a value; its path is made only for a fault. */
class ObjectSource implements NodeSource {
  readonly origin: string
  readonly #parents: number[] = []
  readonly #keys: (string | number)[] = []

  constructor(origin: string) {
    this.origin = origin
  }

  /** The number of the value at the key or index of its parent. */
  add(parent: number, key: string | number): number {
    this.#parents.push(parent)
    return this.#keys.push(key) - 1
  }

  fault({ offset }: MapNode, message: string): Fault {
    const path = this.#path(offset)
    return { message: path === '' ? message : `${path}: ${message}`, origin: this.origin }
  }

  place(_: MapNode, rule: string): string {
    return `${this.origin} ${rule}`
  }

  #path(offset: number): string {
    const parent = this.#parents[offset] ?? -1
    if (parent < 0) return ''
    const [before, key] = [this.#path(parent), this.#keys[offset] ?? '']
    return typeof key === 'number' ? `${before}[${key}]` : before === '' ? key : `${before}.${key}`
  }
}

/** The nodes of a map object, of parseMap's or written by hand. Faults are reported, nothing is thrown. */
export function objectNodes(map: unknown, origin: string, report: Report): MapNode {
  const source = new ObjectSource(origin)
  const reader = new ObjectReader(source, report)
  try {
    return reader.read(map, -1, '')
  } catch (error) {
    // A getter or a proxy has thrown, or the nesting is too deep.
    const reason = error instanceof Error ? error.message : 'unknown'
    report(() => ({ message: `the object cannot be read: ${reason}`, origin }))
    return { kind: 'broken', source, offset: -1 }
  }
}

/** Makes the node of its key on demand: few are ever needed, and a map has as many keys as values. */
class ObjectPair implements Pair {
  readonly #text: string
  readonly value: MapNode

  constructor(text: string, value: MapNode) {
    this.#text = text
    this.value = value
  }

  get key(): ScalarNode {
    const { source, offset } = this.value
    return { kind: 'scalar', source, offset, text: this.#text }
  }
}

class ObjectReader {
  readonly #source: ObjectSource
  readonly #report: Report
  readonly #open = new Set<object>()

  constructor(source: ObjectSource, report: Report) {
    this.#source = source
    this.#report = report
  }

  read(value: unknown, parent: number, key: string | number): MapNode {
    const source = this.#source
    const offset = source.add(parent, key)
    if (typeof value === 'object' && value !== null) {
      return remembered.get(value) ?? this.#container(value, offset)
    }
    if (value === undefined || value === null) return { kind: 'scalar', source, offset, text: '' }
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'scalar', source, offset, text: String(value) }
    }
    return this.#broken(offset, `expected a text, a list or a plain object, found a ${typeof value}`)
  }

  #container(value: object, offset: number): MapNode {
    const source = this.#source
    if (this.#open.has(value)) return this.#broken(offset, 'the object holds itself')
    if (offset > maxNodes) return this.#broken(offset, `the map holds more than ${maxNodes} values`)
    this.#open.add(value)
    const node: MapNode = Array.isArray(value)
      ? { kind: 'list', source, offset, items: value.map((item, index) => this.read(item, offset, index)) }
      : { kind: 'pairs', source, offset, pairs: this.#pairs(value, offset) }
    this.#open.delete(value)
    return node
  }

  #pairs(value: object, offset: number): readonly Pair[] {
    const values = value as Readonly<Record<string, unknown>>
    return defined(
      Object.keys(values).map(key => {
        const item = values[key]
        return item === undefined ? undefined : new ObjectPair(key, this.read(item, offset, key))
      }),
    )
  }

  #broken(offset: number, message: string): MapNode {
    const node: MapNode = { kind: 'broken', source: this.#source, offset }
    this.#report(() => this.#source.fault(node, message))
    return node
  }
}

const ruleKeys = new Set(['match', 'to', 'nameservers', 'allow', 'fallback'])

/** The document as a frozen plain object, with what `${}` gave where that is known. `objectNodes` gives its nodes back. */
export function toMap(root: MapNode): SplitDnsMap {
  const map: Record<string, unknown> = {}
  for (const { key, value } of root.kind === 'pairs' ? root.pairs : []) {
    if (key.text === 'version') map['version'] = 1
    else if (key.text === 'tables') map['tables'] = plain(value)
    else if (key.text === 'rules') map['rules'] = plainRules(value)
    else if (key.text === 'profiles') map['profiles'] = plainPairs(value, plainRules)
  }
  remembered.set(map, root)
  return Object.freeze(map)
}

function plainRules(node: MapNode): unknown {
  if (isEmpty(node)) return remember([], node)
  return node.kind === 'list' ? remember(node.items.map(plainRule), node) : plain(node)
}

const plainRule = (node: MapNode) => plainPairs(node, plain, key => ruleKeys.has(key))

function plain(node: MapNode): unknown {
  if (node.kind === 'scalar') return node.expanded?.text ?? node.text
  if (node.kind === 'list') return remember(node.items.map(plain), node)
  return plainPairs(node, plain)
}

function plainPairs(
  node: MapNode,
  convert: (value: MapNode) => unknown,
  isKnown: (key: string) => boolean = () => true,
): unknown {
  if (isEmpty(node)) return remember({}, node)
  if (node.kind === 'broken') return null
  if (node.kind !== 'pairs') return plain(node)
  // fromEntries, not assignment: a key may be __proto__.
  const entries = node.pairs.filter(({ key }) => isKnown(key.text)).map(({ key, value }) => [key.text, convert(value)])
  return remember(Object.fromEntries(entries) as object, node)
}

function remember(container: object, node: MapNode): object {
  remembered.set(container, node)
  return Object.freeze(container)
}
