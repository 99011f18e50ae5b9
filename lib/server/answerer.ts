import { readQuery, type ReceivedQuery } from './read-query.js'
import { codeBody, encodeReply, headerReply } from './reply.js'

/** The way that a question came by. */
export type Via = 'udp' | 'tcp'

/**
 * The reply to a question, whole and with its id; undefined for silence. At once where nothing is waited for, which saves
 * a turn of the event loop. A throw or a rejection becomes SERVFAIL.
 */
export type Handler = (query: ReceivedQuery, via: Via) => Buffer | undefined | Promise<Buffer | undefined>

/** What both listeners do with a packet. */
export class Answerer {
  readonly #handler: Handler
  readonly #maxPending: number
  #pending = 0

  constructor(handler: Handler, maxPending: number) {
    this.#handler = handler
    this.#maxPending = maxPending
  }

  get pending(): number {
    return this.#pending
  }

  /**
   * Calls `reply` at most once, perhaps before it returns, and `done` once after that; false, and neither is called,
   * where the packet deserves no reply. The packet is kept until then.
   */
  answer(packet: Buffer, via: Via, reply: (message: Buffer, query?: ReceivedQuery) => void, done: () => void): boolean {
    const result = readQuery(packet)
    if (result.kind === 'ignore') return false
    if (result.kind === 'error') {
      reply(headerReply(packet, result.rcode))
      done()
      return true
    }
    const { query } = result
    if (result.kind === 'rejected') {
      reply(encodeReply(query, codeBody(result.rcode)), query)
      done()
      return true
    }
    try {
      const message = this.#pending < this.#maxPending ? this.#handler(query, via) : failure(query)
      if (message instanceof Promise) {
        this.#wait(query, message, reply, done)
        return true
      }
      if (message !== undefined) reply(message, query)
    } catch {
      reply(failure(query), query)
    }
    done()
    return true
  }

  #wait(
    query: ReceivedQuery,
    message: Promise<Buffer | undefined>,
    reply: (message: Buffer, query: ReceivedQuery) => void,
    done: () => void,
  ): void {
    this.#pending++
    const settle = (settled: Buffer | undefined) => {
      this.#pending--
      if (settled !== undefined) reply(settled, query)
      done()
    }
    message.then(settle, () => settle(failure(query)))
  }
}

const failure = (query: ReceivedQuery) => encodeReply(query, codeBody('SERVFAIL'))
