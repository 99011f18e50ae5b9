import { addressVersion, type Address, type Family } from '../../../lib/address/address.js'
import { RebindingGuard, type AllowList } from '../../../lib/address/guard.js'
import type { Answer, ResolveOptions } from '../../../lib/resolver/types.js'
import type { Fallback, RuleSettings } from '../../map/types.js'

/** An address that may not be dialled, and why, in words that follow "is". */
export interface Refusal {
  readonly address: string
  readonly reason: string
}

/** An answer's addresses, parted. */
export interface Vetted {
  readonly usable: readonly Address[]
  readonly refused: readonly Refusal[]
}

/** The settings that hold where a rule has none of its own. */
export interface PolicySettings {
  readonly allow: AllowList | null
  readonly fallback: Fallback
}

const nothingRefused: readonly Refusal[] = Object.freeze([])

/** How a rule's targets are resolved, and which addresses they may lead to: by the rule's own settings, or else the general ones. */
export class TargetPolicy {
  readonly fallback: Fallback
  /** How the targets are resolved, by family. */
  readonly resolveOptions: Readonly<Record<0 | Family, ResolveOptions>>
  readonly #allow: AllowList | null
  readonly #isRulesOwn: boolean
  readonly #guard: RebindingGuard

  constructor(rule: RuleSettings, general: PolicySettings) {
    this.fallback = rule.fallback ?? general.fallback
    this.#allow = rule.allow ?? general.allow
    this.#isRulesOwn = rule.allow !== null
    this.#guard = new RebindingGuard(this.#allow)
    const upstreams = rule.nameservers ?? undefined
    // `original` comes after `system`, not in its place.
    const fallback = this.fallback === 'none' ? 'none' : 'system'
    this.resolveOptions = {
      0: { family: 0, upstreams, fallback },
      4: { family: 4, upstreams, fallback },
      6: { family: 6, upstreams, fallback },
    }
  }

  /**
   * The answer's addresses, parted. Names in the hosts file, `localhost` and literals pass the guard where the map's
   * author wrote them; what is computed from a broker's name was written by whoever names brokers. `allow` exempts none.
   */
  vet({ addresses, source }: Answer, isComputed: boolean): Vetted {
    const isExempt = !isComputed && (source === 'literal' || source === 'hosts')
    const refused: Refusal[] = []
    const usable = addresses.filter(address => {
      const reason = this.#refusal(address, isExempt)
      if (reason !== null) refused.push({ address: address.address, reason })
      return reason === null
    })
    return refused.length === 0 ? { usable: addresses, refused: nothingRefused } : { usable, refused }
  }

  /** What to set so that these addresses may be used, in words. */
  howToAllow(refused: readonly Refusal[]): string {
    const blocks = refused.map(({ address }) => `${address}/${addressVersion(address) === 6 ? 128 : 32}`).join(',')
    if (this.#isRulesOwn) return `to allow it, add ${blocks} to the rule's allow`
    if (this.#allow === null)
      return `to allow it, set KAFKA_SPLIT_DNS_ALLOW=${blocks} and add the blocks of all other brokers`
    return `to allow it, set KAFKA_SPLIT_DNS_ALLOW=${this.#allow.text.replaceAll(' ', '')},${blocks}`
  }

  #refusal(address: Address, isExempt: boolean): string | null {
    // Node would hang or crash on these.
    if (addressVersion(address.address) !== address.family) return `no IPv${address.family} address`
    const range = isExempt ? null : this.#guard.blockedRange(address)
    if (range !== null) return `in ${range}, where no broker is`
    if (this.#allow !== null && !this.#allow.has(address)) return `outside the allow list ${this.#allow.text}`
    return null
  }
}
