import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { CancelSignal } from '../cancel.js'
import { lostError } from './exchange-error.js'
import { isMessage, MAX_BODY_OCTETS, tooLong, type HttpClient, type HttpReply, type HttpRequest } from './http.js'

/** How many queries go over one connection at a time, as over UDP. */
const MAX_STREAMS = 100

/** HTTP/2 over the connected socket. `onGoAway`: the server takes no further requests over it. */
export function openHttp2(server: string, socket: Socket, origin: string, onGoAway: () => void): HttpClient {
  const session = connect(origin, { createConnection: () => socket, settings: { enablePush: false } })
  // Each stream reports it as well, and so does the socket; without a listener it would be thrown.
  session.on('error', () => undefined)
  session.on('goaway', onGoAway)
  return {
    capacity: MAX_STREAMS,
    request: (request, signal) => requestOver(server, session, request, signal),
    destroy: () => session.destroy(),
  }
}

function requestOver(
  server: string,
  session: ClientHttp2Session,
  { method, path, headers, body }: HttpRequest,
  signal: CancelSignal,
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    // Throws where the session has ended.
    const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: body === undefined })
    const cancel = () => stream.close(constants.NGHTTP2_CANCEL)
    signal.addEventListener('abort', cancel)
    stream.on('close', () => signal.removeEventListener('abort', cancel))
    readReply(server, stream, resolve, reason => {
      reject(reason)
      cancel()
    })
    if (body !== undefined) stream.end(body)
  })
}

/** Settles once, whatever the stream does then. */
function readReply(
  server: string,
  stream: ClientHttp2Stream,
  resolve: (reply: HttpReply) => void,
  reject: (reason: Error) => void,
): void {
  const chunks: Buffer[] = []
  let octets = 0
  let headers: (IncomingHttpHeaders & IncomingHttpStatusHeader) | undefined
  const succeed = (status: number, ofReply: IncomingHttpHeaders) =>
    resolve({ status, headers: ofReply, body: Buffer.concat(chunks) })
  stream.on('error', reject)
  stream.on('response', received => {
    headers = received
    const status = received[':status'] ?? 0
    if (isMessage(status, received)) return
    succeed(status, received)
    // Its body is of no use, and may be of any length.
    stream.close(constants.NGHTTP2_CANCEL)
  })
  stream.on('data', (chunk: Buffer) => {
    octets += chunk.length
    if (octets > MAX_BODY_OCTETS) reject(tooLong(server))
    else chunks.push(chunk)
  })
  // Also where the server ended the stream before its time; then with a code.
  stream.on('end', () => {
    if (headers !== undefined && stream.rstCode === constants.NGHTTP2_NO_ERROR)
      succeed(headers[':status'] ?? 0, headers)
  })
  stream.on('close', () => reject(lostError(server)))
}
