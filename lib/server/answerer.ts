import type { Milliseconds } from '../units.js'
import { readQuery, type ReceivedQuery } from './read-query.js'
import { codeBody, encodeReply, headerReply } from './reply.js'

/** The way that a question came by. */
export type Via = 'udp' | 'tcp'

/**
 * The reply to a question, whole and with its id; undefined for silence. At once where nothing is waited for, which saves
 * a turn of the event loop. A throw or a rejection becomes SERVFAIL.
 */
export type Handler = (query: ReceivedQuery, via: Via) => Buffer | undefined | Promise<Buffer | undefined>

/** What a server allows its clients. Each has a default that a pod's clients never reach. */
export interface ServerLimits {
  /** Questions that wait for an answer, over UDP and TCP together. One more is answered with SERVFAIL. */
  readonly questions: number
  /** TCP connections. One more is closed at once. */
  readonly connections: number
  /** Questions of one TCP connection that wait for an answer. Until one is answered no more is read. */
  readonly questionsPerConnection: number
  /** How long a TCP connection may take to send a whole question, and how long it may stay without one. */
  readonly idleMs: Milliseconds
}

export const defaultLimits: ServerLimits = {
  questions: 4096,
  connections: 128,
  questionsPerConnection: 64,
  idleMs: 10_000,
}

/** What listens for questions. */
export interface Listener {
  readonly port: number
  /** Answers nothing any more. Once. */
  close(): Promise<void>
}

/** What both listeners do with a packet. */
export class Answerer {
  readonly limits: ServerLimits
  readonly #handler: Handler
  #pending = 0

  constructor(handler: Handler, limits: ServerLimits) {
    this.#handler = handler
    this.limits = limits
  }

  /** Questions that wait for an answer now. */
  get pending(): number {
    return this.#pending
  }

  /**
   * Calls `respond` once, perhaps before it returns, with the reply or with undefined for silence; false, and it is not
   * called, where the packet deserves no reply. The packet is kept until then.
   */
  answer(packet: Buffer, via: Via, respond: (reply: Buffer | undefined, query?: ReceivedQuery) => void): boolean {
    const result = readQuery(packet)
    if (result.kind === 'ignore') return false
    if (result.kind === 'error') respond(headerReply(packet, result.rcode))
    else if (result.kind === 'rejected') respond(encodeReply(result.query, codeBody(result.rcode)), result.query)
    else this.#handle(result.query, via, respond)
    return true
  }

  #handle(query: ReceivedQuery, via: Via, respond: (reply: Buffer | undefined, query: ReceivedQuery) => void): void {
    const failure = () => encodeReply(query, codeBody('SERVFAIL'))
    let reply: ReturnType<Handler>
    try {
      reply = this.#pending < this.limits.questions ? this.#handler(query, via) : failure()
    } catch {
      reply = failure()
    }
    if (!(reply instanceof Promise)) {
      respond(reply, query)
      return
    }
    this.#pending++
    const settle = (settled: Buffer | undefined) => {
      this.#pending--
      respond(settled, query)
    }
    reply.then(settle, () => settle(failure()))
  }
}
