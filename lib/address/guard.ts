import { addressBytes, holds, isInside, parseCidr, type Address, type Cidr } from './address.js'
import { carriedIn } from './carried.js'
import { once } from '../packages.js'

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

const specialRanges = once(() =>
  [
    // Where no remote endpoint is: this host and network (RFC 1122), loopback, link-local with the clouds' metadata
    // services in it (RFC 3927), multicast (RFC 5771), reserved (RFC 1112), broadcast. A v4-mapped address is compared as
    // the IPv4 address within it.
    ...['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32'],
    // fec0::/10 was site-local (RFC 3879). The last two are the metadata services of AWS and Google Cloud over IPv6.
    ...['::/128', '::1/128', 'fe80::/10', 'fec0::/10', 'ff00::/8', 'fd00:ec2::254/128', 'fd20:ce::254/128'],
  ].map(parseCidr),
)

/**
 * Finds the addresses that a name server could only have answered by mistake or to lead the client astray (DNS
 * rebinding): special ranges, but those inside which a block of the allow list lies. Immutable.
 */
export class RebindingGuard {
  readonly #allow: AllowList | null

  constructor(allow: AllowList | null) {
    this.#allow = allow
  }

  /** The special range that the address lies in (`127.0.0.0/8`), or null where the address may be used. */
  blockedRange({ address }: Address): string | null {
    const bytes = addressBytes(address)
    const ranges = bytes === undefined ? [] : rangesOf(bytes)
    return ranges.find(range => this.#allow?.someInside(range) !== true)?.text ?? null
  }
}

/**
 * The special ranges that the address lies in. Where there is none, the blocks of addresses that carry one of a special
 * IPv4 range, as this one does; `::1` also carries 0.0.0.1, and is judged by its own range alone.
 */
function rangesOf(bytes: Uint8Array): readonly Cidr[] {
  const own = specialRanges().filter(range => holds(range, bytes))
  if (own.length > 0 || bytes.length === 4) return own
  return carriedIn(bytes).flatMap(({ bytes: inner, block }) =>
    specialRanges()
      .filter(range => holds(range, inner))
      .map(range => block(range.prefix)),
  )
}
