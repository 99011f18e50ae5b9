import type { Socket } from 'node:net'
import { startTimer, stopTimer } from '../../../../lib/timers.js'
import { toError } from '../../../../lib/thrown.js'
import type { Milliseconds } from '../../../../lib/units.js'

/** How a relayed connection ended. `failed`: the broker could not be reached. `reset`: one side broke the connection. */
export type RelayOutcome = 'closed' | 'failed' | 'reset'

export interface RelayedConnectionOptions {
  /** The client's side: just accepted, allowed to be half-open. */
  readonly client: Socket
  /** Opens the broker's side; `onConnect` is called once it is up. */
  readonly connect: (onConnect: () => void) => Socket
  /** How long the broker's side may take. */
  readonly connectTimeoutMs: Milliseconds
  readonly onOpen: () => void
  /** Called once, when both sides are over. */
  readonly onOver: (outcome: RelayOutcome, error: Error | null, connection: RelayedConnection) => void
}

const keepAliveDelayMs = 60_000

/**
 * Passes bytes between a client and a broker, untouched, each side no faster than the other reads. The end of one side's
 * stream is the end of the other's; a failure of one resets the other, so that a client never takes it for an end.
 */
export class RelayedConnection {
  readonly #client: Socket
  readonly #broker: Socket
  readonly #options: RelayedConnectionOptions
  readonly #timer: NodeJS.Timeout
  #open = 2
  #outcome: RelayOutcome = 'closed'
  #error: Error | null = null
  #isConnected = false

  constructor(options: RelayedConnectionOptions) {
    const { client } = options
    this.#options = options
    this.#client = client
    client.setNoDelay(true)
    client.setKeepAlive(true, keepAliveDelayMs)
    client.on('error', error => this.#fail(error, 'reset'))
    client.on('close', () => this.#onClose(this.#broker))
    this.#broker = options.connect(() => this.#onConnect())
    this.#broker.on('error', error => this.#fail(error, this.#isConnected ? 'reset' : 'failed'))
    this.#broker.on('close', () => this.#onClose(this.#client))
    this.#timer = startTimer(() => this.#onTimeout(), options.connectTimeoutMs)
    // Until then nothing is read, so that no client can fill the memory.
    client.pause()
  }

  /** Bytes so far: from the client to the broker, and back. */
  get bytes(): { readonly sent: number; readonly received: number } {
    return { sent: this.#client.bytesRead, received: this.#broker.bytesRead }
  }

  /** Ends both sides in order. */
  end(): void {
    this.#client.end()
    this.#broker.end()
  }

  /** Ends both sides at once. */
  reset(reason: Error): void {
    this.#fail(reason, 'reset')
  }

  #onConnect(): void {
    this.#isConnected = true
    stopTimer(this.#timer)
    const broker = this.#broker
    // Else Node would end our side as soon as the broker ends its own.
    broker.allowHalfOpen = true
    broker.setNoDelay(true)
    this.#options.onOpen()
    this.#client.pipe(broker)
    broker.pipe(this.#client)
  }

  #onTimeout(): void {
    if (this.#isConnected || this.#error !== null) return
    // As kafkajs gives up: the address that was being tried counts as failed.
    this.#broker.end()
    this.#fail(new Error(`the broker could not be reached in ${this.#options.connectTimeoutMs} ms`), 'failed')
  }

  #fail(reason: unknown, outcome: RelayOutcome): void {
    if (this.#error === null) {
      this.#error = toError(reason)
      this.#outcome = outcome
    }
    for (const socket of [this.#client, this.#broker]) breakOff(socket)
  }

  #onClose(other: Socket): void {
    stopTimer(this.#timer)
    // A client that leaves early ends the connect; what is written to the other side still goes out.
    if (!other.destroyed && !other.writableEnded) other.end()
    if (--this.#open === 0) this.#options.onOver(this.#outcome, this.#error, this)
    else if (!this.#isConnected) other.destroy()
  }
}

/** With a reset where there is a connection. */
function breakOff(socket: Socket): void {
  if (socket.destroyed) return
  if (socket.connecting || socket.pending) socket.destroy()
  else socket.resetAndDestroy()
}
