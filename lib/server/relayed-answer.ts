import { HEADER_OCTETS } from '../wire/record.js'
import type { ReceivedQuery } from './read-query.js'

/** What a nameserver's answer means for a question that was passed on. `failure`: another server may do better. */
export type AnswerKind = 'positive' | 'negative' | 'failure'

const QR_AND_OPCODE = 0xf800
const QR = 0x8000
const TC = 0x0200
const NXDOMAIN = 3

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
