import { errorMonitor, type EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { hostPort } from '../../../lib/address/host-port.js'
import { codeOf } from '../../../lib/thrown.js'
import type { Milliseconds } from '../../../lib/units.js'
import type { ConnectContext } from '../context.js'
import { annotate, isFromNode, markAnnotated, oneLine } from '../report/describe.js'
import type { ConnectPayload } from '../report/events.js'
import { notify, openSpan, type ConnectSpan } from '../report/traces.js'
import { Attempts } from './attempts.js'
import type { BrokerConnect } from './broker-connect.js'

/**
 * A client that ends a connect later than this has a timer of its own, which has reported it: kafkajs' is 1,000 ms unless
 * it was set lower. One that is ended sooner needs an error, because nothing else says that it is over.
 */
const ownTimerMs: Milliseconds = 500

/**
 * Follows one socket until it is up or over: the client hears of the connection at most once and never after it gave up,
 * errors say what the map did, outcomes go to `health` and the observer. Afterwards nothing of it is left on the socket.
 */
export class SocketMonitor {
  readonly #context: ConnectContext
  readonly #connect: BrokerConnect
  readonly #isTls: boolean
  // undefined where the socket is not of this package's making.
  readonly #onConnect: (() => void) | undefined
  readonly #attempts: Attempts
  readonly #startedAtMs: Milliseconds
  readonly #span: ConnectSpan | undefined
  readonly #readyEvent: 'connect' | 'secureConnect'
  #socket: Socket | undefined
  #isSettled = false
  #giveBack: () => void = () => undefined

  /** `onConnect` is called once, unless the client gave up before. Without it, the client has a callback on the socket. */
  constructor(context: ConnectContext, connect: BrokerConnect, isTls: boolean, onConnect?: () => void) {
    this.#context = context
    this.#connect = connect
    this.#isTls = isTls
    this.#onConnect = onConnect
    this.#readyEvent = isTls ? 'secureConnect' : 'connect'
    this.#attempts = new Attempts(context, isTls)
    this.#startedAtMs = context.now()
    const { host, port } = connect.destination
    this.#span = openSpan({ host, port, isTls, rule: connect.plan?.decision.route.rule })
  }

  /** What `connect` returns, within the trace of this connect where somebody listens. */
  open<T>(connect: () => T): T {
    return this.#span === undefined ? connect() : this.#span.run(connect)
  }

  /** In the client's place on `connect` or `secureConnect`. */
  readonly onReady = (): void => {
    if (this.#isSettled || this.isOver()) return
    this.#attempts.succeed()
    this.#settle('connected')
    this.#onConnect?.()
  }

  /** `onReady` is the socket's own callback, or else is called by this. */
  follow(socket: Socket): void {
    this.#socket = socket
    this.#span?.begin()
    this.#attempts.follow(socket)
    // Heard before the client's own listeners, which read nothing but message and code, and where there are none the
    // error stays unhandled.
    emitterOf(socket).on(errorMonitor, this.#onError)
    socket.on('close', this.#onClose)
    if (this.#onConnect === undefined) socket.prependOnceListener(this.#readyEvent, this.onReady)
    // kafkajs gives up by end() and then unref(). Its own sockets are ended by the first of these; anybody else's are
    // half-closed by end(), and only both together say that nobody waits for the connection.
    const lastCall = this.#onConnect === undefined ? 'unref' : 'end'
    this.#giveBack = replaceMethod(socket, lastCall, () => {
      if (isGivenUp(socket)) this.#giveUp(socket)
    })
  }

  /** True where nobody waits for the connection any more; the socket is destroyed by then. */
  isOver(): boolean {
    const socket = this.#socket
    if (socket === undefined) return false
    // Half-closed by another way than `end`.
    if (this.#onConnect !== undefined && !socket.destroyed && isGivenUp(socket)) this.#giveUp(socket)
    return socket.destroyed
  }

  readonly #onError = (error: Error): void => {
    const socket = this.#socket
    if (socket === undefined || this.#isSettled) return
    const code = codeOf(error) ?? error.message
    this.#attempts.end(socket, code)
    if (isFromNode(error, socket)) annotate(error, `connect ${code} ${this.#broker}`, this.#describe())
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

  get #broker(): string {
    const { host, port } = this.#connect.destination
    return hostPort(host, port)
  }

  #describe(): string {
    const tried = this.#attempts.describe()
    return tried === undefined ? this.#connect.describe() : `${this.#connect.describe()}; ${tried}`
  }

  #settle(outcome: ConnectPayload['outcome'], error: Error | null = null): void {
    const socket = this.#socket
    if (socket === undefined || this.#isSettled) return
    this.#isSettled = true
    this.#attempts.end(socket)
    emitterOf(socket).off(errorMonitor, this.#onError)
    socket.off(this.#readyEvent, this.onReady)
    socket.off('close', this.#onClose)
    this.#giveBack()
    this.#report(socket, outcome, error)
  }

  #report(socket: Socket, outcome: ConnectPayload['outcome'], error: Error | null): void {
    const { plan, destination, port } = this.#connect
    const { tried } = this.#attempts
    const last = tried.at(-1)
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
      tried,
      durationMs: this.#context.now() - this.#startedAtMs,
      error,
    }
    this.#span?.end(payload)
    if (plan?.outcome !== 'map') return
    const { observer, onConnected } = this.#context
    notify(() => observer.connect(payload))
    if (outcome !== 'connected' || last === undefined || onConnected === undefined) return
    notify(() => onConnected({ socket, plan, targetIndex, address: last.address, addressPort: last.port }))
  }
}

/** Node's types know no `errorMonitor` on a socket. */
const emitterOf = (socket: Socket): EventEmitter => socket

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
