import type { IncomingHttpHeaders } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Milliseconds } from '../../../lib/units.js'
import { Connector, type TlsTrust } from './http-connect.js'
import type { Later } from '../timers.js'
import { Watchdog } from './watchdog.js'

/** How long one request may take, in its phases and as a whole. */
export interface HttpTimeouts {
  /** Name look-up, TCP and TLS. A connection that is being made is all that can hold the event loop open: keep it short. */
  readonly connectMs: Milliseconds
  readonly headersMs: Milliseconds
  /** Between two pieces of the body. */
  readonly bodyMs: Milliseconds
  readonly totalMs: Milliseconds
}

export const httpTimeouts: HttpTimeouts = { connectMs: 3_000, headersMs: 5_000, bodyMs: 5_000, totalMs: 15_000 }

export interface HttpGetOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly later: Later
  readonly timeouts: HttpTimeouts
  readonly trust: TlsTrust
  /** Of the body, as it is sent and after gunzip. */
  readonly maxBytes: number
  /** Called at once with what ends the request; it then rejects with the reason. */
  readonly onStart: (abort: (reason: Error) => void) => void
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Decoded; empty unless the status is 200. */
  readonly body: Buffer
}

/**
 * One GET over a connection of its own, which is gone afterwards, however it ended. Redirects are answers like others.
 * Rejects when a time runs out, and with any error of connection or protocol; the message is never empty. A body that was
 * cut short is an error, never a shorter body.
 */
export async function httpGet(url: URL, options: HttpGetOptions): Promise<HttpAnswer> {
  const { timeouts } = options
  const watchdog = new Watchdog(options.later, timeouts.totalMs)
  const connector = new Connector(options.trust, () => watchdog.phase('no answer', timeouts.headersMs))
  options.onStart(reason => watchdog.abort(reason))
  let end: () => void = () => undefined
  try {
    const { Client } = await watchdog.guard(import('undici'))
    // Our watchdog is the only clock: undici's is coarse.
    const client = new Client(url.origin, { connect: connector.connect, headersTimeout: 0, bodyTimeout: 0 })
    end = () => void client.destroy().catch(() => undefined)
    watchdog.phase('no connection', timeouts.connectMs)
    const request = client.request({
      method: 'GET',
      path: url.pathname + url.search,
      headers: { 'accept-encoding': 'gzip', ...options.headers },
    })
    const { statusCode: status, headers, body } = await watchdog.guard(request)
    body.on('error', () => undefined) // also after we have turned away from it
    const onPiece = () => watchdog.phase('no further data', timeouts.bodyMs)
    const read = async () => (status === 200 ? readBody(body, headers, options.maxBytes, onPiece) : Buffer.alloc(0))
    return { status, headers, body: await watchdog.guard(read()) }
  } finally {
    watchdog.stop()
    end()
    connector.close()
  }
}

async function readBody(
  body: Readable,
  headers: IncomingHttpHeaders,
  maxBytes: number,
  onPiece: () => void,
): Promise<Buffer> {
  onPiece()
  const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const isGzip = encoding === 'gzip' || encoding === 'x-gzip'
  if (!isGzip && encoding !== 'identity') throw new Error('answered in an encoding that was not asked for')
  // Such a body ends with its connection: nothing tells a whole one from one that was cut.
  const hasEnd = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  if (!hasEnd && !isGzip) throw new Error('answered without a length, so that a cut copy could pass for a whole one')
  const pieces: Buffer[] = []
  let sizes = { sent: 0, decoded: 0 }
  const count = (added: Partial<typeof sizes>) => {
    onPiece()
    sizes = { sent: sizes.sent + (added.sent ?? 0), decoded: sizes.decoded + (added.decoded ?? 0) }
    if (Math.max(sizes.sent, sizes.decoded) > maxBytes) throw new Error(`answered with more than ${maxBytes} bytes`)
  }
  const sent = counted(body, piece => count({ sent: piece.length }))
  const decoded = isGzip ? pipeline(sent, createGunzip(), () => undefined) : sent
  for await (const piece of decoded as AsyncIterable<Buffer>) {
    if (isGzip) count({ decoded: piece.length })
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

async function* counted(body: Readable, onPiece: (piece: Buffer) => void): AsyncGenerator<Buffer> {
  for await (const piece of body as AsyncIterable<Buffer>) {
    onPiece(piece)
    yield piece
  }
}
