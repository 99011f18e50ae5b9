import type { Socket } from 'node:net'
import { codeOf } from '../../../lib/thrown.js'
import type { Milliseconds } from '../../../lib/units.js'
import { hostPort } from '../../../lib/address/host-port.js'
import type { Tried } from '../report/events.js'
import type { ConnectContext } from '../context.js'

const givenUp = 'given up'
const givenUpSoon = 'given up soon'

// These say that this process or machine is out of something, or the client was quick: nothing about the endpoint.
const ownFaults = new Set([
  givenUpSoon,
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'ECANCELED',
])

// A connection that broke before TLS was up. All else (a certificate, an alert) is an answer, from the place that was meant.
const brokenCodes = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'])

/** The addresses that one socket tries, as Node's events report, and what that says of each to `health`. */
export class Attempts {
  readonly #context: ConnectContext
  readonly #isTls: boolean
  /** In the order of trying. */
  readonly tried: Tried[] = []
  /** When the last one began. */
  #startedAtMs: Milliseconds = 0
  #isOver = false
  #isConnected = false

  constructor(context: ConnectContext, isTls: boolean) {
    this.#context = context
    this.#isTls = isTls
  }

  /** Follows the socket until it is connected or `end` is called; then no listener is left on it. */
  follow(socket: Socket): void {
    socket.on('connectionAttempt', this.#onAttempt)
    socket.on('connectionAttemptFailed', this.#onFailed)
    socket.on('connectionAttemptTimeout', this.#onTimeout)
    // Before the client's own listener: its onConnect may look at what is known, or throw.
    socket.prependOnceListener('connect', this.#onConnect)
  }

  /** The client may use it: with TLS, the handshake is done. The place is a good one. */
  succeed(): void {
    const current = this.tried.at(-1)
    if (!this.#isConnected || current === undefined) return
    this.#isConnected = false
    this.#context.health.succeeded(current.address, current.port)
  }

  /**
   * Nothing more is tried. What is still being tried has failed: by the code given, or because the client gave up on
   * it; so has an address that took the connection and then never came to TLS. Idempotent.
   */
  end(socket: Socket, code = givenUp): void {
    const current = this.tried.at(-1)
    // Shorter than an attempt may take: that says nothing of the address.
    const isSoon = code === givenUp && this.#context.now() - this.#startedAtMs < this.#context.settings.connectAttemptMs
    const ended = isSoon ? givenUpSoon : code
    if (current !== undefined && !this.#isOver && current.outcome === 'connecting') {
      this.#fail(current.address, current.port, ended)
    }
    if (current !== undefined && this.#isConnected && this.#isTls && (code === givenUp || brokenCodes.has(code))) {
      this.#fail(current.address, current.port, isSoon ? givenUpSoon : `${code} before TLS was up`)
    }
    this.#isConnected = false
    this.#isOver = true
    socket.off('connectionAttempt', this.#onAttempt)
    socket.off('connectionAttemptFailed', this.#onFailed)
    socket.off('connectionAttemptTimeout', this.#onTimeout)
    socket.off('connect', this.#onConnect)
  }

  /** `tried 192.0.2.1:9092 (ECONNREFUSED), 192.0.2.2:9092 (no answer in 150 ms)`; undefined where nothing was. */
  describe(): string | undefined {
    if (this.tried.length === 0) return undefined
    const texts = this.tried.map(({ address, port, outcome }) => {
      const text = outcome === 'timeout' ? `no answer in ${this.#context.settings.connectAttemptMs} ms` : outcome
      return `${hostPort(address, port)} (${text})`
    })
    return `tried ${texts.join(', ')}`
  }

  readonly #onAttempt = (address: string, port: number) => {
    this.#startedAtMs = this.#context.now()
    this.tried.push({ address, port, outcome: 'connecting' })
  }

  readonly #onFailed = (address: string, port: number, _family: number, error: Error) => {
    this.#fail(address, port, codeOf(error) ?? error.message)
  }

  // Its time ran out, which says nothing yet: every address of a slow network would look dead.
  readonly #onTimeout = (address: string, port: number) => {
    this.#set(address, port, 'timeout')
  }

  readonly #onConnect = () => {
    this.#isOver = true
    const current = this.tried.at(-1)
    if (current === undefined) return
    this.#isConnected = true
    this.#set(current.address, current.port, 'connected')
    if (!this.#isTls) this.succeed()
    // A later address connected sooner than these.
    for (const { address, port, outcome } of this.tried)
      if (outcome === 'timeout') this.#context.health.failed(address, port)
  }

  #fail(address: string, port: number, code: string): void {
    this.#set(address, port, code)
    if (!ownFaults.has(code)) this.#context.health.failed(address, port)
  }

  #set(address: string, port: number, outcome: string): void {
    const at = this.tried.findLastIndex(tried => tried.address === address && tried.port === port)
    if (at !== -1) this.tried[at] = { address, port, outcome }
  }
}
