import type { CancelSignal } from '../../../lib/cancel.js'
import { codeOf, isError } from '../../../lib/thrown.js'
import type { Milliseconds } from '../../../lib/units.js'
import { ConfigError } from '../../errors.js'
import { decodeMapText, sourceError } from '../map-source.js'
import { pause, type Later } from '../timers.js'
import type { HttpAnswer, HttpTimeouts, TlsTrust } from './http-get.js'
import { pollDelayMs, retryAfterMs } from './poll-delay.js'

export interface UrlSourceOptions {
  readonly pollMs: Milliseconds
  readonly later: Later
  /** The wall clock, in ms since the epoch, for the date of a `Retry-After`. */
  readonly nowEpochMs: () => number
  readonly random: () => number
  /** The text of it that is in force. */
  readonly inForce: () => string | undefined
  /** Aborts when the map's keeper is closed: every wait and request is then over. */
  readonly closing: CancelSignal
  readonly timeouts?: HttpTimeouts
  readonly trust?: TlsTrust
}

/** A map at a URL is small, and a server that sends without end must not fill the memory. */
const maxUrlBytes = 1024 * 1024

const httpTimeouts: HttpTimeouts = { connectMs: 3_000, headersMs: 5_000, bodyMs: 5_000, totalMs: 15_000 }

const maxRedirects = 3
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308]

interface Copy {
  readonly text: string
  readonly tag: string | undefined
}

/**
 * A map's URL, polled with the entity tag of the copy in force. Its credentials go out as Basic authentication, to its own
 * origin only, and are shown nowhere. Timers and sockets don't hold the event
 * loop open, but a name look-up or connection in the making does, for the time that it may take.
 */
export class UrlSource {
  readonly origin: string
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #options: UrlSourceOptions
  /** What was read last. */
  #copy: Copy | undefined
  /** The copy in force. Only its tag is sent: a broken copy would otherwise stay for as long as its tag does. */
  #accepted: Copy | undefined
  #failures = 0
  #retryAfterMs: Milliseconds | undefined

  constructor(url: URL, options: UrlSourceOptions) {
    this.origin = shownUrl(url)
    this.#headers = {
      accept: 'application/yaml, application/json;q=0.9, text/*;q=0.8, */*;q=0.5',
      ...basicAuthorization(url),
    }
    this.#url = new URL(url)
    this.#url.username = this.#url.password = this.#url.hash = ''
    this.#options = options
  }

  /** Only its answer says. */
  mayHaveChanged(): boolean {
    return true
  }

  /** The wait between two polls. */
  pause(): Promise<void> {
    const { pollMs, inForce, random, later, closing } = this.#options
    // A copy that can't be used is a failure, too.
    if (this.#failures === 0 && this.#copy?.text !== inForce()) this.#failures = 1
    const state = { pollMs, failures: this.#failures, hasCopy: inForce() !== undefined, random: random() }
    return pause(pollDelayMs({ ...state, retryAfterMs: this.#retryAfterMs }), later, closing)
  }

  /** The text that the URL answers with now. Rejects with `ConfigError`, or `ERR_SPLIT_DNS_CLOSED`. */
  async read(): Promise<string> {
    const { inForce, closing } = this.#options
    closing.throwIfAborted()
    if (this.#copy?.text === inForce()) this.#accepted = this.#copy
    try {
      const text = await this.#get(this.#url, 0)
      this.#failures = 0
      this.#retryAfterMs = undefined
      return text
    } catch (error) {
      this.#failures += 1
      closing.throwIfAborted()
      throw error instanceof ConfigError ? error : this.#fault(describeFailure(error))
    }
  }

  async #get(url: URL, redirects: number): Promise<string> {
    const answer = await this.#request(url)
    this.#retryAfterMs = retryAfterMs(
      one(answer.headers['retry-after']),
      one(answer.headers.date),
      this.#options.nowEpochMs(),
    )
    if (answer.status === 304 && this.#accepted?.tag !== undefined) return this.#keep(this.#accepted)
    if (redirectStatuses.includes(answer.status)) {
      if (redirects === maxRedirects) throw this.#fault(`redirects more than ${maxRedirects} times`)
      return this.#get(redirectTarget(answer, url, this.origin), redirects + 1)
    }
    return this.#keep({ text: checkCopy(answer, this.origin), tag: entityTag(answer) })
  }

  #keep(copy: Copy): string {
    this.#copy = copy
    return copy.text
  }

  async #request(url: URL): Promise<HttpAnswer> {
    const { later, closing, timeouts = httpTimeouts, trust = {} } = this.#options
    closing.throwIfAborted()
    const controller = new AbortController()
    const { totalMs } = timeouts
    const stop = later(totalMs, () => controller.abort(new Error(`not done after ${totalMs} ms`)))
    const onClose = () => controller.abort(closing.reason)
    closing.addEventListener('abort', onClose)
    const tag = this.#accepted?.tag
    const headers = tag === undefined ? this.#headers : { ...this.#headers, 'if-none-match': tag }
    try {
      const { httpGet } = await import('./http-get.js')
      return await httpGet(url, { headers, timeouts, trust, maxBytes: maxUrlBytes, signal: controller.signal })
    } finally {
      stop()
      closing.removeEventListener('abort', onClose)
    }
  }

  #fault(message: string): ConfigError {
    return sourceError(this.origin, message)
  }
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)

/** The copy's text. Throws `ConfigError` where the answer is no map: another status, HTML, binary, nothing. */
function checkCopy({ status, headers, body }: HttpAnswer, origin: string): string {
  if (status !== 200) throw sourceError(origin, `answered with status ${status}, expected 200`)
  if (/^\s*(text\/html|application\/xhtml)/i.test(headers['content-type'] ?? '')) throw html(origin)
  const text = decodeMapText(body, origin)
  if (text.trimStart().startsWith('<')) throw html(origin)
  return text
}

/** The answer's strong or weak entity tag (RFC 9110 section 8.8.3); undefined where there is none that may be sent back. */
function entityTag({ headers }: HttpAnswer): string | undefined {
  const { etag } = headers
  return typeof etag === 'string' && /^(W\/)?"[\x21\x23-\x7e]{0,1000}"$/.test(etag) ? etag : undefined
}

/**
 * Where a redirect leads. Throws `ConfigError` unless that is the same origin: whoever may publish the map at one
 * origin has no right to move it to another, and the credentials are for this origin only.
 */
function redirectTarget({ status, headers }: HttpAnswer, from: URL, origin: string): URL {
  const { location } = headers
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) {
    throw sourceError(origin, `answered with status ${status} without a place to go to`)
  }
  const target = new URL(location, from)
  if (target.origin !== from.origin) {
    throw sourceError(origin, `redirects to another origin, ${target.origin}, which is not followed`)
  }
  target.username = target.password = target.hash = ''
  return target
}

const html = (origin: string) => sourceError(origin, 'answered with a web page, expected a map (is it a log-in page?)')

/** The URL as errors and logs show it: without credentials, and without the query, which often is one. */
function shownUrl({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search === '' ? '' : '?...'}`
}

/** The header for the URL's credentials (RFC 7617, as UTF-8); empty if it has none. */
function basicAuthorization({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const credentials = `${decodePart(username)}:${decodePart(password)}`
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
}

/** The reason, never empty: an AggregateError of many addresses has no message of its own. */
function describeFailure(error: unknown): string {
  return `can't be fetched: ${messageOf(error)}`
}

function messageOf(error: unknown): string {
  if (!isError(error)) return String(error)
  if (error.message !== '') return error.message
  const parts: unknown = 'errors' in error ? error.errors : undefined
  if (Array.isArray(parts) && parts.length > 0) return parts.map(messageOf).join('; ')
  return codeOf(error) ?? error.name
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a stray per cent sign
  }
}
