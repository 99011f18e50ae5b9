import { randomInt } from 'node:crypto'
import type { LookupFunction, Socket } from 'node:net'
import { openTcp, openTls } from '../transport/connect.js'
import { frameOf, FrameReader } from '../transport/frame-reader.js'
import { exchangeUdp } from '../transport/udp.js'
import type { Upstream } from '../transport/upstream.js'
import { ID_LIMIT } from '../wire/query.js'
import type { Via } from './answerer.js'
import type { ReceivedQuery } from './read-query.js'
import { isAnswerTo } from './relayed-answer.js'

/** A nameserver that questions can be passed on to. */
export type PassOnServer = Extract<Upstream, { kind: 'udp' | 'tcp' | 'tls' }>

export interface ExchangeCallbacks {
  /** The answer as it came, under the id that it was sent with. Once. */
  readonly onAnswer: (answer: Buffer) => void
  /** The server can't be reached, or closed the connection. Once, and not after an answer; perhaps at once. */
  readonly onFailure: () => void
}

/** The message with another id, all else as it came. */
export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(id, 0)
  return copy
}

/**
 * Sends the query under a random id (RFC 5452): over UDP where it came over UDP and the server takes it, else over a
 * connection of its own. Returns what ends it; nobody is called back after that. `lookup` finds a DoT server's host.
 */
export function exchangeRaw(
  server: PassOnServer,
  via: Via,
  query: ReceivedQuery,
  { onAnswer, onFailure }: ExchangeCallbacks,
  lookup: LookupFunction,
): () => void {
  const id = randomInt(ID_LIMIT)
  const message = withId(query.message, id)
  if (server.kind !== 'udp' || via !== 'udp') {
    // Over a stream no stranger can put in a message: the server itself is confused.
    const onMessage = (answer: Buffer) => (isAnswerTo(answer, id, query) ? onAnswer(answer) : onFailure())
    return exchangeStream(connectTo(server, lookup), message, onMessage, onFailure)
  }
  const onPacket = (packet: Buffer) => {
    if (!isAnswerTo(packet, id, query)) return
    end()
    onAnswer(packet)
  }
  const end = exchangeUdp(server, message, onPacket, onFailure)
  return end
}

/** Calls `onMessage` with the first message that comes, or `onFailure`. Returns what ends it. */
function exchangeStream(
  socket: Socket,
  message: Buffer,
  onMessage: (message: Buffer) => void,
  onFailure: () => void,
): () => void {
  const frames = new FrameReader()
  let isOver = false
  const end = () => {
    isOver = true
    socket.destroy()
  }
  const endWith = (callback: () => void) => {
    if (isOver) return
    end()
    callback()
  }
  for (const event of ['error', 'end', 'close']) socket.on(event, () => endWith(onFailure))
  socket.on('data', (chunk: Buffer) => {
    frames.push(chunk, answer => {
      endWith(() => onMessage(Buffer.from(answer)))
      return false
    })
  })
  socket.write(frameOf(message))
  return end
}

function connectTo(server: PassOnServer, lookup: LookupFunction): Socket {
  if (server.kind !== 'tls') return openTcp(server.address, server.port)
  const { host, port, serverName = host } = server
  return openTls({ host, port, identity: serverName, protocols: [] }, { trust: {}, lookup })
}
