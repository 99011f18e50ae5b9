import type { Address } from './address.js'
import { addressBytes, holds, isInside, parseCidr, type Cidr } from './cidr.js'

/** A set of CIDR blocks that addresses are checked against. Immutable. */
export class AllowList {
  /** As it was written, for messages. */
  readonly text: string
  readonly #blocks: readonly Cidr[]

  private constructor(text: string, blocks: readonly Cidr[]) {
    this.text = text
    this.#blocks = blocks
  }

  /** The set of the blocks given, each `ADDRESS/LENGTH` or one address. Throws a TypeError naming the first bad one. */
  static parse(blocks: readonly string[]): AllowList {
    return new AllowList(blocks.join(', '), blocks.map(parseCidr))
  }

  /** True where a block holds the address; a v4-mapped IPv6 address counts as the IPv4 address within it. */
  has({ address }: Address): boolean {
    const bytes = addressBytes(address)
    return bytes !== undefined && this.#blocks.some(block => holds(block, bytes))
  }

  /** True where one of the blocks lies wholly inside the range: who names so small a block means it. */
  someInside(range: Cidr): boolean {
    return this.#blocks.some(block => isInside(block, range))
  }
}
