import type { Framing } from '../frame-reader.js'

/** RFC 9113 section 6. */
export const frameType = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const

export const flag = { END_STREAM: 0x1, ACK: 0x1, END_HEADERS: 0x4, PADDED: 0x8, PRIORITY: 0x20 } as const
export const setting = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
} as const
export const streamError = { CANCEL: 8 } as const

/** The window of a connection and of each stream, as long as nobody says otherwise (section 6.9.2). */
export const DEFAULT_WINDOW = 65_535
export const MAX_WINDOW = 2 ** 31 - 1
/** The largest payload that a peer may send which was not told otherwise (section 6.5.2). */
const MAX_PAYLOAD = 16_384

/** A server that does what no HTTP/2 server may. The message says what. */
export class Http2Breach extends Error {
  override readonly name = 'Http2Breach'
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  readonly payload: Buffer
}

export const http2Framing: Framing = {
  prefixOctets: 9,
  payloadOctets: prefix => {
    const length = prefix.readUIntBE(0, 3)
    if (length > MAX_PAYLOAD) throw new Http2Breach('a frame that is too large')
    return length
  },
}

export function readFrame(prefix: Buffer, payload: Buffer): Frame {
  return { type: prefix.readUInt8(3), flags: prefix.readUInt8(4), stream: prefix.readUInt32BE(5) & MAX_WINDOW, payload }
}

export function writeFrame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

export function writeSettings(values: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * values.length)
  values.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, 6 * index)
    payload.writeUInt32BE(value, 6 * index + 2)
  })
  return writeFrame(frameType.SETTINGS, 0, 0, payload)
}

export function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4)
  octets.writeUInt32BE(value)
  return octets
}

/** The payload of DATA or HEADERS without padding and priority. Throws where there is more of them than payload. */
export function contentOf({ flags, type, payload }: Frame): Buffer {
  const isPadded = (flags & flag.PADDED) !== 0
  const padding = isPadded ? (payload[0] ?? 0) : 0
  const hasPriority = type === frameType.HEADERS && (flags & flag.PRIORITY) !== 0
  const start = (isPadded ? 1 : 0) + (hasPriority ? 5 : 0)
  if (start + padding > payload.length) throw new Http2Breach('more padding than there is room for')
  return payload.subarray(start, payload.length - padding)
}
