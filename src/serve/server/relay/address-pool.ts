import type { AddressBlock } from '../../options.js'

/** A client that makes names up must not fill the process with listeners. */
const maxNames = 1024

/**
 * Gives each name an address of the block. The address follows from the name, so that a client that remembers one across
 * a restart does not end up at another broker; only two names that fall on one address depend on who came first.
 */
export class AddressPool {
  readonly #block: AddressBlock
  readonly #byName = new Map<string, string>()
  readonly #taken = new Set<number>()

  constructor(block: AddressBlock) {
    this.#block = block
  }

  /** The name's address, the same as long as the pool lives; undefined where there is none left. */
  addressOf(name: string): string | undefined {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    // Neither the first nor the last address of the block, which look like a network's own.
    const usable = this.#block.size - 2
    if (this.#byName.size >= Math.min(maxNames, usable)) return undefined
    let offset = hash(name) % usable
    while (this.#taken.has(offset)) offset = (offset + 1) % usable
    this.#taken.add(offset)
    const address = addressText(this.#block.first + 1 + offset)
    this.#byName.set(name, address)
    return address
  }

  get size(): number {
    return this.#byName.size
  }
}

/** FNV-1a, 32 bits: no secret is kept by it, it only has to spread. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  }
  return value >>> 0
}

/** The IPv4 address of this number. */
export const addressText = (number: number): string =>
  [24, 16, 8, 0].map(bits => Math.floor(number / 2 ** bits) % 256).join('.')
