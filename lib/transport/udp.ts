import { randomInt } from 'node:crypto'
import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { onNextTick } from '../timers.js'
import { encodeQuery, ID_LIMIT } from '../wire/query.js'
import { parseResponse, type Response } from '../wire/response.js'
import { WireError } from '../wire/wire-error.js'
import { closedError, exchangeError } from './exchange-error.js'
import { Semaphore } from './semaphore.js'
import type { ExchangeOptions, Question } from './transport.js'

/** A server that is reached at an address. */
export interface AddressUpstream {
  readonly label: string
  readonly address: string
  readonly port: number
}

/**
 * How many queries to one server are in flight at a time. A burst of more overruns its receive buffer: Linux keeps
 * 212,992 octets a socket (net.core.rmem_default) and counts some 1,280 for each small packet, so room for 166.
 */
const MAX_IN_FLIGHT = 100

/** Asks over UDP, each query from a fresh socket with a random port and id (RFC 5452). */
export class UdpTransport {
  // One for each server, so that a silent one holds up no other. As many as the configuration has ever named.
  readonly #semaphores = new Map<string, Semaphore>()
  /** What ends each exchange, the oldest first. */
  readonly #open = new Set<() => void>()
  #isClosed = false

  /** Resolves with the first packet that answers the question, possibly truncated; others are ignored. */
  exchange(upstream: AddressUpstream, question: Question, { edns, signal }: ExchangeOptions): Promise<Response> {
    const { label } = upstream
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw closedError(label)
      signal.throwIfAborted()
      const semaphore = this.#semaphores.get(label) ?? new Semaphore(MAX_IN_FLIGHT)
      this.#semaphores.set(label, semaphore)
      let endExchange = () => {}
      const start = () => {
        try {
          const id = randomInt(ID_LIMIT)
          const query = encodeQuery(question, { id, edns })
          endExchange = exchangeUdp(upstream, query, packet => onPacket(packet, id), onError)
        } catch (error) {
          onError(error)
        }
      }
      const onPacket = (packet: Buffer, id: number) => {
        try {
          resolve(parseResponse(packet, { id, question }))
          finish()
        } catch (error) {
          // Perhaps a forger's guess: the server's own answer may still come (RFC 5452 section 9.1).
          if (!(error instanceof WireError) || error.fault !== 'mismatch') onError(error)
        }
      }
      const finish = () => {
        if (!this.#open.delete(close)) return
        signal.removeEventListener('abort', onAbort)
        endExchange()
        semaphore.leave(start)
      }
      const rejectWith: (reason: unknown) => void = reject
      const fail = (reason: unknown) => {
        finish()
        rejectWith(reason)
      }
      const onAbort = () => fail(signal.reason)
      const onError = (error: unknown) => fail(exchangeError(label, error))
      const close = () => fail(closedError(label))
      this.#open.add(close)
      signal.addEventListener('abort', onAbort)
      semaphore.acquire(start)
    })
  }

  close(): void {
    this.#isClosed = true
    // The latest first: they are the ones that still wait for room, so that none is started on the way.
    for (const close of [...this.#open].reverse()) close()
  }
}

/**
 * Sends the message from a fresh socket with a random port, connected to the server: the kernel then drops what comes
 * from elsewhere and reports a closed port. Returns what ends it; nobody is called back after that. `onError` ends it
 * too, and may be called before this returns. Never throws.
 */
export function exchangeUdp(
  { address, port }: { readonly address: string; readonly port: number },
  message: Buffer,
  onPacket: (packet: Buffer) => void,
  onError: (error: unknown) => void,
): () => void {
  const socket = openUdp(address)
  let isOver = false
  const end = () => {
    if (isOver) return
    isOver = true
    // Its listeners stay: one for 'error' is what keeps a late error from being thrown.
    socket.close()
  }
  const fail = (error: unknown) => {
    if (isOver) return
    end()
    onError(error)
  }
  // Whoever waits for the answer holds the process: a late one is waited for by nobody.
  socket.unref()
  socket.on('error', fail)
  socket.on('message', packet => {
    if (!isOver) onPacket(packet)
  })
  try {
    socket.connect(port, address)
    socket.send(message)
  } catch (error) {
    // Not connected: the 'error' event that says why comes on the next tick, ahead of this.
    onNextTick(fail, error)
  }
  return end
}

/** A UDP socket of the address's family, which is not bound and not connected. */
export function openUdp(address: string, options: Pick<SocketOptions, 'recvBufferSize'> = {}): Socket {
  return createSocket({ ...options, type: address.includes(':') ? 'udp6' : 'udp4', lookup: literalLookup })
}

/** Addresses need no resolver: answering at once saves the two turns of the event loop that `dns.lookup` takes. */
const literalLookup: NonNullable<SocketOptions['lookup']> = (address, _options, callback) => callback(null, address, 0)
