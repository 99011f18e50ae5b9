import { randomInt } from 'node:crypto'
import type { LookupFunction, Socket } from 'node:net'
import { openTcp, openTls } from '../transport/connect.js'
import { frameOf, FrameReader } from '../transport/frame-reader.js'
import { exchangeUdp } from '../transport/udp.js'
import type { Upstream } from '../transport/upstream.js'
import { ID_LIMIT } from '../wire/query.js'
import { HEADER_OCTETS } from '../wire/record.js'
import type { Via } from './answerer.js'
import type { ReceivedQuery } from './read-query.js'

/** A nameserver that questions can be passed on to. */
export type PassOnServer = Extract<Upstream, { kind: 'udp' | 'tcp' | 'tls' }>

/** What a nameserver's answer means for a question that was passed on. `failure`: another server may do better. */
export type AnswerKind = 'positive' | 'negative' | 'failure'

export interface ExchangeCallbacks {
  /** The answer as it came, under the id that it was sent with. Once. */
  readonly onAnswer: (answer: Buffer) => void
  /** The server can't be reached, or closed the connection. Once, and not after an answer; perhaps at once. */
  readonly onFailure: () => void
}

const QR_AND_OPCODE = 0xf800
const QR = 0x8000
const TC = 0x0200
const NXDOMAIN = 3

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

/** True where the packet answers the query that was sent under this id: letters of the name match in either case. */
export function isAnswerTo(packet: Buffer, id: number, { message, questionEnd }: ReceivedQuery): boolean {
  if (packet.length < HEADER_OCTETS || packet.readUInt16BE(0) !== id) return false
  if ((packet.readUInt16BE(2) & QR_AND_OPCODE) !== QR) return false
  const questions = packet.readUInt16BE(4)
  // A server that can't read a query, or won't serve it, may answer with the bare header.
  if (questions === 0) return packet.readUInt16BE(6) === 0 && kindOf(packet) === 'failure'
  if (questions !== 1 || packet.length < questionEnd) return false
  for (let at = HEADER_OCTETS; at < questionEnd; at++) {
    if (lowerCase(packet[at] ?? 0) !== lowerCase(message[at] ?? 0)) return false
  }
  return true
}

/** What the answer, at least a header, means. */
export function kindOf(packet: Buffer): AnswerKind {
  const flags = packet.readUInt16BE(2)
  const rcode = flags & 15
  if (rcode === NXDOMAIN) return 'negative'
  if (rcode !== 0) return 'failure'
  return packet.readUInt16BE(6) > 0 || (flags & TC) !== 0 ? 'positive' : 'negative'
}

// Lengths of labels are below the letters, and type and class may be compared so too: the server repeats them as they are.
const lowerCase = (octet: number) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)
