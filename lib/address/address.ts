/** The version of an IP address. */
export type Family = 4 | 6

/** An IP address that `net.isIP` accepts, with its version. */
export interface Address {
  readonly address: string
  readonly family: Family
}

/** The same as `net.isIP`, whose regular expressions take 6 ms to compile, at the first text that is no IPv4 address. */
export function addressVersion(text: string): 0 | Family {
  const bytes = parseAddress(text)
  return bytes === undefined ? 0 : bytes.length === 4 ? 4 : 6
}

/**
 * The address in network order: 4 bytes for IPv4 and for v4-mapped IPv6, else 16. A zone id (`%eth0`) is left out.
 * undefined where `net.isIP` knows no address in the text.
 */
export function addressBytes(text: string): Uint8Array | undefined {
  const bytes = parseAddress(text)
  return bytes !== undefined && isMapped(bytes) ? bytes.subarray(12) : bytes
}

/** True for 127.0.0.0/8 and ::1 alone. A v4-mapped form is none: sockets treat it in ways of their own. */
export function isLoopback(address: string): boolean {
  return addressVersion(address) === 4 ? address.startsWith('127.') : address === '::1'
}

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
  const bytes = address.includes('%') ? undefined : parseAddress(address)
  const bits = bytes === undefined ? 0 : bytes.length * 8
  const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : NaN
  if (bytes === undefined || rest.length > 0 || !(prefix <= bits)) {
    throw new TypeError(`'${text}' is no CIDR block: expected ADDRESS/LENGTH, like 192.0.2.0/24 or 2001:db8::/32`)
  }
  if (prefix >= 96 && isMapped(bytes)) return { text: trimmed, bytes: bytes.subarray(12), prefix: prefix - 96 }
  return { text: trimmed, bytes, prefix }
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

const isMapped = (bytes: Uint8Array) =>
  bytes.length === 16 && bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every(byte => byte === 0)

const DOT = 0x2e
const ZERO = 0x30
/** Six groups of four digits and an IPv4 address, with colons between. */
const MAX_IPV6_TEXT = 45
const hexGroup = /^[0-9a-f]{1,4}$/i
const zoneIndex = /^%[0-9a-z.:-]+$/i

/** The bytes of an address as `net.isIP` takes it, 4 or 16. */
function parseAddress(text: string): Uint8Array | undefined {
  const colon = text.indexOf(':')
  if (colon < 0) return parseIpv4(text)
  // HOST:PORT
  if (text.lastIndexOf(':') === colon) return undefined
  const percent = text.indexOf('%')
  if (percent >= 0 && !zoneIndex.test(text.slice(percent))) return undefined
  const address = percent < 0 ? text : text.slice(0, percent)
  if (address.length > MAX_IPV6_TEXT) return undefined
  const [head = '', tail, ...more] = address.split('::')
  const left = groupBytes(head, tail === undefined)
  const right = groupBytes(tail ?? '', true)
  if (left === undefined || right === undefined || more.length > 0) return undefined
  const zeros = 16 - left.length - right.length
  // `::` stands for one group at least.
  if (tail === undefined ? zeros !== 0 : zeros < 2) return undefined
  const bytes = new Uint8Array(16)
  bytes.set(left)
  bytes.set(right, 16 - right.length)
  return bytes
}

/** The bytes of the groups between colons. `isEnd`: an IPv4 address may be the last of them. */
function groupBytes(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [index, group] of groups.entries()) {
    const ipv4 = isEnd && index === groups.length - 1 ? parseIpv4(group) : undefined
    if (ipv4 !== undefined) bytes.push(...ipv4)
    else if (!hexGroup.test(group)) return undefined
    else bytes.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff)
  }
  return bytes
}

/** Four numbers up to 255 without leading zeros. */
function parseIpv4(text: string): Uint8Array | undefined {
  let bytes: Uint8Array | undefined
  let count = 0
  let start = 0
  let value = 0
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? DOT : text.charCodeAt(at)
    if (code === DOT) {
      if (at === start || count === 4) return undefined
      bytes ??= new Uint8Array(4)
      bytes[count++] = value
      value = 0
      start = at + 1
    } else {
      const digit = code - ZERO
      if (!(digit >= 0 && digit <= 9) || (at > start && value === 0)) return undefined
      value = value * 10 + digit
      if (value > 255) return undefined
    }
  }
  return count === 4 ? bytes : undefined
}
