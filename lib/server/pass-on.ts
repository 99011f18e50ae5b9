import type { LookupFunction } from 'node:net'
import { Semaphore } from '../transport/semaphore.js'
import { keepAlive, startTimer, stopTimer } from '../timers.js'
import type { Milliseconds } from '../units.js'
import type { Via } from './answerer.js'
import { exchangeRaw, kindOf, withId, type PassOnServer } from './raw-exchange.js'
import type { ReceivedQuery } from './read-query.js'

export interface PassOnOptions {
  /** Who is asked, in order, as it is now. */
  readonly servers: () => readonly PassOnServer[]
  /** How long a server is waited for before the next is asked as well. */
  readonly nextServerMs?: Milliseconds
  /** When a question is given up: before its client asks again (5 s with glibc). */
  readonly deadlineMs?: Milliseconds
  /** Finds the host of a DoT server that is named. */
  readonly lookup: LookupFunction
}

interface Waiter {
  readonly id: number
  readonly resolve: (answer: Buffer) => void
  readonly reject: (reason: Error) => void
}

/** glibc waits five seconds for a server; one lost packet need not cost so much. */
const defaultNextServerMs: Milliseconds = 800
const defaultDeadlineMs: Milliseconds = 4_500
/** Silent for so many questions in a row, with no answer between: a server that is probably dead. */
const demotedAfter = 3
/** How long a server that is probably dead is given to contradict the negative answer of the next. */
const demotedGraceMs: Milliseconds = 200
/** Each has a socket: enough for any pod, and few enough for its file descriptors. */
const maxSockets = 512

/**
 * Passes questions on to nameservers as they came, but for the id and the socket, and gives back the answer as it came,
 * but for the id. A question that is already on its way is not sent twice: its clients share the answer. So two servers
 * that pass questions on to each other can't keep one going round.
 */
export class PassOn {
  readonly #options: Required<PassOnOptions>
  readonly #sockets = new Semaphore(maxSockets)
  readonly #questions = new Map<string, PassedQuestion>()
  readonly #silence = new Silence()
  #isClosed = false

  constructor(options: PassOnOptions) {
    this.#options = { nextServerMs: defaultNextServerMs, deadlineMs: defaultDeadlineMs, ...options }
  }

  /** The answer under the query's own id. Rejects where no server answers in time, and after `close`. */
  ask(query: ReceivedQuery, via: Via): Promise<Buffer> {
    const { id, message } = query
    if (this.#isClosed) return Promise.reject(new Error('closed'))
    const key = `${via} ${message.toString('latin1', 2)}`
    const answer = new Promise<Buffer>((resolve, reject) => {
      const known = this.#questions.get(key)
      if (known !== undefined) {
        known.waiters.push({ id, resolve, reject })
        return
      }
      const onOver = () => {
        this.#questions.delete(key)
      }
      const shared = { options: this.#options, sockets: this.#sockets, silence: this.#silence }
      const question = new PassedQuestion(query, via, shared, onOver)
      question.waiters.push({ id, resolve, reject })
      this.#questions.set(key, question)
      question.start()
    })
    return keepAlive(answer)
  }

  close(): void {
    this.#isClosed = true
    for (const question of this.#questions.values()) question.fail()
  }
}

/** How many questions in a row each server has left unanswered, by its label. */
class Silence {
  readonly #counts = new Map<string, number>()

  answered(label: string): void {
    this.#counts.delete(label)
  }

  silent(label: string): void {
    this.#counts.set(label, (this.#counts.get(label) ?? 0) + 1)
  }

  isDemoted(label: string): boolean {
    return (this.#counts.get(label) ?? 0) >= demotedAfter
  }
}

interface Shared {
  readonly options: Required<PassOnOptions>
  readonly sockets: Semaphore
  readonly silence: Silence
}

/** A server's turn. */
interface Ask {
  readonly server: PassOnServer
  readonly index: number
  readonly start: () => void
  /** Undefined while it waits for a socket. */
  end: (() => void) | undefined
  /** True once the next server's turn has come without an answer. */
  isLate: boolean
}

/** One question on its way to the servers. */
class PassedQuestion {
  readonly waiters: Waiter[] = []
  readonly #query: ReceivedQuery
  readonly #via: Via
  readonly #shared: Shared
  readonly #servers: readonly PassOnServer[]
  readonly #onOver: () => void
  readonly #asks = new Set<Ask>()
  #turn = 0
  #turnTimer: NodeJS.Timeout | undefined
  #weakTimer: NodeJS.Timeout | undefined
  #deadlineTimer: NodeJS.Timeout | undefined
  // A negative answer, while a server before the one that gave it may still know better.
  #weak: Buffer | undefined
  // SERVFAIL, REFUSED and their like: given back if nobody does better.
  #failure: Buffer | undefined
  #isOver = false

  constructor(query: ReceivedQuery, via: Via, shared: Shared, onOver: () => void) {
    this.#query = query
    this.#via = via
    this.#shared = shared
    this.#servers = shared.options.servers()
    this.#onOver = onOver
  }

  start(): void {
    const { deadlineMs } = this.#shared.options
    this.#deadlineTimer = startTimer(() => this.#settle(this.#weak ?? this.#failure), deadlineMs)
    this.#next()
  }

  fail(): void {
    this.#settle(undefined)
  }

  /** Asks the next server, each twice in all; asks the one after it when it has been silent for a while. */
  #next(): void {
    if (this.#isOver) return
    stopTimer(this.#turnTimer)
    const { sockets, silence, options } = this.#shared
    const index = this.#turn % this.#servers.length
    const server = this.#servers[index]
    if (server === undefined || this.#turn >= 2 * this.#servers.length) {
      if (this.#asks.size === 0) this.#settle(this.#weak ?? this.#failure)
      return
    }
    this.#turn++
    const waitMs = silence.isDemoted(server.label) ? 0 : options.nextServerMs
    this.#turnTimer = startTimer(() => this.#onSilence(), waitMs)
    const ask: Ask = { server, index, start: () => this.#send(ask), end: undefined, isLate: false }
    this.#asks.add(ask)
    sockets.acquire(ask.start)
  }

  #onSilence(): void {
    for (const ask of this.#asks) ask.isLate = ask.end !== undefined
    // The first server has had its second ask by now.
    if (this.#weak !== undefined && this.#turn > this.#servers.length) this.#settle(this.#weak)
    else this.#next()
  }

  #send(ask: Ask): void {
    const { server, index } = ask
    const onAnswer = (answer: Buffer) => {
      this.#end(ask)
      this.#shared.silence.answered(server.label)
      this.#judge(answer, index)
    }
    const onFailure = () => {
      this.#end(ask)
      this.#next()
    }
    const { lookup } = this.#shared.options
    ask.end = exchangeRaw(server, this.#via, this.#query, { onAnswer, onFailure }, lookup)
  }

  #end(ask: Ask): void {
    this.#asks.delete(ask)
    ask.end?.()
    this.#shared.sockets.leave(ask.start)
  }

  #judge(answer: Buffer, index: number): void {
    const kind = kindOf(answer)
    if (kind === 'positive') {
      this.#settle(answer)
    } else if (kind === 'failure') {
      this.#failure ??= answer
      if (this.#weak !== undefined && this.#before(index).length === 0) this.#settle(this.#weak)
      else this.#next()
    } else {
      this.#judgeNegative(answer, this.#before(index))
    }
  }

  #judgeNegative(answer: Buffer, before: readonly Ask[]): void {
    if (before.length === 0) {
      this.#settle(answer)
      return
    }
    this.#weak ??= answer
    if (!before.every(({ server }) => this.#shared.silence.isDemoted(server.label))) return
    this.#weakTimer ??= startTimer(() => this.#settle(this.#weak), demotedGraceMs)
  }

  /** The servers before this one that may still answer. */
  #before(index: number): readonly Ask[] {
    return [...this.#asks].filter(ask => ask.index < index)
  }

  #settle(answer: Buffer | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#onOver()
    for (const timer of [this.#turnTimer, this.#weakTimer, this.#deadlineTimer]) stopTimer(timer)
    const late = new Set([...this.#asks].filter(({ isLate }) => isLate).map(({ server }) => server.label))
    for (const label of late) this.#shared.silence.silent(label)
    // The latest first: they are the ones that still wait for a socket, so that none is opened on the way.
    for (const ask of [...this.#asks].reverse()) this.#end(ask)
    for (const { id, resolve, reject } of this.waiters) {
      if (answer === undefined) reject(new Error('no nameserver answered'))
      else resolve(withId(answer, id))
    }
  }
}
