import type { IncomingHttpHeaders } from 'node:http'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { Client } from 'undici'
import { addressVersion } from '../../../lib/address/address.js'
import { onNextTick } from '../../../lib/timers.js'
import { codeOf } from '../../../lib/thrown.js'
import { detached } from '../../../lib/transport/connect.js'
import { ownSocket } from '../../../lib/transport/own-socket.js'
import type { Milliseconds } from '../../../lib/units.js'

/** How long one request may take, in its phases and as a whole. */
export interface HttpTimeouts {
  /** Name look-up, TCP and TLS. A connection that is being made is all that can hold the event loop open: keep it short. */
  readonly connectMs: Milliseconds
  readonly headersMs: Milliseconds
  /** Between two pieces of the body. */
  readonly bodyMs: Milliseconds
  readonly totalMs: Milliseconds
}

/** Trust for `https://` beside Node's own (NODE_EXTRA_CA_CERTS adds to that). */
export interface TlsTrust {
  readonly ca?: string | Buffer | readonly (string | Buffer)[]
}

export interface HttpGetOptions {
  readonly headers: Readonly<Record<string, string>>
  readonly timeouts: HttpTimeouts
  readonly trust: TlsTrust
  /** Of the body, as it is sent and after gunzip. */
  readonly maxBytes: number
  /** Its abort ends the request at once, which then rejects with the reason. */
  readonly signal: AbortSignal
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
  const { headers, timeouts, maxBytes, signal } = options
  signal.throwIfAborted()
  const socket = open(url, options)
  const client = new Client(url.origin, {
    connect: (_options, done) => {
      socket.once('error', error => onNextTick(done, error, null))
      socket.once('close', () => onNextTick(done, new Error('closed while connecting'), null))
      socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => done(null, socket))
    },
    headersTimeout: timeouts.headersMs,
    bodyTimeout: timeouts.bodyMs,
    maxResponseSize: maxBytes,
  })
  try {
    const path = url.pathname + url.search
    const request = { method: 'GET', path, headers: { 'accept-encoding': 'gzip', ...headers }, signal } as const
    const { statusCode: status, headers: replied, body } = await client.request(request)
    body.on('error', () => undefined) // also after we have turned away from it
    return {
      status,
      headers: replied,
      body: status === 200 ? await readBody(body, replied, maxBytes) : Buffer.alloc(0),
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : inWords(error, options)
  } finally {
    socket.destroy()
    client.destroy().catch(() => undefined)
  }
}

/** The name is resolved by the system, whatever the map says. */
function open({ protocol, hostname, port }: URL, { trust, timeouts, signal }: HttpGetOptions): Socket {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const { ca } = trust
  const socket = detached(
    protocol === 'https:'
      ? connectTls({
          ...ownSocket,
          host,
          port: Number(port === '' ? 443 : port),
          ALPNProtocols: ['http/1.1'],
          ...(addressVersion(host) === 0 ? { servername: host.replace(/\.$/, '') } : {}),
          ...(ca === undefined ? {} : { ca: typeof ca === 'string' || Buffer.isBuffer(ca) ? ca : [...ca] }),
        })
      : connectTcp({ ...ownSocket, host, port: Number(port === '' ? 80 : port) }),
  )
  socket.setTimeout(timeouts.connectMs)
  socket.once('timeout', () => socket.destroy(new Error(`no connection after ${timeouts.connectMs} ms`)))
  socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => socket.setTimeout(0))
  const end = () => socket.destroy()
  signal.addEventListener('abort', end)
  socket.once('close', () => signal.removeEventListener('abort', end))
  return socket
}

async function readBody(body: AsyncIterable<Buffer>, headers: IncomingHttpHeaders, maxBytes: number): Promise<Buffer> {
  // A list where the header came twice, against undici's types.
  const encoding = [headers['content-encoding'] ?? 'identity'].flat().join().trim().toLowerCase()
  const isGzip = encoding === 'gzip' || encoding === 'x-gzip'
  if (!isGzip && encoding !== 'identity') throw new Error('answered in an encoding that was not asked for')
  // Such a body ends with its connection: nothing shows whether it is whole or was cut.
  const hasEnd = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
  if (!hasEnd && !isGzip) throw new Error('answered without a length, so that a cut copy could pass for a whole one')
  const pieces: Buffer[] = []
  for await (const piece of body) pieces.push(piece)
  const sent = Buffer.concat(pieces)
  return isGzip ? promisify(gunzip)(sent, { maxOutputLength: maxBytes }) : sent
}

/** undici's and zlib's limits in words of ours; any other error as it is. */
function inWords(error: unknown, { timeouts, maxBytes }: HttpGetOptions): unknown {
  switch (codeOf(error)) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return new Error(`no answer after ${timeouts.headersMs} ms`)
    case 'UND_ERR_BODY_TIMEOUT':
      return new Error(`no further data after ${timeouts.bodyMs} ms`)
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
    case 'ERR_BUFFER_TOO_LARGE':
      return new Error(`answered with more than ${maxBytes} bytes`)
    default:
      return error
  }
}
