import { readName, skipName } from './name.js'
import { WireError } from './wire-error.js'

/** Reads a packet from front to back. Every bounds check of a packet's fixed fields is here. */
export class Reader {
  readonly packet: Buffer
  offset = 0

  constructor(packet: Uint8Array) {
    this.packet = Buffer.isBuffer(packet) ? packet : Buffer.from(packet.buffer, packet.byteOffset, packet.byteLength)
  }

  uint16(): number {
    const at = this.#take(2)
    return this.packet.readUInt16BE(at)
  }

  uint32(): number {
    const at = this.#take(4)
    return this.packet.readUInt32BE(at)
  }

  skip(octets: number): void {
    this.#take(octets)
  }

  name(): string {
    const { name, end } = readName(this.packet, this.offset)
    this.offset = end
    return name
  }

  skipName(): void {
    this.offset = skipName(this.packet, this.offset)
  }

  fail(message: string): never {
    throw new WireError('malformed', message, this.offset)
  }

  #take(octets: number): number {
    const at = this.offset
    if (at + octets > this.packet.length) this.fail('a packet cut short')
    this.offset = at + octets
    return at
  }
}
