import type { Address } from './address.js'
import { carriedIn } from './carried.js'
import { addressBytes, holds, parseCidr, type AllowList, type Cidr } from './cidr.js'

// Where no remote endpoint is: this host and network (RFC 1122), loopback, link-local with the clouds' metadata
// services in it (RFC 3927), multicast (RFC 5771), reserved (RFC 1112), broadcast. A v4-mapped address is compared as
// the IPv4 address within it.
const ipv4Ranges = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', '240.0.0.0/4', '255.255.255.255/32']

// fec0::/10 was site-local (RFC 3879). The last two are the metadata services of AWS and Google Cloud over IPv6.
const ipv6Ranges = ['::/128', '::1/128', 'fe80::/10', 'fec0::/10', 'ff00::/8', 'fd00:ec2::254/128', 'fd20:ce::254/128']

interface Ranges {
  readonly ipv4: readonly Cidr[]
  readonly ipv6: readonly Cidr[]
}

let parsed: Ranges | undefined

/** Parsed when first needed: Node's patterns for addresses take milliseconds to compile. */
function specialRanges(): Ranges {
  parsed ??= { ipv4: ipv4Ranges.map(parseCidr), ipv6: ipv6Ranges.map(parseCidr) }
  return parsed
}

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
    if (bytes === undefined) return null
    const ranges = specialRanges()
    const own = bytes.length === 4 ? ranges.ipv4 : ranges.ipv6
    for (const range of own) if (holds(range, bytes) && !this.#isLifted(range)) return range.text
    // An address with a range of its own is judged by that alone: `::1` also carries 0.0.0.1.
    return bytes.length === 4 || own.some(range => holds(range, bytes)) ? null : this.#blockedCarrier(bytes)
  }

  /** The block of addresses that carry one of a special IPv4 range, as this one does. */
  #blockedCarrier(bytes: Uint8Array): string | null {
    for (const { bytes: inner, block } of carriedIn(bytes)) {
      for (const range of specialRanges().ipv4) {
        if (!holds(range, inner)) continue
        const around = block(range.prefix)
        if (!this.#isLifted(around)) return around.text
      }
    }
    return null
  }

  #isLifted(range: Cidr): boolean {
    return this.#allow?.someInside(range) === true
  }
}
