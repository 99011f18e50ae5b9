import { errorMonitor, type EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { Attempts } from './attempts.js'
import { notify, type ConnectContext, type ConnectEvent } from '../context.js'
import { annotate } from '../report/describe.js'
import type { Decision } from '../../map/types.js'
import type { Dial } from './dial.js'
import { isGivenUp } from './given-up.js'
import { openSpan, type ConnectSpan, type ConnectTrace } from '../report/traces.js'

/**
 * Stands between one socket and its client until the socket is up or over: the client hears of the connection at most
 * once and never after it gave up, errors say what the map did, outcomes go to `health` and the observer. Afterwards
 * nothing of it is left on the socket.
 */
export class Watch {
  readonly #context: ConnectContext
  readonly #dial: Dial
  readonly #isTls: boolean
  readonly #onConnect: () => void
  readonly #attempts: Attempts
  readonly #startedAtMs: number
  #socket: Socket | undefined
  readonly #span: ConnectSpan | undefined
  #isSettled = false
  #ownEnd: PropertyDescriptor | undefined
  #clientEnd: ((...args: unknown[]) => unknown) | undefined

  /** `onConnect` is called once, unless the client gave up before. */
  constructor(context: ConnectContext, dial: Dial, isTls: boolean, onConnect: () => void = () => undefined) {
    this.#context = context
    this.#dial = dial
    this.#isTls = isTls
    this.#onConnect = onConnect
    this.#attempts = new Attempts(context.health, context.settings.connectAttemptMs, isTls)
    this.#startedAtMs = context.now()
    const { asked, decision } = dial
    this.#span = openSpan({ host: asked.host, port: asked.port, isTls, rule: decision?.route.rule })
  }

  /** What `connect` gives, within the trace of this connect where somebody listens. */
  open<T>(connect: () => T): T {
    return this.#span === undefined ? connect() : this.#span.run(connect)
  }

  /** In the client's place on `connect` or `secureConnect`. */
  readonly onReady = (): void => {
    const socket = this.#socket
    if (socket === undefined || this.#isSettled) return
    // kafkajs gives up by end() alone: a connection that came now would mark the one it gave up as connected.
    if (isGivenUp(socket)) {
      this.#settle('ended')
      socket.destroy()
      return
    }
    this.#attempts.succeed()
    this.#settle('connected')
    this.#onConnect()
  }

  /** `onReady` is the socket's own callback. */
  follow(socket: Socket): void {
    this.#socket = socket
    this.#span?.begin()
    this.#attempts.follow(socket)
    // Heard before the client's own listeners, which read nothing but message and code, and where there are none the
    // error stays unhandled.
    emitterOf(socket).on(errorMonitor, this.#onError)
    socket.on('close', this.#onClose)
    this.#ownEnd = Object.getOwnPropertyDescriptor(socket, 'end')
    this.#clientEnd = Reflect.get(socket, 'end') as (...args: unknown[]) => unknown
    Object.defineProperty(socket, 'end', { value: this.#end, writable: true, configurable: true, enumerable: false })
  }

  /** The same where the socket's callback is the client's. */
  followAlone(socket: Socket): void {
    this.follow(socket)
    socket.prependOnceListener(this.#readyEvent, this.onReady)
  }

  get #readyEvent(): 'connect' | 'secureConnect' {
    return this.#isTls ? 'secureConnect' : 'connect'
  }

  readonly #onError = (error: Error): void => {
    const socket = this.#socket
    if (socket === undefined || this.#isSettled) return
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message
    this.#attempts.end(socket, code)
    const head = `connect ${code === '' ? 'failed' : code} ${this.#dial.broker}`
    const tried = this.#attempts.describe()
    annotate(error, head, tried === undefined ? this.#dial.describe() : `${this.#dial.describe()}; ${tried}`)
    this.#settle('failed', error)
  }

  readonly #onClose = (): void => {
    this.#settle('ended')
  }

  // In the socket's own place until it is up: a half-close of what is not yet open would let it open later.
  readonly #end = (...args: unknown[]): Socket | undefined => {
    const socket = this.#socket
    if (socket === undefined) return undefined
    if (this.#clientEnd !== undefined) Reflect.apply(this.#clientEnd, socket, args)
    // What is still to be written is a reason to connect.
    if (!this.#isSettled && isGivenUp(socket)) {
      this.#settle('ended')
      socket.destroy()
    }
    return socket
  }

  #settle(outcome: ConnectEvent['outcome'], error: Error | null = null): void {
    const socket = this.#socket
    if (socket === undefined || this.#isSettled) return
    this.#isSettled = true
    this.#attempts.end(socket)
    emitterOf(socket).off(errorMonitor, this.#onError)
    socket.off(this.#readyEvent, this.onReady)
    socket.off('close', this.#onClose)
    this.#giveBackEnd(socket)
    this.#tell(socket, outcome, error)
  }

  /** Unless somebody wrapped it meanwhile: theirs then leads here, and on to the client's. */
  #giveBackEnd(socket: Socket): void {
    if (Object.getOwnPropertyDescriptor(socket, 'end')?.value !== this.#end) return
    if (this.#ownEnd === undefined) Reflect.deleteProperty(socket, 'end')
    else Object.defineProperty(socket, 'end', this.#ownEnd)
  }

  #tell(socket: Socket, outcome: ConnectEvent['outcome'], error: Error | null): void {
    const { decision } = this.#dial
    if (decision?.route.action === 'map') {
      const event = this.#eventOf(decision, outcome, error)
      const { targetIndex, address, addressPort, tried } = event
      const target = targetIndex === null ? null : (decision.targetTexts[targetIndex] ?? null)
      this.#endSpan(decision, { target, address, addressPort, outcome, tried }, error)
      notify(() => this.#context.observer.connect(event, socket))
    } else this.#endSpan(decision, { outcome }, error)
  }

  #endSpan(decision: Decision | undefined, ended: Partial<ConnectTrace>, error: Error | null): void {
    this.#span?.end({ ...ended, rule: decision?.route.rule, ...(error === null ? {} : { error }) })
  }

  #eventOf(decision: Decision, outcome: ConnectEvent['outcome'], error: Error | null): ConnectEvent {
    const { port } = this.#dial
    const { tried } = this.#attempts
    const last = tried.at(-1)
    return {
      host: decision.route.host,
      port: decision.route.port ?? port,
      decision,
      targetIndex: last === undefined ? null : this.#dial.targetOf(last.address),
      address: last?.address ?? null,
      addressPort: last?.port ?? port,
      outcome,
      isTls: this.#isTls,
      tried,
      durationMs: this.#context.now() - this.#startedAtMs,
      error,
    }
  }
}

/** Node's types know no `errorMonitor` on a socket. */
const emitterOf = (socket: Socket): EventEmitter => socket
