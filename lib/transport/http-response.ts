import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Response } from '../wire/response.js'
import { exchangeError } from './exchange-error.js'
import { TransportError } from './transport.js'

export const MEDIA_TYPE = 'application/dns-message'
/** The longest DNS message. */
const MAX_BODY_OCTETS = 65_535

/** The DNS message that a DoH server sent. Throws TransportError: `EHTTP` where its status or type is another. */
export async function readMessage(server: string, data: Dispatcher.ResponseData): Promise<Buffer> {
  const { statusCode, headers, body } = data
  // Destroyed, aborted or cut off: whoever awaits it learns that; an 'error' event without a listener would be thrown.
  body.on('error', () => undefined)
  const type = headers['content-type']
  if (statusCode < 200 || statusCode > 299 || mediaType(type) !== MEDIA_TYPE) {
    body.destroy()
    throw new TransportError('EHTTP', `${server}: HTTP status ${statusCode}, content type ${String(type)}`)
  }
  const chunks: Uint8Array[] = []
  let octets = 0
  // Leaving the loop early destroys the body.
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) continue
    octets += chunk.length
    if (octets > MAX_BODY_OCTETS) throw new TransportError('EHTTP', `${server}: a body longer than a DNS message`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const mediaType = (header: IncomingHttpHeaders[string]) => String(header).split(';', 1)[0]?.trim().toLowerCase()

/** The response with TTLs less the seconds that it lay in an HTTP cache (RFC 8484 section 5.1). */
export function aged(response: Response, ageHeader: IncomingHttpHeaders[string]): Response {
  const age = /^\d{1,10}$/.test(String(ageHeader)) ? Number(ageHeader) : 0
  if (age === 0) return response
  const left = (ttl: number) => Math.max(0, ttl - age)
  return {
    ...response,
    answers: response.answers.map(record => ({ ...record, ttl: left(record.ttl) })),
    negativeTtl: response.negativeTtl === undefined ? undefined : left(response.negativeTtl),
  }
}

/** The TransportError for what stopped a DoH exchange; undici's codes become the system's, a broken HTTP is `EHTTP`. */
export function httpError(server: string, error: unknown): TransportError {
  const plain = exchangeError(server, error)
  const code = systemCode(plain.code)
  return code === plain.code ? plain : new TransportError(code, plain.message, { cause: error })
}

function systemCode(code: string): string {
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'ETIMEDOUT'
  if (code === 'UND_ERR_SOCKET' || code.startsWith('ERR_HTTP2_')) return 'ECONNRESET'
  return code.startsWith('UND_ERR_') || code.startsWith('HPE_') ? 'EHTTP' : code
}
