import { SocketAddress } from 'node:net'
import { once } from '../packages.js'
import { holds, parseCidr, type Cidr } from './address.js'

/** An IPv4 address inside an IPv6 address, which a gateway or a tunnel on the way leads to. */
export interface Carried {
  /** In network order. */
  readonly bytes: Uint8Array
  /** The block of IPv6 addresses that carry, in the same place, an address with the same first `prefix` bits. */
  readonly block: (prefix: number) => Cidr
}

/** The IPv4 addresses that the IPv6 address carries by its form; none in an ordinary one. Takes 16 bytes. */
export function carriedIn(bytes: Uint8Array): readonly Carried[] {
  return carriers().flatMap(({ isForm, places }) => (isForm(bytes) ? places(bytes).map(at => carried(bytes, at)) : []))
}

/** The four indexes of the bytes that hold the IPv4 address. `isInverted`: each bit is flipped. */
interface Place {
  readonly at: readonly [number, number, number, number]
  readonly isInverted?: boolean
}

interface Carrier {
  readonly isForm: (bytes: Uint8Array) => boolean
  readonly places: (bytes: Uint8Array) => readonly Place[]
}

const last: Place = { at: [12, 13, 14, 15] }

const within = (text: string) => {
  const block = parseCidr(text)
  return (bytes: Uint8Array) => holds(block, bytes)
}

const carriers = once((): readonly Carrier[] => [
  // IPv4-compatible addresses (RFC 4291 section 2.5.5.1), SIIT's (RFC 2765) and NAT64's well-known prefix (RFC 6052).
  { isForm: within('::/96'), places: () => [last] },
  { isForm: within('::ffff:0:0:0/96'), places: () => [last] },
  { isForm: within('64:ff9b::/96'), places: () => [last] },
  { isForm: within('64:ff9b:1::/48'), places: bytes => [localNat64Place(bytes)] },
  // 6to4 (RFC 3056).
  { isForm: within('2002::/16'), places: () => [{ at: [2, 3, 4, 5] }] },
  // Teredo (RFC 4380 section 4): its server, and the client with each bit flipped.
  {
    isForm: within('2001::/32'),
    places: () => [{ at: [4, 5, 6, 7] }, { ...last, isInverted: true }],
  },
  // ISATAP (RFC 5214 section 6.1), under any prefix.
  {
    isForm: bytes => (bytes[8] === 0 || bytes[8] === 2) && bytes[9] === 0 && bytes[10] === 0x5e && bytes[11] === 0xfe,
    places: () => [last],
  },
])

/**
 * Where an address of 64:ff9b:1::/48 (RFC 8215) has its IPv4 address: the operator's prefix may have 48, 56, 64 or 96
 * bits (RFC 6052 section 2.2). What follows the IPv4 address is zero, and byte 8 is skipped.
 */
function localNat64Place(bytes: Uint8Array): Place {
  const end = bytes.findLastIndex(byte => byte !== 0)
  if (bytes[8] === 0 && end <= 10) return { at: [6, 7, 9, 10] }
  if (bytes[8] === 0 && end <= 11) return { at: [7, 9, 10, 11] }
  return bytes[8] === 0 && end <= 12 ? { at: [9, 10, 11, 12] } : last
}

function carried(address: Uint8Array, { at, isInverted = false }: Place): Carried {
  const bytes = Uint8Array.from(at, index => (address[index] ?? 0) ^ (isInverted ? 0xff : 0))
  return { bytes, block: prefix => blockAround(address, at, prefix) }
}

/** The block that ends with the first `prefix` bits of the bytes at these indexes. */
function blockAround(address: Uint8Array, at: Place['at'], prefix: number): Cidr {
  const bits = (at[Math.max(0, Math.ceil(prefix / 8) - 1)] ?? 0) * 8 + (((prefix - 1) & 7) + 1)
  const bytes = address.map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))) & 0xff)
  const text = at[0] === 12 ? dottedText(bytes) : plainText(bytes)
  return { text: `${text}/${bits}`, bytes, prefix: bits }
}

const plainText = (bytes: Uint8Array) => {
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  )
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address
}

/** The last four bytes as an IPv4 address. */
function dottedText(bytes: Uint8Array): string {
  const marked = plainText(Uint8Array.from([...bytes.subarray(0, 12), 0xff, 0xff, 0xff, 0xff]))
  return marked.replace(/(?:ffff:ffff|255\.255\.255\.255)$/, bytes.subarray(12).join('.'))
}
