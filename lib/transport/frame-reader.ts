const FIRST_CAPACITY = 512

/** How a protocol cuts its stream into frames. */
export interface Framing {
  /** How many octets stand before each frame's payload. */
  readonly prefixOctets: number
  /** How many octets follow the prefix. May throw where that is more than anybody may send. */
  readonly payloadOctets: (prefix: Buffer) => number
}

/** A length prefix before each message (RFC 1035 section 4.2.2). */
const dnsFraming: Framing = { prefixOctets: 2, payloadOctets: prefix => prefix.readUInt16BE(0) }

/** Cuts a stream of octets into frames, however they arrive. Holds at most one frame. */
export class FrameReader {
  readonly #framing: Framing
  // Grows with what has come, not with what the prefix promises.
  #buffer = Buffer.alloc(FIRST_CAPACITY)
  #length = 0

  constructor(framing: Framing = dnsFraming) {
    this.#framing = framing
  }

  /**
   * Calls `onFrame` for each frame that the chunk completes, in order, until it returns false. The bytes are good during
   * the call only.
   */
  push(chunk: Buffer, onFrame: (payload: Buffer, prefix: Buffer) => boolean): void {
    const { prefixOctets, payloadOctets } = this.#framing
    let rest = chunk
    while (rest.length > 0) {
      if (this.#length < prefixOctets) rest = this.#take(rest, prefixOctets)
      if (this.#length < prefixOctets) return
      const end = prefixOctets + payloadOctets(this.#buffer)
      rest = this.#take(rest, end)
      if (this.#length < end) return
      this.#length = 0
      const payload = this.#buffer.subarray(prefixOctets, end)
      if (!onFrame(payload, this.#buffer.subarray(0, prefixOctets))) return
    }
  }

  /** Moves octets from the chunk until `end` of them are held; gives what is left of it. */
  #take(chunk: Buffer, end: number): Buffer {
    const count = Math.min(end - this.#length, chunk.length)
    this.#reserve(this.#length + count)
    chunk.copy(this.#buffer, this.#length, 0, count)
    this.#length += count
    return chunk.subarray(count)
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return
    const larger = Buffer.alloc(Math.max(length, 2 * this.#buffer.length))
    this.#buffer.copy(larger, 0, 0, this.#length)
    this.#buffer = larger
  }
}

/** The DNS message as a frame. */
export function frameOf(message: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(2 + message.length)
  frame.writeUInt16BE(message.length)
  message.copy(frame, 2)
  return frame
}
