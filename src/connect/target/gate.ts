import { isIP } from 'node:net'
import type { Address } from '../../../lib/address/address.js'
import type { AllowList } from '../../../lib/address/guard.js'
import { RebindingGuard } from '../../../lib/address/guard.js'
import type { Answer } from '../../../lib/resolver/types.js'

/** An address that may not be dialled, and why, in words that follow "is". */
export interface Refusal {
  readonly address: string
  readonly reason: string
}

/** An answer's addresses, parted. Shared between calls, never changed. */
export interface Vetted {
  readonly usable: readonly Address[]
  readonly refused: readonly Refusal[]
}

const nothingRefused: readonly Refusal[] = Object.freeze([])

/** Lets pass the addresses that a mapped name may lead to: by the rebinding guard and by the allow list in force. */
export class Gate {
  readonly #allow: AllowList | null
  readonly #guard: RebindingGuard
  // By the answer's own array: a cached answer is vetted once, not at each look-up.
  readonly #guarded = new WeakMap<readonly Address[], Vetted>()
  readonly #exempt = new WeakMap<readonly Address[], Vetted>()

  constructor(allow: AllowList | null) {
    this.#allow = allow
    this.#guard = new RebindingGuard(allow)
  }

  /**
   * The answer's addresses, parted. Names in the hosts file, `localhost` and literals pass the guard where the map's
   * author wrote them; what is computed from a broker's name was written by whoever names brokers. `allow` exempts none.
   */
  vet(answer: Answer, isComputed = false): Vetted {
    const isExempt = !isComputed && (answer.source === 'literal' || answer.source === 'hosts')
    // Nothing to vet, and nothing worth remembering: the answer of a literal is a new object each time.
    if (isExempt && answer.source === 'literal' && this.#allow === null) {
      return { usable: answer.addresses, refused: nothingRefused }
    }
    const memo = isExempt ? this.#exempt : this.#guarded
    const known = memo.get(answer.addresses)
    if (known !== undefined) return known
    const refused: Refusal[] = []
    for (const address of answer.addresses) {
      const reason = this.#refusal(address, isExempt)
      if (reason !== null) refused.push({ address: address.address, reason })
    }
    const isUsable = ({ address }: Address) => !refused.some(refusal => refusal.address === address)
    const vetted =
      refused.length === 0
        ? { usable: answer.addresses, refused: nothingRefused }
        : { usable: Object.freeze(answer.addresses.filter(isUsable)), refused: Object.freeze(refused) }
    memo.set(answer.addresses, vetted)
    return vetted
  }

  /** What to set so that these addresses may be used, in words. */
  howToAllow(refused: readonly Refusal[], isRulesOwn: boolean): string {
    const blocks = refused.map(({ address }) => `${address}/${isIP(address) === 6 ? 128 : 32}`).join(',')
    if (isRulesOwn) return `to allow it, add ${blocks} to the rule's allow`
    if (this.#allow === null)
      return `to allow it, set KAFKA_SPLIT_DNS_ALLOW=${blocks} and add the blocks of all other brokers`
    return `to allow it, set KAFKA_SPLIT_DNS_ALLOW=${this.#allow.text.replaceAll(' ', '')},${blocks}`
  }

  #refusal(address: Address, isExempt: boolean): string | null {
    // Node would hang or crash on these.
    if (isIP(address.address) !== address.family) return `no IPv${address.family} address`
    const range = isExempt ? null : this.#guard.blockedRange(address)
    if (range !== null) return `in ${range}, where no broker is`
    if (this.#allow !== null && !this.#allow.has(address)) return `outside the allow list ${this.#allow.text}`
    return null
  }
}
