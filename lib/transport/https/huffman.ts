/** Symbols from one to another, both included. */
const run = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index)
const text = (symbols: string) => [...Buffer.from(symbols, 'latin1')]

// RFC 7541 appendix B: the symbols by the length of their codes. The code is canonical: within a length the codes follow
// each other, and those of the next length begin where this one ends, doubled.
const SYMBOLS_BY_LENGTH: readonly (readonly [bits: number, symbols: readonly number[]])[] = [
  [5, text('012aceiost')],
  [6, text(' %-./3456789=A_bdfghlmnpru')],
  [7, text(':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz')],
  [8, text('&*,;XZ')],
  [10, text('!"()?')],
  [11, text("'+|")],
  [12, text('#>')],
  [13, [0, ...text('$@[]~')]],
  [14, text('^}')],
  [15, text('<`{')],
  [19, [...text('\\'), 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [
      129, 132, 133, 134, 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198,
      228, 232, 233,
    ],
  ],
  [
    23,
    [
      1, 135, 137, 138, 139, 140, 141, 143, 147, 149, 150, 151, 152, 155, 157, 158, 165, 166, 168, 174, 175, 180, 182,
      183, 188, 191, 197, 231, 239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, ...run(244, 248), ...run(250, 254)]],
  [28, [...run(2, 8), 11, 12, ...run(14, 21), ...run(23, 31), 127, 220, 249]],
  [30, [10, 13, 22]],
]
const MAX_BITS = 30

/** By the number of bits and the code. Built at the first use. */
let symbols: Map<number, string> | undefined

const keyOf = (bits: number, code: number) => bits * 2 ** MAX_BITS + code

function makeSymbols(): Map<number, string> {
  const made = new Map<number, string>()
  let code = 0
  let length = 0
  for (const [bits, ofLength] of SYMBOLS_BY_LENGTH) {
    code *= 2 ** (bits - length)
    length = bits
    for (const symbol of ofLength) made.set(keyOf(bits, code++), String.fromCharCode(symbol))
  }
  return made
}

/** The text, a character for each octet; undefined where it is in no such code. */
export function decodeHuffman(octets: Buffer): string | undefined {
  symbols ??= makeSymbols()
  const characters: string[] = []
  let bits = 0
  let code = 0
  for (const octet of octets) {
    for (let mask = 0x80; mask > 0; mask >>= 1) {
      code = code * 2 + ((octet & mask) === 0 ? 0 : 1)
      const symbol = symbols.get(keyOf(++bits, code))
      if (symbol !== undefined) {
        characters.push(symbol)
        bits = 0
        code = 0
      } else if (bits === MAX_BITS) {
        return undefined
      }
    }
  }
  // What fills the last octet is the beginning of a code of ones.
  return bits < 8 && code === 2 ** bits - 1 ? characters.join('') : undefined
}
