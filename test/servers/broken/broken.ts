import type { Socket } from 'node:net'
import type { Random } from '../random.js'

/** A way to break a protocol: writes what it wants to the socket, where a good server would write `good`. */
export type Breach = (socket: Socket, chance: Random, good: Buffer) => void

export const pick = <Item>(chance: Random, items: readonly [Item, ...Item[]]): Item =>
  items[chance.below(items.length)] ?? items[0]

/** The bytes with some of their bits turned. */
export function flipped(bytes: Buffer, chance: Random): Buffer {
  const copy = Buffer.from(bytes)
  for (let count = 1 + chance.below(3); count > 0 && copy.length > 0; count--) {
    const at = chance.below(copy.length)
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << chance.below(8)), at)
  }
  return copy
}

/** What may go wrong with any bytes, whatever they mean. */
export const anyBreach: readonly [Breach, ...Breach[]] = [
  (socket, chance) => socket.write(chance.bytes(1 + chance.below(200))),
  (socket, chance) => socket.end(chance.bytes(1 + chance.below(40))),
  (socket, chance, good) => socket.write(flipped(good, chance)),
  (socket, chance, good) => socket.end(good.subarray(0, chance.below(good.length + 1))),
  (socket, chance, good) => socket.write(good.subarray(chance.below(good.length))),
  (socket, chance, good) => {
    const at = chance.below(good.length + 1)
    socket.write(Buffer.concat([good.subarray(0, at), chance.bytes(1 + chance.below(9)), good.subarray(at)]))
  },
  (socket, _chance, good) => socket.write(Buffer.concat([good, good])),
  (socket, _chance, good) => {
    for (const octet of good) socket.write(Buffer.from([octet]))
  },
  socket => socket.destroy(),
  socket => socket.end(),
  (socket, chance) => socket.write(Buffer.alloc(chance.below(70_000))),
  // Silence.
  () => undefined,
]
