import type { Socket } from 'node:net'
import { lostError } from '../exchange-error.js'
import { FrameReader } from '../frame-reader.js'
import { HpackDecoder, HpackError, writeField } from './hpack.js'
import { isMessage, MAX_BODY_OCTETS, tooLong, type HttpClient, type HttpReply, type HttpRequest } from './http.js'
import {
  contentOf,
  DEFAULT_WINDOW,
  flag,
  frameType,
  Http2Breach,
  http2Framing,
  MAX_WINDOW,
  readFrame,
  setting,
  streamError,
  uint32,
  writeFrame,
  writeSettings,
  type Frame,
} from './http2-frames.js'
import { TransportError } from '../transport.js'

/** How many queries go over one connection at a time, as over UDP. */
const MAX_STREAMS = 100
/** Of one response; many times what any server sends. */
const MAX_HEADER_OCTETS = 16_384
/** Frames that bring no answer nearer, one after another: each may make us write one. */
const MAX_IDLE_FRAMES = 1_000
/** A connection ends long before its streams' numbers do. */
const LAST_STREAM = 2 ** 30 - 1

/** More than a DNS message, so that a longer body shows; what comes is read at once. */
const STREAM_WINDOW = 2 * DEFAULT_WINDOW

const PREFACE = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  writeSettings([
    [setting.ENABLE_PUSH, 0],
    [setting.INITIAL_WINDOW_SIZE, STREAM_WINDOW],
  ]),
])

/** What the connection reports. */
export interface Http2Hooks {
  /** The server takes no further requests. */
  readonly onGoAway: () => void
  /** The server takes this many requests at a time. */
  readonly onCapacity: (capacity: number) => void
  /** The server breaks the protocol: the connection is of no more use. */
  readonly onBreach: (reason: TransportError) => void
}

/** A request on its way. */
interface Stream {
  readonly resolve: (reply: HttpReply) => void
  readonly reject: (reason: unknown) => void
  readonly leave: () => void
  readonly chunks: Buffer[]
  octets: number
  /** Undefined until they have come. */
  reply: Omit<HttpReply, 'body'> | undefined
  /** How much the server takes of the request's body. */
  window: number
  unsent: Buffer
}

/** A header block that goes on in the next frame. */
interface OpenBlock {
  readonly stream: number
  readonly flags: number
  readonly pieces: Buffer[]
}

/**
 * HTTP/2 (RFC 9113) over the connected socket, as much of it as DNS over HTTPS needs. Not by node:http2: in some
 * versions of Node a server that breaks the protocol makes nghttp2 abort the whole process, which nothing can catch.
 */
export class Http2Client implements HttpClient {
  readonly #server: string
  readonly #socket: Socket
  readonly #authority: string
  readonly #hooks: Http2Hooks
  readonly #reader = new FrameReader(http2Framing)
  readonly #hpack = new HpackDecoder()
  readonly #streams = new Map<number, Stream>()
  #capacity = MAX_STREAMS
  #nextStream = 1
  #window = DEFAULT_WINDOW
  #initialWindow = DEFAULT_WINDOW
  #hasSettings = false
  #block: OpenBlock | undefined
  #idleFrames = 0
  #isOver = false

  constructor(server: string, socket: Socket, authority: string, hooks: Http2Hooks) {
    this.#server = server
    this.#socket = socket
    this.#authority = authority
    this.#hooks = hooks
    socket.on('data', (chunk: Buffer) => this.#onData(chunk))
    socket.on('end', () => this.destroy())
    socket.on('close', () => this.destroy())
    socket.write(PREFACE)
  }

  get capacity(): number {
    return this.#capacity
  }

  request({ method, path, headers, body }: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    return new Promise((resolve, reject) => {
      if (this.#isOver) throw lostError(this.#server)
      const id = this.#nextStream
      this.#nextStream += 2
      if (this.#nextStream > LAST_STREAM) this.#hooks.onGoAway()
      const cancel = () => this.#cancel(id, signal.reason)
      signal.addEventListener('abort', cancel)
      const leave = () => signal.removeEventListener('abort', cancel)
      const unsent = body ?? Buffer.alloc(0)
      const stream = { resolve, reject, leave, chunks: [], octets: 0, reply: undefined, unsent }
      this.#streams.set(id, { ...stream, window: this.#initialWindow })
      const pseudo = { ':method': method, ':scheme': 'https', ':authority': this.#authority, ':path': path }
      const fields = Object.entries({ ...pseudo, ...headers }).map(([name, value]) => writeField(name, value))
      const flags = flag.END_HEADERS | (unsent.length === 0 ? flag.END_STREAM : 0)
      // In one piece, where the server's window lets it.
      this.#socket.cork()
      this.#socket.write(writeFrame(frameType.HEADERS, flags, id, Buffer.concat(fields)))
      this.#sendBodies()
      this.#socket.uncork()
    })
  }

  destroy(): void {
    this.#end(lostError(this.#server))
  }

  #end(reason: TransportError): void {
    this.#isOver = true
    for (const id of [...this.#streams.keys()]) this.#settle(id)?.reject(reason)
    this.#socket.destroy()
  }

  /** The stream of this number, no longer open. */
  #settle(id: number): Stream | undefined {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    stream?.leave()
    return stream
  }

  #cancel(id: number, reason: unknown): void {
    const stream = this.#settle(id)
    if (stream === undefined) return
    this.#write(writeFrame(frameType.RST_STREAM, 0, id, uint32(streamError.CANCEL)))
    stream.reject(reason)
  }

  #write(frame: Buffer): void {
    if (!this.#isOver) this.#socket.write(frame)
  }

  /** As much of the bodies as the server's windows let through (section 6.9). */
  #sendBodies(): void {
    for (const [id, stream] of this.#streams) {
      const length = Math.min(stream.unsent.length, stream.window, this.#window)
      if (length <= 0) continue
      const piece = stream.unsent.subarray(0, length)
      stream.unsent = stream.unsent.subarray(length)
      stream.window -= length
      this.#window -= length
      this.#write(writeFrame(frameType.DATA, stream.unsent.length === 0 ? flag.END_STREAM : 0, id, piece))
    }
  }

  #onData(chunk: Buffer): void {
    try {
      this.#reader.push(chunk, (payload, prefix) => {
        this.#onFrame(readFrame(prefix, payload))
        return !this.#isOver
      })
    } catch (error) {
      if (!(error instanceof Http2Breach) && !(error instanceof HpackError)) throw error
      const reason = new TransportError('EHTTP', this.#server, `breaks HTTP/2: ${error.message}`, { cause: error })
      this.#end(reason)
      this.#hooks.onBreach(reason)
    }
  }

  #onFrame(frame: Frame): void {
    if (!this.#hasSettings && frame.type !== frameType.SETTINGS) throw new Http2Breach('no settings to begin with')
    if (this.#block !== undefined && frame.type !== frameType.CONTINUATION) throw new Http2Breach('headers cut short')
    if (++this.#idleFrames > MAX_IDLE_FRAMES) throw new Http2Breach('many frames and no answer')
    switch (frame.type) {
      case frameType.DATA:
        this.#onBody(frame)
        break
      case frameType.HEADERS:
        this.#onHeaders(frame)
        break
      case frameType.CONTINUATION:
        this.#onContinuation(frame)
        break
      case frameType.RST_STREAM:
        this.#onReset(frame)
        break
      case frameType.SETTINGS:
        this.#onSettings(frame)
        break
      case frameType.PUSH_PROMISE:
        throw new Http2Breach('a push, which the client has disabled')
      case frameType.PING:
        this.#onPing(frame)
        break
      case frameType.GOAWAY:
        this.#onGoAway(frame)
        break
      case frameType.WINDOW_UPDATE:
        this.#onWindowUpdate(frame)
        break
      default:
      // PRIORITY, and types that are unknown, mean nothing here (section 5.5).
    }
  }

  /** The open stream of the frame; undefined where it was closed, so that what comes late is passed over. */
  #streamOf({ stream }: Frame): Stream | undefined {
    if (stream % 2 === 0 || stream >= this.#nextStream) throw new Http2Breach('a stream that nobody has opened')
    return this.#streams.get(stream)
  }

  #onBody(frame: Frame): void {
    const stream = this.#streamOf(frame)
    const content = contentOf(frame)
    // Given back at once: no body is longer than a stream's own window.
    if (frame.payload.length > 0) this.#write(writeFrame(frameType.WINDOW_UPDATE, 0, 0, uint32(frame.payload.length)))
    if (stream === undefined) return
    if (stream.reply === undefined) throw new Http2Breach('a body before its headers')
    stream.octets += content.length
    if (stream.octets > MAX_BODY_OCTETS) {
      this.#cancel(frame.stream, tooLong(this.#server))
      return
    }
    // A copy: the frame's bytes are good during the call only.
    stream.chunks.push(Buffer.from(content))
    if ((frame.flags & flag.END_STREAM) !== 0) this.#finish(frame.stream)
  }

  #onHeaders(frame: Frame): void {
    this.#streamOf(frame)
    this.#onBlock({ stream: frame.stream, flags: frame.flags, pieces: [Buffer.from(contentOf(frame))] }, frame.flags)
  }

  #onContinuation({ stream, flags, payload }: Frame): void {
    const block = this.#block
    if (block?.stream !== stream) throw new Http2Breach('headers that continue none')
    block.pieces.push(Buffer.from(payload))
    this.#onBlock(block, flags)
  }

  /** `flags`: of the last frame, which says whether the block is whole. */
  #onBlock(block: OpenBlock, flags: number): void {
    const isWhole = (flags & flag.END_HEADERS) !== 0
    this.#block = isWhole ? undefined : block
    const octets = Buffer.concat(block.pieces)
    if (octets.length > MAX_HEADER_OCTETS) throw new Http2Breach('headers without end')
    if (!isWhole) return
    // Also those of a stream that was closed: later ones build upon them.
    const fields = this.#hpack.read(octets)
    const stream = this.#streams.get(block.stream)
    if (stream === undefined) return
    const isEnd = (block.flags & flag.END_STREAM) !== 0
    if (stream.reply === undefined) this.#begin(block.stream, stream, fields)
    else if (!isEnd) throw new Http2Breach('headers in the middle of a body')
    if (isEnd) this.#finish(block.stream)
  }

  #begin(id: number, stream: Stream, fields: ReadonlyMap<string, string>): void {
    const status = fields.get(':status') ?? ''
    if (!/^[1-9]\d\d$/.test(status)) throw new Http2Breach('no status')
    if (status.startsWith('1')) return
    const reply = { status: Number(status), headers: Object.fromEntries(fields) }
    stream.reply = reply
    if (isMessage(reply.status, reply.headers)) return
    this.#finish(id)
    // Its body is of no use, and may be of any length.
    this.#write(writeFrame(frameType.RST_STREAM, 0, id, uint32(streamError.CANCEL)))
  }

  /** The reply has come to its end. Nothing where it was settled before. */
  #finish(id: number): void {
    const stream = this.#settle(id)
    if (stream === undefined) return
    this.#idleFrames = 0
    const { reply, chunks, octets } = stream
    const length = reply?.headers['content-length']
    const isCut = length !== undefined && octets > 0 && Number(length) !== octets
    if (reply === undefined || isCut) stream.reject(lostError(this.#server))
    else stream.resolve({ ...reply, body: Buffer.concat(chunks) })
  }

  #onReset(frame: Frame): void {
    if (frame.payload.length !== 4) throw new Http2Breach('a frame of a wrong length')
    this.#streamOf(frame)
    this.#settle(frame.stream)?.reject(
      new TransportError('ECONNRESET', this.#server, 'the server ended the request before the answer'),
    )
  }

  #onSettings({ stream, flags, payload }: Frame): void {
    if (stream !== 0 || payload.length % 6 !== 0) throw new Http2Breach('settings that can not be read')
    if ((flags & flag.ACK) !== 0) return
    this.#hasSettings = true
    for (let at = 0; at < payload.length; at += 6) {
      this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2))
    }
    this.#write(writeFrame(frameType.SETTINGS, flag.ACK, 0))
    this.#sendBodies()
  }

  #set(id: number, value: number): void {
    if (id === setting.MAX_CONCURRENT_STREAMS) {
      this.#capacity = Math.max(1, Math.min(value, MAX_STREAMS))
      this.#hooks.onCapacity(this.#capacity)
    }
    if (id !== setting.INITIAL_WINDOW_SIZE) return
    if (value > MAX_WINDOW) throw new Http2Breach('a window that is too large')
    for (const stream of this.#streams.values()) stream.window += value - this.#initialWindow
    this.#initialWindow = value
  }

  #onPing({ stream, flags, payload }: Frame): void {
    if (stream !== 0 || payload.length !== 8) throw new Http2Breach('a ping that can not be read')
    if ((flags & flag.ACK) === 0) this.#write(writeFrame(frameType.PING, flag.ACK, 0, Buffer.from(payload)))
  }

  /** Requests up to the number in it are still answered; those after it were not seen (section 6.8). */
  #onGoAway({ stream, payload }: Frame): void {
    if (stream !== 0 || payload.length < 8) throw new Http2Breach('a goodbye that can not be read')
    this.#hooks.onGoAway()
    const last = payload.readUInt32BE(0) & MAX_WINDOW
    const reason = new TransportError('ECONNRESET', this.#server, 'the server ended the connection before the answer')
    for (const id of [...this.#streams.keys()]) if (id > last) this.#settle(id)?.reject(reason)
  }

  #onWindowUpdate(frame: Frame): void {
    const increment = frame.payload.length === 4 ? frame.payload.readUInt32BE(0) & MAX_WINDOW : 0
    if (increment === 0) throw new Http2Breach('a window that does not grow')
    if (frame.stream === 0) {
      this.#window += increment
    } else {
      const stream = this.#streamOf(frame)
      if (stream !== undefined) stream.window += increment
      if (stream !== undefined && stream.window > MAX_WINDOW) throw new Http2Breach('a window that is too large')
    }
    if (this.#window > MAX_WINDOW) throw new Http2Breach('a window that is too large')
    this.#sendBodies()
  }
}
