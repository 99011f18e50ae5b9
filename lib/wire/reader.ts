import type { Seconds } from '../units.js'
import { readName, skipName } from './name.js'
import { WireError } from './wire-error.js'

/** A record in a packet, of any type: where its parts are, and what is fixed. */
export interface RecordAt {
  readonly ownerAt: number
  readonly type: number
  readonly class: number
  readonly ttl: Seconds
  readonly rdataAt: number
  readonly rdataEnd: number
}

/** The type, class, TTL and RDLENGTH of a record. */
const FIXED_OCTETS = 10

/** Reads a packet from front to back. Every bounds check of a packet's fixed fields is here. */
export class Reader {
  readonly packet: Buffer
  offset: number

  constructor(packet: Buffer, offset: number) {
    this.packet = packet
    this.offset = offset
  }

  uint16(): number {
    const at = this.offset
    if (at + 2 > this.packet.length) this.fail('a packet cut short')
    this.offset = at + 2
    return this.packet.readUInt16BE(at)
  }

  name(): string {
    const { name, end } = readName(this.packet, this.offset)
    this.offset = end
    return name
  }

  /** The next record, which is skipped: its owner's name and its RDATA are within the packet, and not read. */
  record(): RecordAt {
    const { packet, offset: ownerAt } = this
    const fixedAt = skipName(packet, ownerAt)
    const rdataAt = fixedAt + FIXED_OCTETS
    this.offset = rdataAt
    if (rdataAt > packet.length) this.fail('a packet cut short')
    const rdataEnd = rdataAt + packet.readUInt16BE(fixedAt + 8)
    if (rdataEnd > packet.length) this.fail('RDATA longer than the packet')
    this.offset = rdataEnd
    return {
      ownerAt,
      type: packet.readUInt16BE(fixedAt),
      class: packet.readUInt16BE(fixedAt + 2),
      ttl: packet.readUInt32BE(fixedAt + 4),
      rdataAt,
      rdataEnd,
    }
  }

  fail(message: string): never {
    throw new WireError('malformed', message, this.offset)
  }
}
