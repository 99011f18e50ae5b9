import { errorMonitor, type EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { hostPort } from '../../../lib/address/host-port.js'
import { codeOf } from '../../../lib/thrown.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { ConnectContext } from '../context.js'
import { annotate, isFromNode, markAnnotated, oneLine } from '../report/describe.js'
import type { ConnectPayload, Tried } from '../report/events.js'
import { areConnectsTraced, endConnectTrace, notify, traceConnect, type ConnectTrace } from '../report/traces.js'
import type { BrokerConnect } from './broker-connect.js'

/**
 * A client that ends a connect later than this has a timer of its own, which has reported it: kafkajs' is 1,000 ms unless
 * it was set lower. One that is ended sooner needs an error, because nothing else says that it is over.
 */
const ownTimerMs: Milliseconds = 500

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
const brokenCodes = new Set([
  givenUp,
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** One of the addresses that the socket tries, as it goes. */
type Attempt = { -readonly [Key in keyof Tried]: Tried[Key] }

type Listener = Parameters<EventEmitter['on']>[1]

/**
 * Follows one socket, and the addresses that it tries, until it is up or over: the client hears of the connection at most
 * once and never after it gave up, errors say what the map did, outcomes go to `health` and the observer. Afterwards
 * nothing of it is left on the socket.
 */
export class SocketMonitor {
  readonly #context: ConnectContext
  readonly #connect: BrokerConnect
  readonly #isTls: boolean
  // undefined where the socket is not of this package's making.
  readonly #onConnect: (() => void) | undefined
  readonly #startedAtMs: Milliseconds
  readonly #trace: ConnectTrace | undefined
  /** In the order of trying. */
  readonly #tried: Attempt[] = []
  /** When the last one began. */
  #triedAtMs: Milliseconds = 0
  #socket: Socket | undefined
  #isSettled = false
  #leave: () => void = () => undefined

  /** `onConnect` is called once, unless the client gave up before. Without it, the client has a callback on the socket. */
  constructor(context: ConnectContext, connect: BrokerConnect, isTls: boolean, onConnect?: () => void) {
    this.#context = context
    this.#connect = connect
    this.#isTls = isTls
    this.#onConnect = onConnect
    this.#startedAtMs = context.now()
    const { host, port } = connect.destination
    const rule = connect.plan?.decision.route.rule
    this.#trace = areConnectsTraced() ? { host, port, isTls, rule } : undefined
  }

  /** The socket that `connect` returns, still connecting; in the trace of this connect where somebody listens. */
  follow(connect: () => Socket): Socket {
    const socket = this.#trace === undefined ? connect() : traceConnect(this.#trace, connect)
    this.#socket = socket
    const emitter: EventEmitter = socket
    // Heard before the client's own listeners: its onConnect may look at what is known, or throw, and of an error it
    // reads nothing but message and code. Where nobody else listens the error stays unhandled.
    const listeners: readonly (readonly [event: string | symbol, listener: Listener])[] = [
      ['connectionAttempt', this.#onAttempt],
      ['connectionAttemptFailed', this.#onAttemptFailed],
      ['connectionAttemptTimeout', this.#onAttemptTimeout],
      ['connect', this.#onTcpConnect],
      ['secureConnect', this.#onReady],
      [errorMonitor, this.#onError],
      ['close', this.#onClose],
    ]
    for (const [event, listener] of listeners) emitter.prependListener(event, listener)
    // kafkajs gives up by end() and then unref(). Its own sockets are ended by the first of these; anybody else's are
    // half-closed by end(), and only both together say that nobody waits for the connection.
    const lastCall = this.#onConnect === undefined ? 'unref' : 'end'
    const giveBack = replaceMethod(socket, lastCall, () => {
      if (isGivenUp(socket)) this.#giveUp(socket)
    })
    this.#leave = () => {
      for (const [event, listener] of listeners) emitter.off(event, listener)
      giveBack()
    }
    return socket
  }

  /** True where nobody waits for the connection any more; the socket is destroyed by then. */
  isOver(): boolean {
    const socket = this.#socket
    if (socket === undefined) return false
    // Half-closed by another way than `end`.
    if (this.#onConnect !== undefined && !socket.destroyed && isGivenUp(socket)) this.#giveUp(socket)
    return socket.destroyed
  }

  readonly #onAttempt = (address: string, port: number): void => {
    this.#triedAtMs = this.#context.now()
    this.#tried.push({ address, port, outcome: 'connecting' })
  }

  readonly #onAttemptFailed = (address: string, port: number, _family: number, error: Error): void => {
    const attempt = this.#latest(address, port)
    if (attempt !== undefined) this.#failed(attempt, codeOf(error) ?? error.message)
  }

  // Its time ran out, which says nothing yet: every address of a slow network would look dead.
  readonly #onAttemptTimeout = (address: string, port: number): void => {
    const attempt = this.#latest(address, port)
    if (attempt !== undefined) attempt.outcome = 'timeout'
  }

  #latest(address: string, port: number): Attempt | undefined {
    return this.#tried.findLast(tried => tried.address === address && tried.port === port)
  }

  readonly #onTcpConnect = (): void => {
    const { health } = this.#context
    const last = this.#tried.at(-1)
    if (last !== undefined) last.outcome = 'connected'
    // A later address connected sooner than these.
    for (const { address, port, outcome } of this.#tried) if (outcome === 'timeout') health.failed(address, port)
    if (this.#isTls) return
    if (last !== undefined) health.succeeded(last.address, last.port)
    this.#onReady()
  }

  /** The client may use it: with TLS, the handshake is done. */
  readonly #onReady = (): void => {
    if (this.#isSettled || this.isOver()) return
    const last = this.#tried.at(-1)
    if (last !== undefined && this.#isTls) this.#context.health.succeeded(last.address, last.port)
    this.#settle('connected')
    this.#onConnect?.()
  }

  readonly #onError = (error: Error): void => {
    this.#settle('failed', error)
  }

  readonly #onClose = (): void => {
    this.#settle('ended')
  }

  /** Destroys the socket: a half-close of what is not yet open would let it open later, with nobody there. */
  #giveUp(socket: Socket): void {
    if (this.#isSettled) return
    const afterMs = this.#context.now() - this.#startedAtMs
    this.#settle('ended')
    // One that nobody listens to would end the process.
    if (afterMs >= ownTimerMs || socket.listenerCount('error') === 0) {
      socket.destroy()
      return
    }
    const why = `the client ended it after ${Math.round(afterMs)} ms, as kafkajs does when its connection before closes late`
    const message = `connect ECONNABORTED ${this.#broker} (kafka-split-dns: ${this.#describe()}; ${why})`
    socket.destroy(
      markAnnotated(Object.assign(new Error(oneLine(message)), { code: 'ECONNABORTED', syscall: 'connect' })),
    )
  }

  #settle(outcome: ConnectPayload['outcome'], error: Error | null = null): void {
    const socket = this.#socket
    if (socket === undefined || this.#isSettled) return
    this.#isSettled = true
    const code = error === null ? givenUp : (codeOf(error) ?? error.message)
    if (outcome !== 'connected') this.#endAttempt(code)
    if (error !== null && isFromNode(error, socket))
      annotate(error, `connect ${code} ${this.#broker}`, this.#describe())
    this.#leave()
    this.#report(socket, outcome, error)
  }

  /** What is still being tried has failed; so has an address that took the connection and then never came to TLS. */
  #endAttempt(code: string): void {
    const last = this.#tried.at(-1)
    // Shorter than an attempt may take: that says nothing of the address.
    const isSoon = code === givenUp && this.#context.now() - this.#triedAtMs < this.#context.settings.connectAttemptMs
    const reason = isSoon ? givenUpSoon : code
    if (last?.outcome === 'connecting') this.#failed(last, reason)
    else if (last?.outcome === 'connected' && this.#isTls && brokenCodes.has(code))
      this.#failed(last, isSoon ? reason : `${reason} before TLS was up`)
  }

  #failed(attempt: Attempt, code: string): void {
    attempt.outcome = code
    if (!ownFaults.has(code)) this.#context.health.failed(attempt.address, attempt.port)
  }

  get #broker(): string {
    const { host, port } = this.#connect.destination
    return hostPort(host, port)
  }

  /** `...; tried 192.0.2.1:9092 (ECONNREFUSED), 192.0.2.2:9092 (no answer in 150 ms)`. */
  #describe(): string {
    const { connectAttemptMs } = this.#context.settings
    const tried = this.#tried.map(({ address, port, outcome }) => {
      const text = outcome === 'timeout' ? `no answer in ${connectAttemptMs} ms` : outcome
      return `${hostPort(address, port)} (${text})`
    })
    return tried.length === 0 ? this.#connect.describe() : `${this.#connect.describe()}; tried ${tried.join(', ')}`
  }

  #report(socket: Socket, outcome: ConnectPayload['outcome'], error: Error | null): void {
    const { plan, destination, port } = this.#connect
    const last = this.#tried.at(-1)
    const targetIndex = last === undefined ? null : this.#connect.targetOf(last.address)
    const payload: ConnectPayload = {
      host: plan?.decision.route.host ?? destination.host,
      port: destination.port,
      rule: plan?.decision.route.rule ?? null,
      isTls: this.#isTls,
      target: targetIndex === null ? null : (plan?.decision.targetTexts[targetIndex] ?? null),
      address: last?.address ?? null,
      addressPort: last?.port ?? port,
      outcome,
      tried: this.#tried,
      durationMs: this.#context.now() - this.#startedAtMs,
      error,
    }
    if (this.#trace !== undefined) endConnectTrace(this.#trace, payload)
    if (plan?.outcome !== 'map') return
    const { observer, onConnected } = this.#context
    notify(() => observer.connect(payload))
    if (outcome !== 'connected' || last === undefined || onConnected === undefined) return
    notify(() => onConnected({ socket, plan, targetIndex, address: last.address, addressPort: last.port }))
  }
}

/**
 * True for a socket that its client no longer wants although it is not yet connected: kafkajs gives up by `end()` alone.
 * One that has something to write before it ends is still wanted.
 */
function isGivenUp(socket: Socket): boolean {
  return socket.destroyed || (socket.writableEnded && socket.writableLength === 0)
}

type Method = (...args: unknown[]) => unknown

/**
 * Calls `afterwards` each time the client has called that method of the socket, until what it returns is called. Then
 * the socket is as before, unless somebody wrapped the method meanwhile: theirs leads here, and on to the socket's own.
 */
function replaceMethod(socket: Socket, name: 'end' | 'unref', afterwards: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(socket, name)
  const original = Reflect.get(socket, name) as Method
  let isReplaced = true
  const value: Method = (...args) => {
    const result = Reflect.apply(original, socket, args)
    if (isReplaced) afterwards()
    return result
  }
  Object.defineProperty(socket, name, { value, writable: true, configurable: true, enumerable: false })
  return () => {
    isReplaced = false
    if (Object.getOwnPropertyDescriptor(socket, name)?.value !== value) return
    if (own === undefined) Reflect.deleteProperty(socket, name)
    else Object.defineProperty(socket, name, own)
  }
}
