import { BlockList, isIP } from 'node:net'
import type { Address, Family } from './address.js'

/** A block of addresses, as written (`192.0.2.0/24`, or one address), in bytes. */
interface Cidr {
  readonly family: Family
  readonly address: string
  readonly prefix: number
}

/** A set of CIDR blocks that addresses are checked against. Immutable. */
export class AllowList {
  /** As it was written, for messages. */
  readonly text: string
  readonly #blocks: readonly Cidr[]
  readonly #set = new BlockList()

  private constructor(text: string, blocks: readonly Cidr[]) {
    this.text = text
    this.#blocks = blocks
    for (const { address, prefix, family } of blocks) this.#set.addSubnet(address, prefix, `ipv${family}`)
  }

  /** The set of the blocks given, each `ADDRESS/LENGTH` or one address. Throws a TypeError naming the first bad one. */
  static parse(blocks: readonly string[]): AllowList {
    return new AllowList(blocks.join(', '), blocks.map(parseCidr))
  }

  /** True where a block holds the address; a v4-mapped IPv6 address counts as the IPv4 address within it. */
  has({ address, family }: Address): boolean {
    return this.#set.check(address, `ipv${family}`)
  }

  /** True where one of the blocks lies wholly inside the range: who names so small a block means it. */
  someInside(range: BlockList, rangePrefix: number, family: Family): boolean {
    return this.#blocks.some(
      block => block.family === family && block.prefix >= rangePrefix && range.check(block.address, `ipv${family}`),
    )
  }
}

function parseCidr(text: string): Cidr {
  const [address = '', length, ...rest] = text.trim().split('/')
  const version = isIP(address)
  const bits = version === 6 ? 128 : 32
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : NaN
  if (version === 0 || rest.length > 0 || address.includes('%') || !(prefix <= bits)) {
    throw new TypeError(`'${text}' is no CIDR block: expected ADDRESS/LENGTH, like 192.0.2.0/24 or 2001:db8::/32`)
  }
  return { family: version === 6 ? 6 : 4, address, prefix }
}
