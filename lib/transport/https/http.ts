import type { IncomingHttpHeaders } from 'node:http'
import type { CancelSignal } from '../../cancel.js'
import { encodeQuery } from '../../wire/query.js'
import { parseUntruncated, type Response } from '../../wire/response.js'
import { printable } from '../exchange-error.js'
import { TransportError, type ExchangeOptions, type Question } from '../transport.js'

const MEDIA_TYPE = 'application/dns-message'
/** The longest DNS message. */
export const MAX_BODY_OCTETS = 65_535
/** RFC 8484 section 4.1: the same id always, so that HTTP caches know equal queries. */
const ID = 0

export type Method = 'POST' | 'GET'

export interface HttpRequest {
  readonly method: Method
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
}

export interface HttpReply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Empty where the reply is no DNS message. */
  readonly body: Buffer
}

/** Carries requests over the one connection that it was made for. Never throws in place of rejecting. */
export interface HttpClient {
  /** How many requests it carries at a time. */
  readonly capacity: number
  request(request: HttpRequest, signal: CancelSignal & AbortSignal): Promise<HttpReply>
  /** Ends at once, with all requests. */
  destroy(): void
}

/** The question as a request (RFC 8484 section 4.1). Throws WireError if the name can't go on the wire. */
export function toRequest(url: string, method: Method, question: Question, options: ExchangeOptions): HttpRequest {
  const { pathname, search } = new URL(url)
  const query = encodeQuery(question, { id: ID, edns: options.edns })
  if (method === 'POST') {
    const headers = { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, 'content-length': String(query.length) }
    return { method, path: pathname + search, headers, body: query }
  }
  const path = `${pathname}${search}${search === '' ? '?' : '&'}dns=${query.toString('base64url')}`
  return { method, path, headers: { accept: MEDIA_TYPE } }
}

/** True if the reply's body is a DNS message. */
export function isMessage(status: number, headers: IncomingHttpHeaders): boolean {
  return status >= 200 && status <= 299 && mediaType(headers) === MEDIA_TYPE
}

/** The response that the reply carries. Throws `EHTTP` where it is none, and WireError where that can't be read. */
export function toResponse(server: string, { status, headers, body }: HttpReply, question: Question): Response {
  if (!isMessage(status, headers)) {
    const type = headers['content-type']
    const shown = type === undefined ? 'no content type' : `content type ${printable(type, 100)}`
    throw new TransportError('EHTTP', server, `HTTP status ${status}, ${shown}`)
  }
  return aged(parseUntruncated(body, { id: ID, question }), headers.age)
}

export const tooLong = (server: string) => new TransportError('EHTTP', server, 'a body longer than a DNS message')

const mediaType = (headers: IncomingHttpHeaders) => headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()

/** The response with TTLs less the seconds that it lay in an HTTP cache (RFC 8484 section 5.1). */
function aged(response: Response, ageHeader: string | undefined): Response {
  const age = ageHeader !== undefined && /^\d{1,10}$/.test(ageHeader) ? Number(ageHeader) : 0
  if (age === 0) return response
  const left = (ttl: number) => Math.max(0, ttl - age)
  return {
    ...response,
    answers: response.answers.map(record => ({ ...record, ttl: left(record.ttl) })),
    negativeTtl: response.negativeTtl === undefined ? undefined : left(response.negativeTtl),
  }
}
