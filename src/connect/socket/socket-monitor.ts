import { errorMonitor, type EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { hostPort } from '../../../lib/address/host-port.js'
import { codeOf } from '../../../lib/thrown.js'
import { Attempts } from './attempts.js'
import { notify, type ConnectContext } from '../context.js'
import type { ConnectPayload } from '../report/events.js'
import { annotate } from '../report/describe.js'
import type { BrokerConnect } from './broker-connect.js'
import { isGivenUp } from './given-up.js'
import { openSpan, type ConnectSpan } from '../report/traces.js'

/**
 * Stands between one socket and its client until the socket is up or over: the client hears of the connection at most
 * once and never after it gave up, errors say what the map did, outcomes go to `health` and the observer. Afterwards
 * nothing of it is left on the socket.
 */
export class SocketMonitor {
  readonly #context: ConnectContext
  readonly #connect: BrokerConnect
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
  constructor(
    context: ConnectContext,
    connect: BrokerConnect,
    isTls: boolean,
    onConnect: () => void = () => undefined,
  ) {
    this.#context = context
    this.#connect = connect
    this.#isTls = isTls
    this.#onConnect = onConnect
    this.#attempts = new Attempts(context.health, context.settings.connectAttemptMs, isTls)
    this.#startedAtMs = context.now()
    const { host, port } = connect.destination
    this.#span = openSpan({ host, port, isTls, rule: connect.plan?.decision.route.rule })
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
  followForeign(socket: Socket): void {
    this.follow(socket)
    socket.prependOnceListener(this.#readyEvent, this.onReady)
  }

  get #readyEvent(): 'connect' | 'secureConnect' {
    return this.#isTls ? 'secureConnect' : 'connect'
  }

  readonly #onError = (error: Error): void => {
    const socket = this.#socket
    if (socket === undefined || this.#isSettled) return
    const code = codeOf(error) ?? error.message
    this.#attempts.end(socket, code)
    const { host, port } = this.#connect.destination
    const head = `connect ${code === '' ? 'failed' : code} ${hostPort(host, port)}`
    const tried = this.#attempts.describe()
    annotate(error, head, tried === undefined ? this.#connect.describe() : `${this.#connect.describe()}; ${tried}`)
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

  #settle(outcome: ConnectPayload['outcome'], error: Error | null = null): void {
    const socket = this.#socket
    if (socket === undefined || this.#isSettled) return
    this.#isSettled = true
    this.#attempts.end(socket)
    emitterOf(socket).off(errorMonitor, this.#onError)
    socket.off(this.#readyEvent, this.onReady)
    socket.off('close', this.#onClose)
    this.#giveBackEnd(socket)
    this.#report(socket, outcome, error)
  }

  /** Unless somebody wrapped it meanwhile: theirs then leads here, and on to the client's. */
  #giveBackEnd(socket: Socket): void {
    if (Object.getOwnPropertyDescriptor(socket, 'end')?.value !== this.#end) return
    if (this.#ownEnd === undefined) Reflect.deleteProperty(socket, 'end')
    else Object.defineProperty(socket, 'end', this.#ownEnd)
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
