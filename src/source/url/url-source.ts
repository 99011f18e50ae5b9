import { toError } from '../../../lib/thrown.js'
import type { Milliseconds } from '../../../lib/units.js'
import { ConfigError } from '../../errors.js'
import { checkCopy, entityTag, redirectTarget } from './http-answer.js'
import { httpGet, httpTimeouts, type HttpAnswer, type HttpTimeouts, type TlsTrust } from './http-get.js'
import { sourceError } from '../map-source.js'
import { pollDelayMs, retryAfterMs } from './poll-delay.js'
import { closedError, SerialQueue, Timers, type Later } from '../timers.js'
import { basicAuthorization, describeFailure, shownUrl } from './url-text.js'

export interface UrlSourceOptions {
  readonly pollMs: Milliseconds
  readonly later: Later
  /** The wall clock, in ms since the epoch, for the date of a `Retry-After`. */
  readonly nowEpochMs: () => number
  readonly random: () => number
  /** The URL answered; the text may be the same as before. False: the text could not be used. Never rejects. */
  readonly onText: (text: string) => Promise<boolean>
  /** An attempt failed; reported for each. */
  readonly onFailure: (error: Error) => void
  readonly timeouts?: HttpTimeouts
  readonly trust?: TlsTrust
}

/** A map at a URL is small, and a server that sends without end must not fill the memory. */
const maxUrlBytes = 1024 * 1024

const maxRedirects = 3
const redirectStatuses: readonly number[] = [301, 302, 303, 307, 308]

interface Copy {
  readonly text: string
  readonly tag: string | undefined
}

/**
 * A map's URL: asked at the start and then again and again, with the entity tag of the copy in force. Its credentials
 * go out as Basic authentication, to its own origin only, and are shown nowhere. Timers and sockets don't hold the event
 * loop open, but a name look-up or connection in the making does, for the time that it may take.
 */
export class UrlSource {
  readonly origin: string
  readonly #url: URL
  readonly #headers: Readonly<Record<string, string>>
  readonly #options: UrlSourceOptions
  readonly #timers: Timers
  readonly #queue = new SerialQueue()
  /** What was read last. */
  #copy: Copy | undefined
  /** What is in force: only its tag may spare us a copy, or a broken one would stay for as long as its tag does. */
  #accepted: Copy | undefined
  #failures = 0
  #retryAfterMs: Milliseconds | undefined
  #running: AbortController | undefined

  constructor(url: URL, options: UrlSourceOptions) {
    this.origin = shownUrl(url)
    this.#headers = {
      accept: 'application/yaml, application/json;q=0.9, text/*;q=0.8, */*;q=0.5',
      ...basicAuthorization(url),
    }
    this.#url = new URL(url)
    this.#url.username = this.#url.password = this.#url.hash = ''
    this.#options = options
    this.#timers = new Timers(options.later)
  }

  /** Asks for the first copy, and polls from then on. */
  start(): void {
    void this.#poll()
  }

  /** The text that the URL answers with now. Rejects with `ConfigError`, or `ERR_SPLIT_DNS_CLOSED`. */
  read(): Promise<string> {
    return this.#queue.run(() => this.#ask())
  }

  /** The text is in force. If it is the one that was read last, its entity tag is sent from now on. */
  accept(text: string | undefined): void {
    if (this.#copy?.text === text) this.#accepted = this.#copy
  }

  /** Afterwards no timer, request or socket is left and nothing calls back. Idempotent. */
  close(): void {
    this.#timers.close()
    this.#running?.abort(closedError())
  }

  // Never rejects: every outcome goes to the callbacks.
  async #poll(): Promise<void> {
    const { pollMs, random } = this.#options
    while (!this.#timers.isClosed()) {
      await this.#readAgain()
      const state = { pollMs, failures: this.#failures, hasCopy: this.#accepted !== undefined, random: random() }
      const delayMs = pollDelayMs({ ...state, retryAfterMs: this.#retryAfterMs })
      await this.#timers.pause(delayMs).catch(() => undefined)
    }
  }

  async #readAgain(): Promise<void> {
    let text: string
    try {
      text = await this.read()
    } catch (error) {
      if (!this.#timers.isClosed()) this.#options.onFailure(toError(error))
      return
    }
    if (!this.#timers.isClosed() && !(await this.#options.onText(text))) this.#failures += 1
  }

  async #ask(): Promise<string> {
    if (this.#timers.isClosed()) throw closedError()
    try {
      const text = await this.#get(this.#url, 0)
      this.#failures = 0
      this.#retryAfterMs = undefined
      return text
    } catch (error) {
      this.#failures += 1
      if (this.#timers.isClosed()) throw closedError()
      throw error instanceof ConfigError ? error : this.#fault(describeFailure(error))
    } finally {
      this.#running = undefined
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
    const { timeouts = httpTimeouts, trust = {} } = this.#options
    if (this.#timers.isClosed()) throw closedError()
    const controller = new AbortController()
    this.#running = controller
    const { totalMs } = timeouts
    const stop = this.#options.later(totalMs, () => controller.abort(new Error(`not done after ${totalMs} ms`)))
    const tag = this.#accepted?.tag
    const headers = tag === undefined ? this.#headers : { ...this.#headers, 'if-none-match': tag }
    try {
      return await httpGet(url, { headers, timeouts, trust, maxBytes: maxUrlBytes, signal: controller.signal })
    } finally {
      stop()
    }
  }

  #fault(message: string): ConfigError {
    return sourceError(this.origin, message)
  }
}

const one = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)
