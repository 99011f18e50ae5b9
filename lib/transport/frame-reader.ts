/** A length prefix and the longest message that it can tell of (RFC 1035 section 4.2.2). */
const PREFIX_OCTETS = 2
const FIRST_CAPACITY = 512

/** Cuts a stream of octets into messages, however they arrive. Holds at most one message of 65,535 octets. */
export class FrameReader {
  // Grows with what has come, not with what the prefix promises.
  #buffer = Buffer.alloc(FIRST_CAPACITY)
  #length = 0

  /**
   * Calls `onMessage` for each message that the chunk completes, in order, until it returns false. The bytes are good
   * during the call only.
   */
  push(chunk: Buffer, onMessage: (message: Buffer) => boolean): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#length < PREFIX_OCTETS) rest = this.#take(rest, PREFIX_OCTETS)
      if (this.#length < PREFIX_OCTETS) return
      const end = PREFIX_OCTETS + this.#buffer.readUInt16BE(0)
      rest = this.#take(rest, end)
      if (this.#length < end) return
      this.#length = 0
      if (!onMessage(this.#buffer.subarray(PREFIX_OCTETS, end))) return
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
