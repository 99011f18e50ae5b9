import type { Family } from '../address/address.js'
import type { Upstream } from '../transport/upstream.js'
import { listKey } from './ask/server-states.js'
import type { ResolveOptions } from './types.js'

/** Look-ups that may share answers: those of the same servers, families and fallback. */
export interface CacheNamespace {
  /** Undefined: those that resolv.conf names at the time. */
  readonly upstreams: readonly Upstream[] | undefined
  readonly family: 0 | Family
  readonly fallback: 'system' | 'none'
  /** What its keys begin with. One namespace has the empty prefix: a warm look-up then builds no key. */
  readonly prefix: string
}

type Table = (CacheNamespace | undefined)[]

/** Finds each look-up's namespace, always the same object for the same options. */
export class CacheNamespaces {
  readonly #own: readonly Upstream[] | undefined
  readonly #ownTable: Table = []
  readonly #byList = new WeakMap<readonly Upstream[], Table>()
  readonly #byContent = new Map<string, Table>()
  #made = 0
  #hasPlain = false

  /** `own`: the servers of look-ups that name none. */
  constructor(own: CacheNamespace['upstreams']) {
    this.#own = own
  }

  of({ upstreams, family, fallback }: ResolveOptions): CacheNamespace {
    const table = upstreams === undefined ? this.#ownTable : this.#tableOf(upstreams)
    const index = fallback === 'system' ? family : family + 1
    return (table[index] ??= this.#make(upstreams, family, fallback))
  }

  /** By content, so that a map that was read again finds the answers of its old lists. */
  #tableOf(upstreams: readonly Upstream[]): Table {
    const known = this.#byList.get(upstreams)
    if (known !== undefined) return known
    const content = listKey(upstreams)
    const table = this.#byContent.get(content) ?? []
    this.#byContent.set(content, table)
    this.#byList.set(upstreams, table)
    return table
  }

  #make(
    upstreams: CacheNamespace['upstreams'],
    family: CacheNamespace['family'],
    fallback: CacheNamespace['fallback'],
  ): CacheNamespace {
    const isPlain = upstreams === undefined && !this.#hasPlain
    if (isPlain) this.#hasPlain = true
    return { upstreams: upstreams ?? this.#own, family, fallback, prefix: isPlain ? '' : `${++this.#made}|` }
  }
}
