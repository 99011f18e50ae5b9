import { randomInt } from 'node:crypto'
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { identityOptions, openUdp } from '../transport/connect.js'
import { FrameReader } from '../transport/frame-reader.js'
import { ownSocket } from '../transport/own-socket.js'
import { ID_LIMIT } from '../wire/query.js'
import type { Upstream } from '../transport/upstream.js'
import type { ReceivedQuery } from './read-query.js'
import { isAnswerTo } from './relayed-answer.js'

/** A nameserver that questions can be passed on to. */
export type PassOnServer = Extract<Upstream, { kind: 'udp' | 'tcp' | 'tls' }>

/** One question on its way to one server. */
export interface Exchange {
  /** Frees the socket; neither callback is called any more. Idempotent. */
  cancel(): void
}

export interface ExchangeCallbacks {
  /** The answer as it came, under the id that it was sent with. Once. */
  readonly onAnswer: (answer: Buffer) => void
  /** The server can't be reached, or closed the connection. Once, and not after an answer. */
  readonly onFailure: () => void
}

/** The message with another id, all else as it came. */
export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(id, 0)
  return copy
}

/** Sends the query from a fresh socket under a random id (RFC 5452). What answers another question is ignored. */
export function exchangeUdp(
  server: { readonly address: string; readonly port: number },
  query: ReceivedQuery,
  { onAnswer, onFailure }: ExchangeCallbacks,
): Exchange {
  const id = randomInt(ID_LIMIT)
  let isOver = false
  const end = () => {
    if (isOver) return
    isOver = true
    socket.close()
  }
  const fail = () => {
    if (isOver) return
    end()
    onFailure()
  }
  const socket = openUdp(server.address)
  socket.on('error', fail)
  socket.on('message', packet => {
    if (isOver || !isAnswerTo(packet, id, query)) return
    end()
    onAnswer(packet)
  })
  // The kernel then drops what comes from elsewhere and reports a closed port.
  socket.connect(server.port, server.address)
  try {
    socket.send(withId(query.message, id))
  } catch {
    process.nextTick(fail)
  }
  return { cancel: end }
}

/** The same over a connection of its own. `lookup` finds a DoT server's host. */
export function exchangeStream(
  server: PassOnServer,
  query: ReceivedQuery,
  { onAnswer, onFailure }: ExchangeCallbacks,
  lookup: LookupFunction,
): Exchange {
  const id = randomInt(ID_LIMIT)
  const frames = new FrameReader()
  let isOver = false
  const socket = connectTo(server, lookup)
  const end = () => {
    isOver = true
    socket.destroy()
  }
  const fail = () => {
    if (isOver) return
    end()
    onFailure()
  }
  for (const event of ['error', 'end', 'close']) socket.on(event, fail)
  socket.on('data', (chunk: Buffer) => {
    frames.push(chunk, message => {
      // Over a stream no stranger can put in a message: the server itself is confused.
      if (!isAnswerTo(message, id, query)) {
        fail()
      } else {
        end()
        onAnswer(Buffer.from(message))
      }
      return false
    })
  })
  const frame = Buffer.allocUnsafe(2 + query.message.length)
  frame.writeUInt16BE(query.message.length)
  withId(query.message, id).copy(frame, 2)
  socket.write(frame)
  return { cancel: end }
}

function connectTo(server: PassOnServer, lookup: LookupFunction): Socket {
  const { port } = server
  if (server.kind !== 'tls') return connectTcp({ host: server.address, port, noDelay: true, ...ownSocket })
  const { host, serverName = host } = server
  return connectTls({ host, port, lookup, ...identityOptions(serverName), ...ownSocket, rejectUnauthorized: true })
}
