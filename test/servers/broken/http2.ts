import type { Random } from '../random.js'
import { anyBreach, flipped, pick, type Breach } from './broken.js'

export const frameTypes = {
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
const END_STREAM = 1
const END_HEADERS = 4
const PADDED = 8

/** A frame of RFC 9113 section 4.1, with whatever stands in it. */
export function http2Frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length & 0xffffff, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream >>> 0, 5)
  return Buffer.concat([head, payload])
}

const uint32 = (...values: number[]) => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index))
  return bytes
}

const setting = (id: number, value: number) => Buffer.concat([Buffer.from([0, id]), uint32(value)])

/** A header of HPACK (RFC 7541 section 6.2.2): literal, not indexed, with a name of its own. */
const header = (name: string, value: string) =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)])

const status200 = Buffer.from([0x88])
const goodHeaders = Buffer.concat([status200, header('content-type', 'application/dns-message')])

/** A good response on the stream. */
export const goodHttp2 = (stream: number, body: Buffer) =>
  Buffer.concat([
    http2Frame(frameTypes.HEADERS, END_HEADERS, stream, goodHeaders),
    http2Frame(frameTypes.DATA, END_STREAM, stream, body),
  ])

const headers = (stream: number, block: Uint8Array, flags = END_HEADERS) =>
  http2Frame(frameTypes.HEADERS, flags, stream, block)

/** A stream's number: the one that was asked on, its neighbours, none, and others. */
const anyStream = (chance: Random, good: Buffer) => {
  const asked = streamOf(good)
  return pick(chance, [asked, asked, asked + 2, asked + 1, asked + 100, 0, 2, 0x7fffffff])
}

const streamOf = (good: Buffer) => good.readUInt32BE(5) & 0x7fffffff

type FrameOf = (chance: Random, good: Buffer) => Buffer

/** Frames that are wrong where they come, or in what they hold. */
const wrongFrames: readonly [FrameOf, ...FrameOf[]] = [
  (chance, good) => http2Frame(frameTypes.WINDOW_UPDATE, 0, anyStream(chance, good), uint32(0x7fffffff)),
  (chance, good) => http2Frame(frameTypes.WINDOW_UPDATE, 0, anyStream(chance, good), uint32(0)),
  (chance, good) => http2Frame(frameTypes.WINDOW_UPDATE, 0, anyStream(chance, good), chance.bytes(chance.below(8))),
  (chance, good) => http2Frame(frameTypes.RST_STREAM, 0, anyStream(chance, good), uint32(chance.below(16))),
  (chance, good) => http2Frame(frameTypes.RST_STREAM, 0, anyStream(chance, good), chance.bytes(chance.below(8))),
  (chance, good) => http2Frame(frameTypes.GOAWAY, 0, 0, uint32(anyStream(chance, good), chance.below(16))),
  (chance, good) => http2Frame(frameTypes.GOAWAY, 0, anyStream(chance, good), chance.bytes(chance.below(20))),
  () => http2Frame(frameTypes.GOAWAY, 0, 0, Buffer.concat([uint32(0, 0), Buffer.from('goodbye')])),
  chance =>
    http2Frame(frameTypes.SETTINGS, 0, 0, setting(1 + chance.below(8), pick(chance, [0, 1, 2 ** 31, 2 ** 32 - 1]))),
  chance => http2Frame(frameTypes.SETTINGS, chance.below(2), chance.below(3), chance.bytes(chance.below(14))),
  () => http2Frame(frameTypes.SETTINGS, 1, 0),
  () => http2Frame(frameTypes.SETTINGS, 0, 0, Buffer.concat(Array.from({ length: 200 }, () => setting(3, 0)))),
  (chance, good) =>
    http2Frame(frameTypes.DATA, chance.below(16), anyStream(chance, good), chance.bytes(chance.below(99))),
  (chance, good) => http2Frame(frameTypes.DATA, PADDED, anyStream(chance, good), Buffer.from([255, 1, 2])),
  (_chance, good) => http2Frame(frameTypes.DATA, 0, streamOf(good), Buffer.alloc(16_384)),
  (_chance, good) => http2Frame(frameTypes.DATA, 0, streamOf(good), Buffer.alloc(70_000)),
  (chance, good) => headers(anyStream(chance, good), chance.bytes(1 + chance.below(60))),
  (chance, good) => headers(anyStream(chance, good), goodHeaders, chance.below(256)),
  (_chance, good) => headers(streamOf(good), header('content-type', 'application/dns-message')),
  (_chance, good) => headers(streamOf(good), Buffer.concat([status200, status200])),
  (_chance, good) => headers(streamOf(good), Buffer.concat([status200, header('UPPER', 'x'), header(':late', 'x')])),
  (_chance, good) => headers(streamOf(good), header(':status', 'abc')),
  (_chance, good) => headers(streamOf(good), header(':status', '101')),
  (_chance, good) => Buffer.concat(Array.from({ length: 50 }, () => headers(streamOf(good), header(':status', '103')))),
  (_chance, good) => headers(streamOf(good), Buffer.concat([goodHeaders, header('content-length', '3')])),
  (_chance, good) => headers(streamOf(good), goodHeaders, END_HEADERS | END_STREAM),
  (_chance, good) => headers(streamOf(good), Buffer.concat([status200, header('x'.repeat(100), 'y'.repeat(100))])),
  (chance, good) => http2Frame(frameTypes.CONTINUATION, chance.below(8), anyStream(chance, good), goodHeaders),
  (_chance, good) =>
    Buffer.concat([
      headers(streamOf(good), goodHeaders, 0),
      ...Array.from({ length: 100 }, () =>
        http2Frame(frameTypes.CONTINUATION, 0, streamOf(good), header('x'.repeat(99), 'y'.repeat(99))),
      ),
    ]),
  (chance, good) =>
    http2Frame(frameTypes.PUSH_PROMISE, END_HEADERS, anyStream(chance, good), Buffer.concat([uint32(2), goodHeaders])),
  chance => http2Frame(frameTypes.PING, chance.below(2), chance.below(2), Buffer.alloc(pick(chance, [8, 8, 7, 0, 9]))),
  () => Buffer.concat(Array.from({ length: 2_000 }, () => http2Frame(frameTypes.PING, 0, 0, Buffer.alloc(8)))),
  (chance, good) =>
    http2Frame(frameTypes.PRIORITY, 0, anyStream(chance, good), uint32(streamOf(good), 0).subarray(0, 5)),
  (chance, good) => http2Frame(10 + chance.below(200), chance.below(256), anyStream(chance, good), chance.bytes(20)),
  (chance, good) =>
    http2Frame(chance.below(12), chance.below(256), anyStream(chance, good), chance.bytes(chance.below(40))),
]

/** What servers do to HTTP/2: wrong frames before, after and in place of the right ones, and what any bytes may suffer. */
export const http2Breaches: readonly [Breach, ...Breach[]] = [
  ...anyBreach,
  socket => socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'),
  ...wrongFrames.flatMap((frameOf): Breach[] => [
    (socket, chance, good) => socket.write(Buffer.concat([frameOf(chance, good), good])),
    (socket, chance, good) => socket.write(Buffer.concat([good, frameOf(chance, good)])),
    (socket, chance, good) => socket.write(frameOf(chance, good)),
    (socket, chance, good) => socket.end(frameOf(chance, good)),
    (socket, chance, good) => socket.write(Buffer.concat([flipped(frameOf(chance, good), chance), good])),
  ]),
]
