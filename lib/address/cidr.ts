import { isIP } from 'node:net'
import type { Address } from './address.js'

/** A block of addresses: those that share the first `prefix` bits of `bytes` (4 for IPv4, 16 for IPv6). */
export interface Cidr {
  /** As it was written, for messages. */
  readonly text: string
  readonly bytes: Uint8Array
  readonly prefix: number
}

/**
 * The block that the text names, `ADDRESS/LENGTH` or one address; bits after the length are ignored, and a v4-mapped
 * block of 96 bits or more is the IPv4 block within it. Throws a TypeError that says what was expected.
 */
export function parseCidr(text: string): Cidr {
  const trimmed = text.trim()
  const [address = '', length, ...rest] = trimmed.split('/')
  const bytes = address.includes('%') ? undefined : rawBytes(address)
  const bits = bytes === undefined ? 0 : bytes.length * 8
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : NaN
  if (bytes === undefined || rest.length > 0 || !(prefix <= bits)) {
    throw new TypeError(`'${text}' is no CIDR block: expected ADDRESS/LENGTH, like 192.0.2.0/24 or 2001:db8::/32`)
  }
  if (prefix >= 96 && isMapped(bytes)) return { text: trimmed, bytes: bytes.subarray(12), prefix: prefix - 96 }
  return { text: trimmed, bytes, prefix }
}

/**
 * The address in network order: 4 bytes for IPv4 and for v4-mapped IPv6, else 16. A zone id (`%eth0`) is left out.
 * undefined where `net.isIP` knows no address in the text.
 */
export function addressBytes(text: string): Uint8Array | undefined {
  const bytes = rawBytes(text)
  return bytes !== undefined && isMapped(bytes) ? bytes.subarray(12) : bytes
}

/** True where the block holds the address; blocks of one version never hold addresses of the other. */
export function holds(block: Cidr, bytes: Uint8Array): boolean {
  if (block.bytes.length !== bytes.length) return false
  const whole = block.prefix >> 3
  for (let at = 0; at < whole; at += 1) if (block.bytes[at] !== bytes[at]) return false
  const mask = 0xff00 >> (block.prefix & 7)
  return (((block.bytes[whole] ?? 0) ^ (bytes[whole] ?? 0)) & mask & 0xff) === 0
}

/** True where every address of `inner` is one of `outer`. */
export function isInside(inner: Cidr, outer: Cidr): boolean {
  return inner.prefix >= outer.prefix && holds(outer, inner.bytes)
}

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

function rawBytes(text: string): Uint8Array | undefined {
  const version = isIP(text)
  if (version === 4) return new Uint8Array(text.split('.').map(Number))
  if (version !== 6) return undefined
  const [address = ''] = text.split('%')
  const [head = '', tail] = address.split('::')
  const left = groups(head)
  const right = groups(tail ?? '')
  const zeros = new Array<number>(16 - left.length - right.length).fill(0)
  return Uint8Array.from([...left, ...zeros, ...right])
}

/** The bytes of the groups of an IPv6 address, of which the last may be an IPv4 address. */
function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (group.includes('.')) return group.split('.').map(Number)
    const value = parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}

const isMapped = (bytes: Uint8Array) =>
  bytes.length === 16 && bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every(byte => byte === 0)
