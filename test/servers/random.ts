/** A source of numbers that gives the same ones for the same seed. */
export interface Random {
  /** A whole number from 0 to less than the limit. */
  below(limit: number): number
  bytes(length: number): Buffer
}

/** The generator "mulberry32": small, and random enough to make packets with. */
export function random(seed: number): Random {
  let state = seed >>> 0
  const below = (limit: number) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  return { below, bytes: length => Buffer.from(Array.from({ length }, () => below(256))) }
}
