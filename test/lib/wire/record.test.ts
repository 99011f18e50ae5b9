import t from 'tap'
import { readName, skipName } from '../../../lib/wire/record.js'
import { encodeName } from '../../servers/zone-text.js'

const longest = [63, 63, 63, 61].map(length => 'a'.repeat(length)).join('.')

const header = Buffer.alloc(12)
const at = header.length
const packet = (...parts: (string | number[])[]) =>
  Buffer.concat([header, ...parts.map(part => (typeof part === 'string' ? encodeName(part) : Buffer.from(part)))])

const readable: readonly { name: string; packet: Buffer; offset?: number; reads: string; end: number }[] = [
  { name: 'labels', packet: packet('b0.example'), reads: 'b0.example', end: at + 12 },
  { name: 'capitals', packet: packet('B0.EXAMPLE'), reads: 'b0.example', end: at + 12 },
  { name: 'the root', packet: packet([0]), reads: '', end: at + 1 },
  { name: 'a pointer', packet: packet('b0.example', [0xc0, at]), offset: at + 12, reads: 'b0.example', end: at + 14 },
  {
    name: 'labels and a pointer',
    packet: packet('b0.example', [1, 97, 0xc0, at + 3]),
    offset: at + 12,
    reads: 'a.example',
    end: at + 16,
  },
  {
    name: 'a pointer to a pointer',
    packet: packet('b.example', [0xc0, at], [0xc0, at + 11]),
    offset: at + 13,
    reads: 'b.example',
    end: at + 15,
  },
  { name: 'a dot in a label', packet: packet('a\\.b.example'), reads: 'a\\.b.example', end: at + 13 },
  { name: 'a backslash', packet: packet('a\\\\b.example'), reads: 'a\\\\b.example', end: at + 13 },
  { name: 'a NUL and a newline', packet: packet('\\000\\010.example'), reads: '\\000\\010.example', end: at + 12 },
  { name: 'octets above ASCII', packet: packet('\\255\\128.example'), reads: '\\255\\128.example', end: at + 12 },
  { name: 'the longest name', packet: packet(longest), reads: longest, end: at + 255 },
  {
    name: 'the longest text',
    packet: packet(
      [...Array<number[]>(127)].flatMap(() => [1, 0]),
      [0],
    ),
    reads: Array(127).fill('\\000').join('.'),
    end: at + 255,
  },
]
for (const { name, packet, offset = at, reads, end } of readable) {
  t.test(`${name} can be read`, async t => {
    t.same(readName(packet, offset), { name: reads, end })
    t.equal(skipName(packet, offset), end)
  })
}

/** `pointers` of them in a row, each to the one before, the first to a name. */
const pointerChain = (pointers: number) =>
  packet(
    'b0.example',
    ...Array.from({ length: pointers }, (_, index) => {
      const target = index === 0 ? at : at + 12 + 2 * (index - 1)
      return [0xc0 | (target >> 8), target & 0xff]
    }),
  )

const unreadable: readonly { name: string; packet: Buffer; offset?: number }[] = [
  { name: 'nothing', packet: packet() },
  { name: 'a name without an end', packet: packet([1, 97]) },
  { name: 'a label cut short', packet: packet([5, 97]) },
  { name: 'a pointer cut short', packet: packet('b0.example', [0xc0]), offset: at + 12 },
  { name: 'a pointer to itself', packet: packet([0xc0, at]) },
  { name: 'a pointer forward', packet: packet([0xc0, at + 2], 'b0.example') },
  { name: 'a pointer into its own labels', packet: packet('x', [1, 97, 0xc0, at + 3]), offset: at + 3 },
  { name: 'a pointer to a pointer back to it', packet: packet([1, 97, 0xc0, at, 0xc0, at + 2]), offset: at + 4 },
  { name: 'a pointer into the header', packet: packet('x', [0xc0, 4]), offset: at + 3 },
  { name: 'a label of kind 01', packet: packet([0x41, 97, 0]) },
  { name: 'a label of kind 10', packet: packet([0x81, 97, 0]) },
  {
    name: 'more than 255 octets',
    packet: packet(
      [...Array<number[]>(128)].flatMap(() => [1, 97]),
      [0],
    ),
  },
  { name: 'more than 255 octets by a pointer', packet: packet(longest, [1, 97, 0xc0, at]), offset: at + 255 },
  { name: '127 pointers', packet: pointerChain(127), offset: at + 12 + 2 * 126 },
]
for (const { name, packet, offset = at } of unreadable) {
  t.test(`${name} can't be read`, async t => {
    t.throws(() => readName(packet, offset), { name: 'WireError', fault: 'malformed' })
  })
}

t.test('126 pointers can be read', async t => {
  t.match(readName(pointerChain(126), at + 12 + 2 * 125), { name: 'b0.example' })
})
