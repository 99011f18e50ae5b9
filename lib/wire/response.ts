import type { Seconds } from '../units.js'
import type { Question } from './query.js'
import { readAnswers, readClosing, type AnswerRecord } from './records.js'
import { Reader } from './reader.js'
import { WireError } from './wire-error.js'

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'] as const

/** A response code by its name, or as RCODE and its number; the upper bits that an OPT record adds are in it. */
export type Rcode = (typeof rcodes)[number] | `RCODE${number}`

/** What a server said, checked. Holds no part of the packet. */
export interface Response {
  readonly rcode: Rcode
  /** True: records are missing, and `answers` is empty, since any number of them may have been left out. */
  readonly truncated: boolean
  /** The answer section in its order: class IN and the types A, AAAA and CNAME alone. */
  readonly answers: readonly AnswerRecord[]
  /** The smaller of the TTL and the MINIMUM of the authority section's SOA (RFC 2308 section 5); undefined without one. */
  readonly negativeTtl: Seconds | undefined
}

/** What a packet has to be a response to. */
export interface Expected {
  readonly id: number
  readonly question: Question
}

const FLAGS_AT = 2
const QUESTION_AT = 12
// The shortest record is the root's name, type, class, TTL and RDLENGTH.
const MIN_RECORD_OCTETS = 11
const QR = 0x8000
const OPCODE = 0x7800
const TC = 0x0200
const RCODE = 0x000f
const CLASS_IN = 1
const DOT = 0x2e
const typeNumbers = { A: 1, AAAA: 28 } as const

interface Header {
  readonly flags: number
  readonly questions: number
  readonly answers: number
  readonly authorities: number
  readonly additionals: number
}

/**
 * The response that the packet holds. Throws WireError and nothing else: `mismatch` where it answers no such question,
 * `malformed` where its answers can't be read. The cost is bounded by the packet's length alone.
 */
export function parseResponse(packet: Uint8Array, expected: Expected): Response {
  const reader = new Reader(packet)
  const header = readHeader(reader, expected.id)
  if (header.questions === 1) checkQuestion(reader, expected.question)
  else if (!mayLackQuestion(header)) throw new WireError('mismatch', `${header.questions} questions`, 4)
  const rcode = header.flags & RCODE
  // Some servers cut a truncated message anywhere, and none says how much is missing: nothing after this is used.
  if ((header.flags & TC) !== 0)
    return { rcode: rcodeName(rcode), truncated: true, answers: [], negativeTtl: undefined }
  const { answers: count, authorities, additionals } = header
  // An early end: a count that can't be true need not be read up to the last octet.
  if (reader.offset + MIN_RECORD_OCTETS * count > reader.packet.length)
    reader.fail('more records than there is room for')
  const answers = readAnswers(reader, count, expected.question.name)
  const { negativeTtl, extendedRcode } = readClosing(reader, authorities, additionals, count > 0)
  return { rcode: rcodeName((extendedRcode << 4) | rcode), truncated: false, answers, negativeTtl }
}

/** As `parseResponse`, for ways that carry any length: a truncated response there has no other way to be asked again. */
export function parseUntruncated(packet: Uint8Array, expected: Expected): Response {
  const response = parseResponse(packet, expected)
  if (response.truncated) throw new WireError('malformed', 'a truncated response where none has to be', FLAGS_AT)
  return response
}

function readHeader(reader: Reader, id: number): Header {
  const { length } = reader.packet
  if (length < QUESTION_AT) throw new WireError('mismatch', 'a packet shorter than a header', length)
  if (reader.uint16() !== id) throw new WireError('mismatch', 'another id', 0)
  const flags = reader.uint16()
  if ((flags & QR) === 0) throw new WireError('mismatch', 'no response but a query', 2)
  if ((flags & OPCODE) !== 0) throw new WireError('mismatch', 'another opcode than QUERY', 2)
  return {
    flags,
    questions: reader.uint16(),
    answers: reader.uint16(),
    authorities: reader.uint16(),
    additionals: reader.uint16(),
  }
}

/** A server that can't read a query or won't serve it may answer with the bare header. */
function mayLackQuestion({ flags, questions, answers }: Header): boolean {
  const rcode = rcodeName(flags & RCODE)
  return questions === 0 && answers === 0 && rcode !== 'NOERROR' && rcode !== 'NXDOMAIN'
}

/** Leaves the reader behind the question, which has to be the one that was asked; letters match in either case. */
function checkQuestion(reader: Reader, { name, type }: Question): void {
  if (!questionNameIs(reader.packet, name)) throw new WireError('mismatch', 'another name in the question', QUESTION_AT)
  reader.offset = QUESTION_AT + name.length + 2
  if (reader.offset + 4 > reader.packet.length) throw new WireError('mismatch', 'a question cut short', reader.offset)
  const asked = reader.uint16() === typeNumbers[type] && reader.uint16() === CLASS_IN
  if (!asked) throw new WireError('mismatch', 'another type or class in the question', reader.offset)
}

/** Compares octet by octet: in a question nothing stands before the name that a pointer could lead to. */
function questionNameIs(packet: Buffer, name: string): boolean {
  for (let index = -1; index < name.length; index++) {
    const octet = packet[QUESTION_AT + 1 + index] ?? 0
    if (index < 0 || name.charCodeAt(index) === DOT) {
      const nextDot = name.indexOf('.', index + 1)
      if (octet !== (nextDot < 0 ? name.length : nextDot) - index - 1) return false
    } else if ((octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet) !== name.charCodeAt(index)) {
      return false
    }
  }
  return packet[QUESTION_AT + 1 + name.length] === 0
}

function rcodeName(rcode: number): Rcode {
  return rcodes[rcode] ?? `RCODE${rcode}`
}
