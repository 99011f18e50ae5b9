import { HEADER_OCTETS, readName, readRecord, TYPE, type RecordAt } from '../wire/record.js'
import { WireError } from '../wire/wire-error.js'

/** A question that a client asks, checked. `message` holds it as it came. */
export interface ReceivedQuery {
  readonly id: number
  /** As `readName` gives it: in lower case, odd octets escaped. */
  readonly name: string
  /** QTYPE by its number. */
  readonly type: number
  /** QCLASS by its number; 1 is IN. */
  readonly class: number
  /** Where the question section ends in `message`; it begins behind the header. */
  readonly questionEnd: number
  /** The largest UDP answer that the client takes, by its OPT record; undefined without one. */
  readonly udpPayload: number | undefined
  /** The DO bit of the OPT record, which a reply repeats (RFC 3225 section 3). */
  readonly isDnssecOk: boolean
  readonly message: Buffer
}

/** What became of a packet: a question, an error to reply with, or nothing that deserves a reply. */
export type ReadResult =
  | { readonly kind: 'query'; readonly query: ReceivedQuery }
  /** No question can be read. */
  | { readonly kind: 'error'; readonly rcode: 'FORMERR' | 'NOTIMP' }
  /** A question that is not answered. */
  | { readonly kind: 'rejected'; readonly rcode: 'NOTIMP' | 'BADVERS'; readonly query: ReceivedQuery }
  | { readonly kind: 'ignore' }

const QUESTION_OCTETS = 5
const RECORD_OCTETS = 11
const QR = 0x8000
const OPCODE = 0x7800
const DO = 0x8000
// Zone transfers are answered in many messages, which no stub asks for.
const transferTypes: ReadonlySet<number> = new Set([251, 252])

const ignored: ReadResult = { kind: 'ignore' }
const malformed: ReadResult = { kind: 'error', rcode: 'FORMERR' }
const notImplemented: ReadResult = { kind: 'error', rcode: 'NOTIMP' }

/**
 * Reads a stranger's packet. A response is ignored, so that no two servers can keep each other busy. Never throws; the
 * cost is bounded by the packet's length. The packet is kept, not copied.
 */
export function readQuery(packet: Buffer): ReadResult {
  if (packet.length < HEADER_OCTETS) return ignored
  const flags = packet.readUInt16BE(2)
  if ((flags & QR) !== 0) return ignored
  if ((flags & OPCODE) !== 0) return notImplemented
  try {
    return readQuestion(packet)
  } catch (error) {
    if (error instanceof WireError) return malformed
    throw error
  }
}

function readQuestion(message: Buffer): ReadResult {
  const id = message.readUInt16BE(0)
  const questions = message.readUInt16BE(4)
  const records = message.readUInt16BE(6) + message.readUInt16BE(8)
  const additionals = message.readUInt16BE(10)
  const needed = HEADER_OCTETS + QUESTION_OCTETS * questions + RECORD_OCTETS * (records + additionals)
  if (questions !== 1 || needed > message.length) return malformed
  const { name, end: typeAt } = readName(message, HEADER_OCTETS)
  const questionEnd = typeAt + 4
  if (questionEnd > message.length) return malformed
  let opt: RecordAt | undefined
  let at = questionEnd
  for (let index = 0; index < records + additionals; index++) {
    const record = readRecord(message, at)
    at = record.rdataEnd
    if (index < records || record.type !== TYPE.OPT) continue
    // One at most, and it belongs to the root (RFC 6891 section 6.1.1).
    if (opt !== undefined || message[record.ownerAt] !== 0) return malformed
    opt = record
  }
  if (at !== message.length) return malformed
  const type = message.readUInt16BE(typeAt)
  const query = {
    id,
    name,
    type,
    class: message.readUInt16BE(typeAt + 2),
    questionEnd,
    udpPayload: opt?.class,
    isDnssecOk: opt !== undefined && (opt.ttl & DO) !== 0,
    message,
  }
  if (opt !== undefined && ((opt.ttl >>> 16) & 0xff) !== 0) return { kind: 'rejected', rcode: 'BADVERS', query }
  if (transferTypes.has(type)) return { kind: 'rejected', rcode: 'NOTIMP', query }
  return { kind: 'query', query }
}
