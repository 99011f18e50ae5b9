import type { Random } from './random.js'

const interesting = [0, 1, 2, 4, 5, 6, 12, 16, 28, 41, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xc0, 0xc1, 0xff]

type Mutation = (packet: Buffer, random: Random, seeds: readonly Buffer[]) => Buffer

const at = (packet: Buffer, random: Random) => random.below(packet.length + 1)

const mutations: readonly Mutation[] = [
  (packet, random) => {
    packet[random.below(packet.length)] = random.below(256)
    return packet
  },
  (packet, random) => {
    packet[random.below(packet.length)] = interesting[random.below(interesting.length)] ?? 0
    return packet
  },
  (packet, random) => {
    const index = random.below(packet.length)
    packet[index] = (packet[index] ?? 0) ^ (1 << random.below(8))
    return packet
  },
  (packet, random) => {
    if (packet.length > 2) packet.writeUInt16BE(0xc000 | random.below(packet.length), random.below(packet.length - 1))
    return packet
  },
  (packet, random) => packet.subarray(0, at(packet, random)),
  (packet, random) => Buffer.concat([packet, random.bytes(random.below(40))]),
  (packet, random) => {
    const cut = at(packet, random)
    return Buffer.concat([packet.subarray(0, cut), random.bytes(random.below(5)), packet.subarray(cut)])
  },
  (packet, random) => {
    const from = at(packet, random)
    const part = packet.subarray(from, from + random.below(60))
    return Buffer.concat([
      packet.subarray(0, from),
      ...Array.from({ length: random.below(20) }, () => part),
      packet.subarray(from),
    ])
  },
  (packet, random, seeds) => {
    const other = seeds[random.below(seeds.length)] ?? packet
    return Buffer.concat([packet.subarray(0, at(packet, random)), other.subarray(at(other, random))])
  },
  (packet, random) => {
    if (packet.length >= 12) packet.writeUInt16BE(random.below(65_536), 4 + 2 * random.below(4))
    return packet
  },
]

/** One of the seeds with up to four things wrong with it. */
export function mutate(seeds: readonly Buffer[], random: Random): Buffer {
  let packet: Buffer = Buffer.from(seeds[random.below(seeds.length)] ?? Buffer.alloc(12))
  const rounds = 1 + random.below(4)
  for (let round = 0; round < rounds && packet.length > 0; round++) {
    const mutation = mutations[random.below(mutations.length)]
    if (mutation !== undefined) packet = mutation(packet, random, seeds)
  }
  return packet
}
