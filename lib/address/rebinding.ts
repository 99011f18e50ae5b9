import type { Address } from './address.js'
import type { AllowList } from './allow-list.js'
import { addressBytes, holds, parseCidr, type Cidr } from './cidr.js'

// Where no remote endpoint lives: this host and network (RFC 1122), loopback, link-local with the clouds' metadata
// services in it (RFC 3927), multicast (RFC 5771). A v4-mapped address is compared as the IPv4 address within it.
const ipv4Ranges = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4']

// fd00:ec2::254 is the metadata service of AWS over IPv6.
const ipv6Ranges = ['::/128', '::1/128', 'fe80::/10', 'ff00::/8', 'fd00:ec2::254/128']

let parsed: readonly Cidr[] | undefined

/** Parsed when first needed: Node's patterns for addresses take milliseconds to compile. */
function specialRanges(): readonly Cidr[] {
  parsed ??= parseRanges()
  return parsed
}

function parseRanges(): readonly Cidr[] {
  const ipv4 = ipv4Ranges.map(parseCidr)
  // A NAT64 gateway (RFC 6052) leads from these to the IPv4 address in the last four bytes.
  const nat64 = ipv4.map(({ bytes, prefix }) => parseCidr(`64:ff9b::${bytes.join('.')}/${96 + prefix}`))
  return [...ipv4, ...ipv6Ranges.map(parseCidr), ...nat64]
}

/**
 * Tells the addresses that a name server could only have answered by mistake or to lead the client astray (DNS
 * rebinding): special ranges, but those inside which a block of the allow list lies. Immutable.
 */
export class RebindingGuard {
  readonly #allow: AllowList | null
  #ranges: readonly Cidr[] | undefined

  constructor(allow: AllowList | null) {
    this.#allow = allow
  }

  /** The special range that the address lies in (`127.0.0.0/8`), or null where the address may be used. */
  blockedRange({ address }: Address): string | null {
    const bytes = addressBytes(address)
    if (bytes === undefined) return null
    const allow = this.#allow
    this.#ranges ??= specialRanges().filter(range => allow === null || !allow.someInside(range))
    return this.#ranges.find(range => holds(range, bytes))?.text ?? null
  }
}
